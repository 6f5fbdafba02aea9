"""Articles → claims, with spaCy. The only place that knows it.

The way: `sieve` (the paragraphs worth parsing) → `pipeline` (model and gazetteer) → `reading` (units, posts, dates,
coreference) → `matching` (of the kinds' frames and phrases, their `rules`, with `slots` filled) → `claims` (merged
within the article).
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from functools import lru_cache
from importlib import import_module
from itertools import chain, groupby
from operator import itemgetter
from types import SimpleNamespace
from typing import Any, TypeAlias

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read as NumPy loads: matrices as small as ours lose by threads
if "spacy" not in sys.modules:  # its command line, a third of what it would load, waits for a call of `spacy.info`
    info = SimpleNamespace(info=lambda *args, **options: import_module("spacy.cli.info").info(*args, **options))
    stand_ins: dict[str, Any] = {"spacy.cli": SimpleNamespace(), "spacy.cli.info": info}
    sys.modules.update(stand_ins)
    import_module("spacy")
    for name in stand_ins:
        del sys.modules[name]

from spacy.language import Language
from spacy.tokens import Doc

from generator.extract.claims import claims
from generator.extract.matching import matches
from generator.extract.pipeline import DEFAULT_MODEL, load
from generator.extract.reading import read
from generator.extract.rules import Rules, compile_rules
from generator.extract.sieve import Sieve, Sifted, whole
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import Article, Claim, Quote
from generator.processes import batches

__all__ = ["DEFAULT_MODEL", "extract", "rules_at_work"]

PARSED = 64  # parts of articles parsed at a time: fewer take longer, more take memory
HELD = 400_000  # characters held at a time
WORDS = 10_000  # words known by heart, some 4 MB; those that come later are learnt again in each batch
PART = 50_000  # characters read at a time: a book takes no more memory than a long article

Part: TypeAlias = tuple[int, int, Article]
"""The number of an article, where this part of its text begins, and the part as an article of its own."""


def extract(
    articles: Iterable[Article],
    *,
    kinds: Mapping[str, Kind],
    gazetteer: Gazetteer,
    model: str | None = None,
    today: date | None = None,
    sift: bool = True,
) -> Iterator[list[Claim]]:
    """The claims of each article, in the articles' order; one claim a subject, value and post within an article.

    An article that is not in English yields none. `today` bounds the years that an undated article can be of. Without
    `sift`, paragraphs that cannot hold a fact are parsed as well, which takes longer and gives the same claims.
    """
    nlp, rules, sieve = _ready(model or DEFAULT_MODEL, gazetteer, tuple(kinds.values()))

    def found(part: Article, start: int, doc: Doc) -> list[Claim]:
        reading = read(part, doc, gazetteer, today) if len(doc) else None
        return [_moved(claim, start) for claim in claims(reading, matches(reading, rules))] if reading else []

    def told(batch: list[Part]) -> list[tuple[int, list[Claim]]]:
        with nlp.memory_zone() if len(nlp.vocab) > WORDS else nullcontext():  # where words are forgotten with articles
            docs = _parsed([part for _, _, part in batch], nlp, sieve if sift else None)
            return [(number, found(part, start, doc)) for (number, start, part), doc in zip(batch, docs, strict=True)]

    parts = ((number, *part) for number, article in enumerate(articles) for part in _parts(article))
    each = chain.from_iterable(map(told, batches(parts, lambda part: len(part[2].text), HELD)))
    for _, some in groupby(each, key=itemgetter(0)):
        yield [claim for _, of_part in some for claim in of_part]


@lru_cache(maxsize=2)
def _ready(model: str, gazetteer: Gazetteer, kinds: tuple[Kind, ...]) -> tuple[Language, Rules, Sieve]:
    """Kept, since articles come a share at a time, of which it would take a tenth."""
    nlp = load(model, gazetteer)
    return nlp, compile_rules(kinds), Sieve(nlp, kinds)


def _parsed(articles: list[Article], nlp: Language, sieve: Sieve | None) -> Iterator[Doc]:
    """The Doc of each article, an empty one where nothing in it is worth parsing."""
    docs = (nlp.make_doc(article.text if article.language.startswith("en") else "") for article in articles)
    sifted = [sieve.sift(doc) if sieve else Sifted(doc, doc, [], {}) for doc in docs]
    for each, part in zip(sifted, nlp.pipe((each.part for each in sifted), batch_size=PARSED), strict=True):
        yield whole(each) if len(part) else part


def _parts(article: Article) -> Iterator[tuple[int, Article]]:
    """The article as it is, or a very long one paragraph by paragraph, in parts that are read each for itself."""
    start, text = 0, article.text
    while len(text) - start > PART:
        ends = (text.rfind(gap, start + 1, start + PART) for gap in ("\n\n", "\n", ". ", " "))
        end = next((end + 1 for end in ends if end > 0), start + PART)
        yield start, replace(article, text=text[start:end])
        start = end
    yield start, replace(article, text=text[start:]) if start else article


def _moved(claim: Claim, by: int) -> Claim:
    """A claim of a part as one of the whole text."""

    def moved(quote: Quote) -> Quote:
        return replace(quote, start=quote.start + by, end=quote.end + by)

    if not by or not claim.quote:
        return claim
    why = claim.derivation and replace(claim.derivation, quotes=tuple(map(moved, claim.derivation.quotes)))
    return replace(claim, quote=moved(claim.quote), derivation=why)


def rules_at_work(articles: Iterable[Article], *, kinds: Mapping[str, Kind], gazetteer: Gazetteer, model: str) -> set[str]:
    """Every rule, as `kind/id`, that fits somewhere in these articles, though another may have given the claim."""
    nlp, rules, _ = _ready(model, gazetteer, tuple(kinds.values()))
    readings = (read(article, nlp(article.text), gazetteer, None) for article in articles)
    return {f"{match.kind.name}/{match.rule}" for reading in readings for match in matches(reading, rules)}
