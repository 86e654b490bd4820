"""A function over many items on all cores, in threads: numpy lets go of Python's lock within an operation, so threads
whose arrays are large hardly wait for each other. Knows nothing of what is computed.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST = 8  # threads: each has arrays of its own


def threads_at_most() -> int:
    """A thread for each core that this process may use, up to a number."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST)


def side_by_side(function: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """What the function gives for each item, in the order of the items; few of them are held at a time.

    What it raises is raised here. Who stops asking waits for those that have begun.
    """
    if threads == 1:
        yield from map(function, items)
        return
    begun: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                begun.append(pool.submit(function, item))
                if len(begun) > threads:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for one in begun:
                one.cancel()
