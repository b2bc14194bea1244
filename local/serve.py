"""The local service as a process: start, say where it is, run until told to stop, keep the state.

prepare moto → lock and load the data folder → make what is missing → poll queues, listen →
save, save, …
"""

import gc
import importlib
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from itertools import count
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local import environment, resources
from local.application import Application, limit_of, refuse
from local.listener import Listener
from local.queues import event_sources, stop
from local.snapshots.folder import DataFolderError
from local.snapshots.keeper import Keeper
from sightline.domain.media import endings
from sightline.domain.video import rescue
from sightline.settings import settings
from sightline.store import collections, keys, shard_objects

SWEEP_EVERY = 30.0  # seconds; what was cut short is finished, and what expired deleted
COMPACT_EVERY = 120  # sweeps: soon after the start, for messages of the last run, and each hour
OPEN = "whoever reaches this port can read and change the state: only Rekognition checks keys"
PATIENCE = 5.0  # seconds that running requests get at a stop


class StartError(Exception):
    """Why the service did not start, in one line."""


def serve(host: str, port: int, data: Path | None, say: Callable[[str], None]) -> None:
    """Run the service until SIGINT or SIGTERM.

    Args:
        host: name or address to listen on.
        port: 0 for any free one.
        data: folder that keeps the state; None keeps it in memory only.
        say: gets one line when the service is ready.

    Raises:
        StartError: the address, the data folder or a server behind this one cannot be used.
    """
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with ExitStack() as stack:
        listener = _listen(host, port)
        stack.enter_context(listener.bound)
        environment.prepare()
        keeper = _load(data)
        _create_missing()
        with suppress(Exception):  # the next round tries again
            rescue.sweep(lost=True)  # messages were lost with the queues of the last run
            endings.sweep(lost=True)
        if keeper is not None:
            stack.enter_context(keeper)
        sources = [stack.enter_context(source) for source in event_sources(PATIENCE)]
        stack.callback(stop, sources)
        listener.begin()
        say(_ready(listener, data))
        _sweep_until(stopping)
        listener.end(PATIENCE)


def _sweep_until(stopping: threading.Event) -> None:
    """Plays the schedules of the stack."""
    for turn in count():
        if stopping.wait(SWEEP_EVERY):
            return
        sweeps: list[Callable[[], object]] = [rescue.sweep, rescue.drop_expired, endings.sweep]
        sweeps += [collections.sweep, shard_objects.sweep]
        if turn % COMPACT_EVERY == 0:
            sweeps.append(_compact)
        for sweep in sweeps:
            with suppress(Exception):
                sweep()


def _compact() -> None:
    """What the clock starts: a look at all collections, with an event that names none."""
    importlib.import_module("functions.workers.compact").handler({}, None)


def _listen(host: str, port: int) -> Listener:
    try:
        return Listener(host, port, Application(), limit_of, refuse)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StartError(f"Cannot listen on {host}:{port}: {reason}.") from None


def _load(data: Path | None) -> Keeper | None:
    gc.disable()  # what is loaded stays: looking for garbage in it would double the time
    try:
        return None if data is None else Keeper(data)
    except DataFolderError as error:
        raise StartError(str(error)) from error
    finally:
        gc.freeze()
        gc.enable()


def _create_missing() -> None:
    """Table, bucket and first key; a key that the operator changed stays as it is."""
    try:
        resources.create()
        if keys.get(environment.KEY) is None:
            keys.put(keys.AccessKey(environment.KEY, environment.KEY, allowed=("*",)))
    except (BotoCoreError, ClientError) as error:
        raise StartError(str(error)) from error


def _ready(listener: Listener, data: Path | None) -> str:
    host, port = listener.bind_addr
    if ":" in host:
        host = f"[{host}]"
    reach = "" if ip_address(listener.bound.getsockname()[0]).is_loopback else f"  {OPEN}"
    state = "in memory only" if data is None else f"in {data.resolve()}"
    return (
        f"Sightline is ready on http://{host}:{port}  key {environment.KEY} / {environment.KEY}  "
        f"region {settings().region}  state {state}{reach}"
    )
