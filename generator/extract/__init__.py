"""Articles → claims, with spaCy. The only place that knows it.

The way: `sieve` (the paragraphs worth parsing) → `pipeline` (model and gazetteer) → `reading` (units, posts, dates,
coreference) → `rules` (frames and phrases of the kinds) → `claims` (merged within the article).
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read as NumPy loads: matrices as small as ours lose by threads

from spacy.language import Language
from spacy.tokens import Doc

from generator.extract.claims import claims
from generator.extract.pipeline import DEFAULT_MODEL, load
from generator.extract.reading import read
from generator.extract.rules import compile_rules, matches
from generator.extract.sieve import Sieve, Sifted, whole
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import Article, Claim

__all__ = ["DEFAULT_MODEL", "extract", "rules_at_work"]

BATCH = 256  # articles held at a time
PARSED = 64  # of them parsed at a time: fewer take longer, more take memory


def extract(
    articles: Iterable[Article],
    *,
    kinds: Mapping[str, Kind],
    gazetteer: Gazetteer,
    model: str = DEFAULT_MODEL,
    today: date | None = None,
    sift: bool = True,
) -> Iterator[list[Claim]]:
    """The claims of each article, in the articles' order; one claim a subject, value and post within an article.

    An article that is not in English yields none. `today` bounds the years that an undated article can be of. Without
    `sift`, paragraphs that cannot hold a fact are parsed as well, which takes longer and gives the same claims.
    """
    nlp, rules = load(model, gazetteer), compile_rules(kinds.values())
    sieve = Sieve(nlp, kinds.values()) if sift else None
    waiting = iter(articles)
    while batch := list(islice(waiting, BATCH)):
        with nlp.memory_zone():  # the words of these articles are forgotten with them
            docs = zip(batch, _parsed(batch, nlp, sieve), strict=True)
            readings = (read(article, doc, gazetteer, today) if len(doc) else None for article, doc in docs)
            found = [claims(reading, matches(reading, rules)) if reading else [] for reading in readings]
        yield from found


def _parsed(articles: list[Article], nlp: Language, sieve: Sieve | None) -> Iterator[Doc]:
    """The Doc of each article, an empty one where nothing in it is worth parsing."""
    docs = (nlp.make_doc(article.text if article.language.startswith("en") else "") for article in articles)
    sifted = [sieve.sift(doc) if sieve else Sifted(doc, doc, [], {}) for doc in docs]
    for each, part in zip(sifted, nlp.pipe((each.part for each in sifted), batch_size=PARSED), strict=True):
        yield whole(each) if len(part) else part


def rules_at_work(
    articles: Iterable[Article], *, kinds: Mapping[str, Kind], gazetteer: Gazetteer, model: str = DEFAULT_MODEL
) -> set[str]:
    """Every rule, as `kind/id`, that fits somewhere in these articles, though another may have given the claim."""
    nlp, rules = load(model, gazetteer), compile_rules(kinds.values())
    readings = (read(article, nlp(article.text), gazetteer, None) for article in articles)
    return {f"{match.kind.name}/{match.rule}" for reading in readings for match in matches(reading, rules)}
