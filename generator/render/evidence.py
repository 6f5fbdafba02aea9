"""What speaks for a fact and against it, with the words that say so and the addresses where they stand. No pages."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote as percent

from markupsafe import Markup

from generator import dates
from generator.model import Article, Claim, Fact, Quote
from generator.render.words import web

CONTEXT = 90
"""How many characters of the article stand on either side of a short quote."""

QUOTED = 8
"""How many articles' words a page sets beside a fact, and how many against it, unless others say more."""

_SENTENCE_END = re.compile(r"\n\s*\n|(?<=[.!?])\s")


class Evidence(NamedTuple):
    """One claim as a reader checks it."""

    claim: Claim
    says: str | None  # the other value it gives, where it speaks against the fact
    article: Article | None
    before: str
    quote: str
    after: str
    orphaned: bool  # the article no longer has these words at this place
    mark: str | None  # our article page, at the marked words
    original: str | None  # the publisher's page, at the same words
    also: tuple[tuple[str, str | None], ...]  # further quotes that the derivation needs, with our page at their words


class Backing(NamedTuple):
    """What speaks for a fact and against it, as settling ranks it, with the words of some articles of each."""

    agreeing: list[Evidence]
    against: list[Evidence]
    further: int  # articles that are left out


def quotes(claim: Claim) -> Iterator[Quote]:
    """The words a claim rests on; of a derivation's, those that its own quote does not hold already."""
    if own := claim.quote:
        yield own
    for more in claim.derivation.quotes if claim.derivation else ():
        if not own or more.article != own.article or more.start < own.start or more.end > own.end:
            yield more


def backing(fact: Fact, claims: Iterable[Claim], articles: Mapping[str, Article]) -> Backing:
    """Of claims for and against a fact. What rests on no article's words is there in any case, and so is the first to say
    something of it: since when, or another value.
    """
    sides: tuple[list[Evidence], list[Evidence]] = [], []
    further, others, quoted = 0, set[str](), Counter[bool]()
    untold = {*fact.fields.values(), *(event.date for event in fact.events)}
    for claim in claims:
        says = says_otherwise(claim, fact)
        first = says not in others if says else not untold.isdisjoint(claim.fields.values())
        if not claim.quote or first or quoted[bool(says)] < QUOTED:
            sides[bool(says)].append(_evidence(claim, says, articles))
            quoted[bool(says)] += bool(claim.quote)
            untold -= set(claim.fields.values())
            others |= {says} if says else set()
        else:
            further += 1
    return Backing(*sides, further)


def _evidence(claim: Claim, says: str | None, articles: Mapping[str, Article]) -> Evidence:
    """A claim with the words around its quote and the addresses where they stand."""
    quoted = claim.quote
    article = articles.get(quoted.article) if quoted else None
    further = (more for more in quotes(claim) if more != quoted)
    also = tuple((more.text, _mark(more) if holds(more, articles.get(more.article)) else None) for more in further)
    if not quoted or not article or not holds(quoted, article):
        return Evidence(claim, says, article, "", quoted.text if quoted else "", "", bool(quoted), None, None, also)
    before, after = context(quoted, article.text)
    address = web(article.url)
    original = address + _fragment(quoted.text) if address and not article.based_on else address
    return Evidence(claim, says, article, before, quoted.text, after, False, _mark(quoted), original, also)


def says_otherwise(claim: Claim, fact: Fact) -> str | None:
    """The value or status this claim gives, where it cannot be the fact's own; None where it agrees."""
    if (claim.value or claim.value_name) != (fact.value or fact.value_name):
        if claim.value and fact.value and dates.is_date(claim.value) and dates.is_date(fact.value):
            return None if dates.overlaps(claim.value, fact.value) else claim.value
        return claim.value_name
    status = claim.fields.get("status")
    disputed = "status" in fact.reason.get("disputed", "")
    return status if status and disputed and status != fact.fields.get("status") else None


def holds(quoted: Quote, article: Article | None) -> bool:
    """Does the article have these words at this place?"""
    return article is not None and bool(quoted.text) and article.text[quoted.start : quoted.end] == quoted.text


def _mark(quoted: Quote) -> Markup:
    return Markup(f"articles/{percent(article_stem(quoted.article))}/#{mark_id(quoted)}")  # noqa: S704 (quoted)


def mark_id(quoted: Quote) -> str:
    """The id of the marked words on the article's page."""
    return f"q{quoted.start}-{quoted.end}"


def context(quoted: Quote, text: str) -> tuple[str, str]:
    """The rest of a short quote's sentence as far as CONTEXT reaches, never beyond its paragraph."""
    if quoted.end - quoted.start > 2 * CONTEXT:
        return "", ""
    before = _SENTENCE_END.split(text[max(0, quoted.start - CONTEXT) : quoted.start])[-1]
    after = _SENTENCE_END.split(text[quoted.end - 1 : quoted.end + CONTEXT])[0][1:]
    before = "… " + before.partition(" ")[2] if len(before) == CONTEXT else before
    return before, after.rpartition(" ")[0] + " …" if len(after) == CONTEXT else after


def _fragment(text: str) -> Markup:
    """A text fragment that leads to these words on the publisher's page; long quotes by their first and last words."""
    words = text.split()
    ends = [words] if len(words) <= 12 else [words[:5], words[-5:]]
    return Markup("#:~:text=" + ",".join(percent(" ".join(part), safe="").replace("-", "%2D") for part in ends))  # noqa: S704


def article_stem(id: str) -> str:
    """The file stem of an article's page; `index` and `readme` would be taken for the list itself."""
    return f"{id}_" if id.casefold() in ("index", "readme") else id
