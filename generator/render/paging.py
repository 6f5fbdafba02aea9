"""Long lists → pages: by letter or by time, and by number where that is not enough. Pure.

A list of up to LIMIT entries is one page. The address of a letter, a year or a month is that of its first page, so that it
stays as it is when the group has to be divided further.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from generator.gazetteer import fold

Names = tuple[str, ...]
Groups = Callable[[Any], Names]  # of an entry, from the widest to the narrowest

LIMIT = 300
"""How many entries of a list one page holds."""

SEARCHED = 2_000_000
"""Of up to so many characters the articles' texts are in the search; of more only their titles, for browsers' sake."""


class Link(NamedTuple):
    """From one page of a list to a group of its entries: `m`, `ma`, `2026`, `2026-03`, `other`, or `ma.2` by number."""

    group: str
    url: str  # below the site's root
    here: bool = False


class Pager(NamedTuple):
    """Where the readers of one page of a long list may go."""

    rows: tuple[tuple[Link, ...], ...]  # groups from the widest to the narrowest; of very many the ends and what is near
    here: Link
    before: Link | None
    after: Link | None


class Part(NamedTuple):
    """One page of a list."""

    path: str
    entries: Sequence[Any]
    pager: Pager | None  # none where the list is whole


@lru_cache(maxsize=65536)
def by_letter(text: str) -> Names:
    """The groups of a name in alphabetical order: its first letter, its first two …; without accents and `the`."""
    plain = re.sub(r"[^a-z0-9]", "-", f"{fold(text):3.3}")
    return (plain[0], plain[:2], plain) if plain[0].isalpha() else ("other",)


@lru_cache(maxsize=65536)
def alphabetical(text: str) -> tuple[bool, str]:
    """Sorts names so that those of one letter stand together, and what begins with none comes last."""
    return by_letter(text) == ("other",), fold(text)


@lru_cache(maxsize=65536)
def by_month(edtf: str | None) -> Names:
    """The groups of a date: its year and its month, as far as it tells them."""
    found = re.match(r"(\d{4})(?:-(0[1-9]|1[0-2]))?(?!\d)", edtf or "")
    return (found[1], f"{found[1]}-{found[2] or 'other'}") if found else ("other",)


def paged(folder: str, entries: Sequence[Any], groups: Groups, *, limit: int = 0, latest: bool = False) -> Iterator[Part]:
    """The pages of a list in their order, of LIMIT entries or fewer; the first is that of the folder and, where asked for,
    holds the `latest`, which are on the page of their own time as well.
    """
    if len(entries) <= (limit := limit or LIMIT):
        yield Part(f"{folder}/index.md", entries, None)
        return
    newest = [(("latest",), entries[:limit])] if latest else []
    found = [*newest, *_divided([(groups(entry), entry) for entry in entries], 0, limit)]
    urls: dict[Names, str] = {}
    for names, _ in found:
        new = next(depth for depth in range(len(names) + 1) if names[:depth] not in urls)
        url = f"{folder}/page/{names[new - 1]}/" if new else f"{folder}/"
        urls |= {names[:depth]: url for depth in range(new, len(names) + 1)}
    links = [Link(names[-1], urls[names]) for names, _ in found]
    for (names, some), here, before, after in zip(found, links, [None, *links], [*links[1:], None], strict=False):
        path = f"{here.url.rstrip('/')}.md" if before else f"{folder}/index.md"
        yield Part(path, some, Pager(tuple(_rows(names, found, urls)), here, before, after))


def _divided(named: Sequence[tuple[Names, Any]], depth: int, limit: int) -> Iterator[tuple[Names, Sequence[Any]]]:
    """Entries, each with the names of its groups, by these; no part is longer than the limit."""
    found: dict[Names, list[tuple[Names, Any]]] = defaultdict(list)
    for number, (names, entry) in enumerate(named):
        more = () if len(names) > depth else (f"{''.join(names[-1:])}.{number // limit + 1}",)
        found[(*names[: depth + 1], *more)].append((names, entry))
    for at, some in found.items():
        yield from _divided(some, depth + 1, limit) if len(some) > limit else [(at, [entry for _, entry in some])]


def _rows(names: Names, found: Sequence[tuple[Names, object]], urls: dict[Names, str]) -> Iterator[tuple[Link, ...]]:
    for depth, own in enumerate(names):
        beside = [*dict.fromkeys(other[depth] for other, _ in found if other[:depth] == names[:depth])]
        here = beside.index(own)
        near = {0, len(beside) - 1, *range(here - 30, here + 31)}
        yield tuple(Link(name, urls[(*names[:depth], name)], name == own) for n, name in enumerate(beside) if n in near)
