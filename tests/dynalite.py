"""dynalite, a second DynamoDB: the store must not lean on what only moto does.

What dynalite (4.0) cannot do:
- TransactWriteItems. `Transactions` plays it with dynalite's own conditional writes, one after the
  other and undone when one fails, while no other call of this process comes in between. So all
  conditions, updates and keys of the store are proven on dynalite; that a transaction is whole
  when the machine fails in its midst, and how two of them conflict, is DynamoDB's own promise.
- UpdateTimeToLive, which is passed over: nothing here waits for items to expire.
"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from local import resources
from sightline import settings
from sightline.store import aws

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "node_modules" / ".bin" / "dynalite"


class Transactions:
    """A client of dynalite that has transactions as well."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._alone = RLock()

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if not callable(attribute) or name.startswith("get_"):
            return attribute

        def alone(**parameters: Any) -> Any:
            with self._alone:
                return attribute(**parameters)

        return alone

    def update_time_to_live(self, **_: Any) -> None:
        """Not in dynalite."""

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:  # noqa: N803
        with self._alone:
            undo: list[Any] = []
            for place, action in enumerate(TransactItems):
                ((verb, parameters),) = action.items()
                try:
                    before = self._before(verb, parameters)
                    getattr(self._client, f"{verb.lower()}_item")(**parameters)
                    undo.append((parameters, before))
                except ClientError as error:
                    for done, item in reversed(undo):
                        self._restore(done, item)
                    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                        raise
                    raise self._cancelled(place, len(TransactItems)) from None

    def _before(self, verb: str, parameters: dict[str, Any]) -> Any:
        source = parameters["Item"] if verb == "Put" else parameters["Key"]
        key = {name: source[name] for name in ("PK", "SK")}
        where = {"TableName": parameters["TableName"], "Key": key}
        return where, self._client.get_item(**where, ConsistentRead=True).get("Item")

    def _restore(self, parameters: dict[str, Any], before: Any) -> None:
        where, item = before
        if item is None:
            self._client.delete_item(**where)
        else:
            self._client.put_item(TableName=parameters["TableName"], Item=item)

    def _cancelled(self, place: int, length: int) -> ClientError:
        reasons = [{"Code": "None"} for _ in range(length)]
        reasons[place] = {"Code": "ConditionalCheckFailed"}
        answer: Any = {
            "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
            "CancellationReasons": reasons,
        }
        return ClientError(answer, "TransactWriteItems")


@pytest.fixture(scope="session")
def dynalite() -> Iterator[str]:
    """The address of a dynalite that keeps its tables in memory."""
    node = shutil.which("node")
    if node is None or not PROGRAM.exists():
        pytest.skip("needs dynalite, which `make setup` installs")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [node, str(PROGRAM), "--host", "127.0.0.1", "--port", str(port), "--createTableMs", "0"],
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()  # it says when it listens
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@contextmanager
def on_dynalite(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store works on a new table in dynalite."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", address)
    monkeypatch.setenv("SIGHTLINE_TABLE", f"sightline-{uuid4().hex}")
    settings.settings.cache_clear()
    aws.forget_clients()
    client = Transactions(aws.dynamodb())
    aws.forget_clients()  # what a played transaction calls, no handler calls: it is not judged
    monkeypatch.setattr(aws, "dynamodb", lambda: client)
    resources.create_table()
    yield
    settings.settings.cache_clear()
    aws.forget_clients()
