"""All that can be thrown away and made anew without loss: functions and what is around them.

A template holds 500 resources, and a function takes six. So the functions of each family are a
stack nested in this one, which is deployed, updated and thrown away with it.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_cdk import NestedStack, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alarms import Alarms
from infra.config import Config
from infra.events import Triggers
from infra.front_door import FrontDoor
from infra.functions import FOLDER, Function, functions, pascal
from infra.lambdas import LambdaFunction, Surroundings
from infra.layers import Layers
from infra.network import Network
from infra.state import StateStack


class ApiStack(Stack):
    """The service over the resources of a `StateStack`.

    Raises:
        ValueError: concurrency is reserved for a function that there is not.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config, state: StateStack) -> None:
        super().__init__(scope, id, description=f"Sightline {config.stage}: the service")
        unknown = config.reserved_concurrency.keys() - {each.name for each in functions()}
        if unknown:
            raise ValueError(f"reserved_concurrency: no function {', '.join(sorted(unknown))}.")
        layers = Layers(self, "Layers")
        network = Network(self, "Network", config=config, key=state.key) if config.vpc else None
        made = self._functions(Surroundings(config, state, layers, network))
        operations = {each.of.operation: each.alias for each in made if each.of.operation}
        front_door = FrontDoor(
            self, "FrontDoor", config=config, operations=operations, key=state.key
        )
        Triggers(
            self,
            "Triggers",
            workers={each.of.module: each.alias for each in made if not each.of.operation},
            queues=state.sources,
            reserved=config.reserved_concurrency,
        )
        Alarms(self, "Alarms", config=config, state=state, functions=made, api=front_door.api)

    def _functions(self, shared: Surroundings) -> list[LambdaFunction]:
        with _code() as folder:
            return [
                function
                for family, members in groupby(functions(), lambda each: each.family)
                for function in Family(self, family, [*members], shared, folder).functions
            ]


class Family(NestedStack):
    """The functions of one folder of `functions/`.

    Names of functions are fixed: one whose file moves to another folder must be gone from the old
    stack before the new one can make it, which takes two deployments.

    Attributes:
        functions: what was made, in the order of `members`.
    """

    def __init__(
        self,
        scope: Construct,
        family: str,
        members: Sequence[Function],
        shared: Surroundings,
        folder: str,
    ) -> None:
        description = f"Sightline {shared.config.stage}: functions of {family}"
        super().__init__(scope, pascal(family), description=description)
        code = lambda_.Code.from_asset(folder)  # the same asset for all, an object for each stack
        self.functions = [LambdaFunction(self, each, shared, code) for each in members]


@contextmanager
def _code() -> Iterator[str]:
    """A folder with the handlers as the package `functions`, which all functions share."""
    with TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(FOLDER, Path(folder) / FOLDER.name, ignore=ignored)
        yield folder
