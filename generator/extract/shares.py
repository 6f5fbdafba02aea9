"""Many articles on many processes, on this machine or a cluster: any `concurrent.futures.Executor` will do.

An executor's workers load the model once each and get shares of articles large enough to be worth the way.
"""

import pickle
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeAlias

from generator.errors import FactsheetsError
from generator.extract import extract
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import Article, Claim

SHARE = 64_000  # characters a share, some seconds of work
AHEAD = 3  # shares a worker that may wait to be read or passed on

Read: TypeAlias = "list[Claim] | str"
"""An article's claims, or what went wrong with it."""


class Setup(NamedTuple):
    """What `extract` needs besides articles."""

    kinds: Mapping[str, Kind]
    gazetteer: Gazetteer
    model: str
    today: date | None


def extract_on(executor: Executor | None, workers: int, articles: Iterable[Article], setup: Setup) -> Iterator[Read]:
    """`extract` on the workers of an executor, or in this process where it is None: in the articles' order, with few
    shares in memory at a time.

    An article that fails is isolated from its share and named by what went wrong; bad input of the project (a kind's
    phrase that never ends, a missing model) is raised as ever.
    """
    if executor is None:
        yield from chain.from_iterable(_read(setup, share) for share in shares(articles))
        return
    packed = pickle.dumps(setup)
    waiting: deque[Future[list[Read]]] = deque()
    for share in shares(articles):
        waiting.append(executor.submit(read_share, packed, share))
        if len(waiting) >= AHEAD * workers:
            yield from waiting.popleft().result()
    while waiting:
        yield from waiting.popleft().result()


def shares(articles: Iterable[Article]) -> Iterator[list[Article]]:
    """The articles in their order, cut where a share is full."""
    share, size = list[Article](), 0
    for article in articles:
        share.append(article)
        size += len(article.text)
        if size >= SHARE:
            yield share
            share, size = [], 0
    if share:
        yield share


def read_share(packed: bytes, articles: list[Article]) -> list[Read]:
    """One share, read by a worker; if one article fails, each for itself."""
    return _read(_unpacked(packed), articles)


def _read(setup: Setup, articles: list[Article]) -> list[Read]:
    try:
        return list(extract(articles, **setup._asdict()))
    except FactsheetsError:
        raise
    except Exception as error:
        if len(articles) == 1:
            return [f"{type(error).__name__}: {error}"]
    return [read for article in articles for read in _read(setup, [article])]


@lru_cache(maxsize=2)
def _unpacked(packed: bytes) -> Setup:
    setup: Setup = pickle.loads(packed)  # noqa: S301  # made by `extract_on`
    return setup
