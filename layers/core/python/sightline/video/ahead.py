"""Lets a decoder go on while the frames before are looked at: its threads would stand still."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
FEW = 4  # frames that wait at most


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, of which a thread takes the next few in advance.

    Raises:
        Exception: whatever the items raise.
    """
    waiting: queue.Queue[tuple[Item] | BaseException | None] = queue.Queue(FEW)
    stopped = threading.Event()

    def take() -> None:
        try:
            for item in items:
                waiting.put((item,))
                if stopped.is_set():
                    return
            waiting.put(None)
        except BaseException as error:  # it is raised where the items are used
            waiting.put(error)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        while (found := waiting.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found[0]
    finally:
        stopped.set()
        while thread.is_alive():
            try:
                waiting.get(timeout=0.01)
            except queue.Empty:
                continue
