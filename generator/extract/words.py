"""The word lists of `words.yml`, each by its name."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from generator import strict_yaml


def words(name: str) -> frozenset[str]:
    """One list, as a set of words in lower case; raises KeyError for a list that is not there."""
    return frozenset(_lists()[name])


@cache
def _lists() -> dict[str, Any]:
    text = files("generator.extract").joinpath("words.yml").read_text("utf-8")
    return strict_yaml.parse(text, Path("words.yml"))[0]  # type: ignore[no-any-return]
