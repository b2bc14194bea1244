"""Work that several threads begin at the same moment."""

import threading
from collections.abc import Callable

THREADS = 8


def at_once(work: Callable[[int], None]) -> None:
    """Run `work(0)` to `work(THREADS - 1)` at once; raise the first of what they raised."""
    start, errors = threading.Barrier(THREADS), list[BaseException]()

    def run(number: int) -> None:
        try:
            start.wait()
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
