"""The tables of the extraction: YAML files of the package, and the word lists of `words.yml` by name."""

from functools import cache
from pathlib import Path
from typing import Any

from generator import strict_yaml


@cache
def words(*names: str) -> frozenset[str]:
    """These lists as one set of words in lower case; raises KeyError for a list that is not there."""
    return frozenset(word for name in names for word in table("extract/words.yml")[name])


@cache
def table(name: str) -> Any:
    """What a YAML file of the package holds, by its path, e.g. `gazetteer/posts.yml`."""
    return strict_yaml.read(Path(__file__).parents[1] / name)[0]
