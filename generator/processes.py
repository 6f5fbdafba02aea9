"""The same work on many things at once, where one process can become several with all that it has in memory."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from typing import Any, TypeVar

MANY = 100
"""Things that are worth a second process."""

T = TypeVar("T")
R = TypeVar("R")

_common: list[Any] = []  # what to do, and with what: processes have it from the one that they come from


def spread(work: Callable[[T], R], many: Sequence[T]) -> Iterator[R]:
    """What the work makes of each, in their order: of many by up to four processes, on Linux. Only what is made travels
    between them.

    What processes leave undone that cannot begin, or die, is done here: the machine may be out of memory.
    """
    done, count = 0, min(4, os.cpu_count() or 1) if sys.platform == "linux" and len(many) >= MANY else 1
    _common[:] = work, many
    if count > 1:
        with suppress(BrokenExecutor, OSError), ProcessPoolExecutor(count, get_context("fork")) as pool:
            for made in pool.map(_at, range(len(many)), chunksize=10):
                yield made
                done += 1
    yield from map(work, many[done:])
    _common.clear()


def _at(place: int) -> Any:
    work, many = _common
    return work(many[place])


def batches(texts: Iterable[T], size: Callable[[T], int], most: int) -> Iterator[list[T]]:
    """These in their order, cut where a batch is full: where its sizes come to so many."""
    batch, total = list[T](), 0
    for each in texts:
        batch.append(each)
        total += size(each)
        if total >= most:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
