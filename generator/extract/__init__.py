"""Articles → claims, with spaCy. The only place that knows it.

The way: `pipeline` (model and gazetteer) → `reading` (units, posts, dates, coreference) → `rules` (frames and phrases
of the kinds) → `claims` (merged within the article).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import tee

from generator.extract.claims import claims
from generator.extract.pipeline import DEFAULT_MODEL, load
from generator.extract.reading import read
from generator.extract.rules import compile_rules, matches
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import Article, Claim

__all__ = ["DEFAULT_MODEL", "extract", "rules_at_work"]


def extract(
    articles: Iterable[Article],
    *,
    kinds: Mapping[str, Kind],
    gazetteer: Gazetteer,
    model: str = DEFAULT_MODEL,
    today: date | None = None,
) -> Iterator[list[Claim]]:
    """The claims of each article, in the articles' order; one claim a subject, value and post within an article.

    An article that is not in English yields none. `today` bounds the years that an undated article can be of.
    """
    nlp, rules = load(model, gazetteer), compile_rules(kinds.values())
    mine, texts = tee(articles)
    parsed = nlp.pipe((a.text if a.language.startswith("en") else "" for a in texts), batch_size=16)
    for article, doc in zip(mine, parsed, strict=True):
        reading = read(article, doc, gazetteer, today)
        yield claims(reading, matches(reading, rules))


def rules_at_work(
    articles: Iterable[Article], *, kinds: Mapping[str, Kind], gazetteer: Gazetteer, model: str = DEFAULT_MODEL
) -> set[str]:
    """Every rule, as `kind/id`, that fits somewhere in these articles, though another may have given the claim."""
    nlp, rules = load(model, gazetteer), compile_rules(kinds.values())
    readings = (read(article, nlp(article.text), gazetteer, None) for article in articles)
    return {f"{match.kind.name}/{match.rule}" for reading in readings for match in matches(reading, rules)}
