"""Many articles on many processes, on this machine or a cluster: any `concurrent.futures.Executor` will do.

An executor's workers load the model once each and get shares of articles large enough to be worth the way. The process
that hands them out does without spaCy.
"""

import pickle
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeAlias

from generator.errors import FactsheetsError
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import Article, Claim
from generator.processes import batches

SHARE = 24_000  # characters a share, about a second of work
AHEAD = 3  # shares a worker that may wait to be read or passed on

DIED = "the process that read it died"

Pool: TypeAlias = Callable[[], AbstractContextManager[tuple[Executor, int, tuple[type[Exception], ...]]]]
"""Opens an executor; says how many workers it has, and what it raises where one dies, after which it is opened anew."""

Read: TypeAlias = "list[Claim] | str"
"""An article's claims, or what went wrong with it."""


class Setup(NamedTuple):
    """What `extract` needs besides articles."""

    kinds: Mapping[str, Kind]
    gazetteer: Gazetteer
    model: str | None
    today: date | None


def extract_on(pool: Pool | None, unread: Iterable[list[Article]], setup: Setup) -> Iterator[Read]:
    """`extract` on shares by the workers of a pool, or in this process where it is None: in the articles' order, with few
    shares in memory at a time.

    An article that fails is isolated from its share and named by what went wrong, also where it takes its worker with it;
    bad input of the project (a kind's phrase that never ends, a missing model) is raised as ever.
    """
    if pool is None:
        yield from chain.from_iterable(_read(setup, share) for share in unread)
        return
    unread, packed = iter(unread), pickle.dumps(setup)
    while lost := (yield from _until_death(pool, packed, unread)):
        yield from _alone(pool, packed, iter([[], *lost]))  # nothing first: can workers live at all?


def _alone(pool: Pool, packed: bytes, unread: Iterator[list[Article]]) -> Iterator[Read]:
    """Shares one at a time: of one whose worker dies its halves, and an article once more, since a worker may have died of
    something else.
    """
    while lost := (yield from _until_death(pool, packed, unread, alone=True)):
        [share] = lost
        if half := len(share) // 2:
            unread = chain((share[:half], share[half:]), unread)
        elif (yield from _until_death(pool, packed, iter(lost), alone=True)):
            yield DIED


def _until_death(
    pool: Pool, packed: bytes, unread: Iterator[list[Article]], *, alone: bool = False
) -> Generator[Read, None, list[list[Article]]]:
    """What workers read of shares, some for each at a time or one alone. Returns the shares that were out when one died."""
    out, read = deque[list[Article]](), deque[Future[list[Read]]]()
    with pool() as (executor, workers, deaths):
        most = 1 if alone else AHEAD * workers
        try:
            while (share := next(unread, None)) is not None or out:
                if share is not None:
                    out.append(share)
                    read.append(executor.submit(read_share, packed, share))
                if share is None or len(out) >= most:
                    yield from read.popleft().result()
                    out.popleft()
        except deaths as error:
            if not out[0]:
                message = f"the processes that read articles end before they have read any ({error})"
                raise FactsheetsError(message, "factsheets build --workers 1 reads in one process") from None
    return [*out]


def shares(articles: Iterable[Article]) -> Iterator[list[Article]]:
    """The articles in their order, cut where a share is full."""
    return batches(articles, lambda article: len(article.text), SHARE)


def read_share(packed: bytes, articles: list[Article]) -> list[Read]:
    """One share, read by a worker; if one article fails, each for itself."""
    return _read(_unpacked(packed), articles)


def _read(setup: Setup, articles: list[Article]) -> list[Read]:
    from generator.extract import extract

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
