"""People and posts by the names a reader knows them by."""

import re
from collections.abc import Iterable

from generator.extract.posts import DOMAINS, HEAD_WORDS, RANKS, SEATS
from generator.extract.units import Unit
from generator.extract.words import table, words


class People:
    """The people of one article: a bare surname stands for the one full name found elsewhere in it."""

    def __init__(self, units: Iterable[Unit]) -> None:
        plain = (_plain(unit.name) for unit in units if unit.type == "person")
        self._full = {name: name.casefold().split() for name in plain if " " in name}

    def full(self, name: str) -> str | None:
        """The fullest name; None for what is no name."""
        plain = _plain(name)
        parts = plain.split() if plain.lower() not in words("honorifics") else []
        if not parts or (not parts[0][:1].isupper() and parts[0] not in words("particles")):
            return None
        found = [full for full, parts in self._full.items() if plain.casefold() in parts]
        return found[0] if len(found) == 1 else plain


def canonical_post(text: str) -> str:
    """A post in plain words: lower case but for names, one spelling for "Secretary-General" and "Defense"."""
    spellings, vocabulary = table("extract/words.yml")["spellings"], RANKS | DOMAINS | HEAD_WORDS

    def spelled(word: str) -> str:
        bare = word.lower().strip(",.")
        plain = bare in spellings or bare.rstrip("s") in vocabulary or vocabulary.issuperset(bare.split("-"))
        return str(spellings.get(word.lower(), word.lower())) if plain or bare in vocabulary else word

    post = " ".join(map(spelled, re.sub(r"\s*[-–]\s*", "-", text).split()))
    for seat in SEATS:
        post = re.sub(rf"(?i)\b{seat}\b", seat.title(), post)
    return post


def _plain(name: str) -> str:
    name = re.sub(r"\s+", " ", name).strip(" ,.'’-–")
    return re.sub(r"['’]s$", "", name)
