"""All that can be thrown away and made anew without loss: functions and what is around them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alarms import Alarms
from infra.config import Config
from infra.events import Triggers
from infra.front_door import FrontDoor
from infra.functions import FOLDER, functions
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
        with _code() as code:
            shared = Surroundings(config, state, code, layers, network)
            made = [LambdaFunction(self, function, shared) for function in functions()]
        operations = {each.of.operation: each.alias for each in made if each.of.operation}
        front_door = FrontDoor(
            self, "FrontDoor", config=config, operations=operations, key=state.key
        )
        Triggers(
            self,
            "Triggers",
            workers={each.of.module: each.alias for each in made if not each.of.operation},
            uploads=state.uploads,
            reserved=config.reserved_concurrency.get("on-upload"),
        )
        Alarms(self, "Alarms", config=config, state=state, functions=made, api=front_door.api)


@contextmanager
def _code() -> Iterator[lambda_.Code]:
    """The handlers as the package `functions`; one asset, which all functions share."""
    with TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(FOLDER, Path(folder) / FOLDER.name, ignore=ignored)
        yield lambda_.Code.from_asset(folder)
