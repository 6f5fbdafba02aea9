"""People and posts by the names a reader knows them by."""

import re
from collections.abc import Iterable

from generator.extract.posts import DOMAINS, HEAD_WORDS, RANKS, SEATS
from generator.extract.words import table, words


def full_name(name: str, people: Iterable[str]) -> str | None:
    """The fullest name, since a bare surname stands for the one of these people who has it; None for what is no name."""
    plain = plain_name(name)
    parts = plain.split() if plain.lower() not in words("honorifics") else []
    if not parts or (not parts[0][:1].isupper() and parts[0] not in words("particles")):
        return None
    found = [full for full in people if " " in full and plain.casefold() in full.casefold().split()]
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


def plain_name(name: str) -> str:
    """On one line, without a possessive and what stands at its ends."""
    name = re.sub(r"\s+", " ", name).strip(" ,.'’-–")
    return re.sub(r"['’]s$", "", name)
