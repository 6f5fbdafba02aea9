"""Which sources are independent: reprints of one text, and words that one took from another, count once. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain
from zlib import crc32

from generator import dates
from generator.model import Article, Claim

_RUN = 4  # words
_COPIED = 0.5  # of the shorter text; different reports of one event share a tenth of their runs at most
_COMMON = 50  # articles: words that so many hold lead to no reprint, or each article would meet all others
_MANY, _SAMPLED = 80, 4  # runs: of a text with so many, one in four leads to its reprints
_ENOUGH = 20  # runs: shorter texts are alike by chance
_LONG = 8  # words: two articles do not put them in the same order by chance


@lru_cache(maxsize=2)
def originals(articles: tuple[Article, ...]) -> Mapping[str, str]:
    """Ids of reprints, each with that of the article it repeats: the first one printed with half of the same words."""
    known: dict[int, tuple[str, ...]] = {}
    texts: dict[str, tuple[str, int]] = {}
    result: dict[str, str] = {}
    for article in sorted(articles, key=lambda a: (not a.published, dates.sort_key(a.published), a.id)):
        runs = _runs(article.text)
        held = [known[run] for run in runs if run in known]
        near = Counter(chain.from_iterable(found for found in held if len(found) < _COMMON))
        common = sum(len(found) >= _COMMON for found in held)
        alike: dict[str, int] = {}
        for one, n in near.items():
            text, count = texts[one]
            least = max(_ENOUGH, _COPIED * min(count, len(runs)))
            worth_it = n + common >= (least if count < _MANY else least / _SAMPLED / 4)
            if worth_it and (shared := len(runs & _runs(text))) >= least:
                alike[one] = shared
        if alike:
            result[article.id] = max(alike, key=lambda one: (alike[one], one))
            continue
        texts[article.id], alone = (article.text, len(runs)), (article.id,)
        for run in runs if len(runs) < _MANY else (run for run in runs if run % _SAMPLED == 0):
            if len(others := known.get(run, ())) < _COMMON:
                known[run] = (*others, *alone) if others else alone
    return result


@lru_cache(maxsize=200)
def _runs(text: str) -> frozenset[int]:
    """Words in a row, as checksums: of a hundred thousand articles, the words themselves would not fit into memory."""
    words = re.findall(r"\w+", text.casefold())
    return frozenset(crc32(" ".join(run).encode()) for run in zip(*(words[i:] for i in range(_RUN)), strict=False))


def source(claim: Claim) -> str:
    """An article with its reprints is one source, however often it says a thing; so are all rows of one table."""
    return claim.origin or claim.quote.article if claim.quote else (claim.ref or "").partition("#")[0]


def independent(claims: Iterable[Claim]) -> int:
    """How many sources these are; a long quote that several print word for word is from the first of them."""
    first: dict[str, str] = {}
    for claim in sorted(claims, key=_printed):
        words = claim.quote.text.casefold().split() if claim.quote else []
        first.setdefault(" ".join(words) if len(words) >= _LONG else claim.id, source(claim))
    return len(set(first.values()))


def repeats(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    """What reprints say in the words of their original, or to the same effect, by the id of the claim they repeat.

    They are kept as evidence and have no say: a text is no truer, and no newer, for being printed once more.
    """
    first: dict[tuple[object, ...], Claim] = {}
    result: dict[str, list[Claim]] = defaultdict(list)
    for claim in sorted((claim for claim in claims if claim.quote), key=_printed):
        about = (source(claim), claim.kind, claim.value or claim.value_name)
        keys = [(*about, *sorted(claim.fields.items())), (*about, claim.quote and claim.quote.text)]
        found = next((first[key] for key in keys if key in first), claim)
        if claim.origin and _article(found) != _article(claim):
            result[found.id].append(claim)
            continue
        for key in keys:
            first.setdefault(key, claim)
    return result


def _article(claim: Claim) -> str:
    return claim.quote.article if claim.quote else ""


def _printed(claim: Claim) -> tuple[object, ...]:
    return claim.origin is not None, claim.said is None, dates.sort_key(claim.said), claim.id
