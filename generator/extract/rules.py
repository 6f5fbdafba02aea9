"""Rules as they are written in the kinds' YAML: frames over roles and phrases over units, compiled for `matching`."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, NamedTuple

import regex

from generator.errors import ContentError, Problem, did_you_mean
from generator.extract.units import Sentence, Unit
from generator.extract.words import table
from generator.kinds import Kind, load_built_in

_FILLER = r"(?:[^ <>.:;()]+ |<(?:adjective|norp|gpe|loc|fac|law|event|product|work_of_art|duration|capital)> )"
"""`… ` in a phrase: one word or minor unit; write `… {0,5}?` for a few."""
_GROUP_NAME = re.compile(r"\(\?P<(?!verb>|_)(\w+)>")
_PLACEHOLDER = re.compile(r"<(\w+)>")
_PIECE = re.compile(r"\(\)(?P<optional>[?*]|\{0)?|<\w+>(?![^\s(])|(?<![<\w\\])[a-z]{2,}(?![\w>?*{])")
TYPES = table("extract/types.yml")
"""Which units a word for several means, where not just those of its name: in a pattern, as a label, as a field's type."""


@dataclass(slots=True)
class Match:
    """One rule that fitted: the units in its fields, the words it sets, and what was risky about it."""

    kind: Kind
    rule: str
    slots: dict[str, list[Unit]]
    words: dict[str, str]
    sentence: Sentence
    trigger: int  # token index
    assertion: str
    features: set[str] = field(default_factory=set)


class Frame(NamedTuple):
    """A frame by one of its triggers, which may be a verb with a particle: `give up`, `set up|off`."""

    kind: Kind
    spec: Mapping[str, Any]
    particle: str


@dataclass(frozen=True, eq=False)
class Phrase:
    """A phrase, and pieces of text of which each of these has one where it fits, in this order."""

    kind: Kind
    spec: Mapping[str, Any]
    needs: list[set[str]]

    @cached_property
    def pattern(self) -> Any:
        """Its `regex` pattern over renderings, which can be bounded in time; it takes milliseconds to compile, and most
        phrases fit nowhere in an article.
        """
        return _pattern(self.kind, self.spec)


class Rules(NamedTuple):
    """All rules of some kinds: frames by the lemma of their trigger, phrases in order, and the numbers of those that may fit
    a text by pieces of it: each fits none without one of its own.
    """

    frames: Mapping[str, list[Frame]]
    phrases: tuple[Phrase, ...]
    by_piece: Mapping[str, list[int]]


def compile_rules(kinds: Iterable[Kind]) -> Rules:
    """Raises ContentError for a phrase that is no regular expression or a slot that is no field."""
    frames, by_piece, phrases = defaultdict[str, list[Frame]](list), defaultdict[str, list[int]](list), list[Phrase]()
    for kind in kinds:
        for spec in kind.frames:
            _check(kind, spec)
            for trigger in spec["trigger"]:
                lemma, _, particle = trigger.partition(" ")
                frames[lemma].append(Frame(kind, spec, particle))
        for spec in kind.phrases:
            _check(kind, spec)
            needs = [{*_spelled(kind, pieces)} for pieces in needed_pieces(kind, spec["match"])]
            for piece in max(needs, key=_telling, default={""}):
                by_piece[piece].append(len(phrases))
            phrases.append(Phrase(kind, spec, needs))
            if kind != load_built_in().get(kind.name):
                phrases[-1].pattern  # noqa: B018  # what a person wrote is compiled now: it may be wrong
    return Rules(frames, tuple(phrases), by_piece)


def _check(kind: Kind, spec: Mapping[str, Any]) -> None:
    for name in (*(spec.get("slots") or {}), *_GROUP_NAME.findall(spec.get("match", ""))):
        if name.rstrip("_0123456789") not in kind.fields:
            raise ContentError(Problem(f"the rule {spec.get('id')!r} fills {name!r}, which is no field", kind.path))
    for name in re.findall(r"\$(\w+)", repr(spec)):
        if name not in kind.lexicon:
            message = f"the rule {spec['id']!r} uses ${name}, which is not in the lexicon"
            raise ContentError(Problem(message, kind.path, None, did_you_mean(name, kind.lexicon)))


_ENDS = r"(?!\S)(?<!<organisation>(?= 's ))"
"""Of "the presidency of the Union's council", no phrase takes the Union."""


def _pattern(kind: Kind, spec: Mapping[str, Any]) -> Any:
    """A phrase's regular expression: `<country>` is a unit, `$chair` one of the kind's words."""

    def spelled(name: re.Match[str]) -> str:
        return "(?:" + "|".join(w if w.startswith("(") else re.escape(w) for w in kind.lexicon[name[1]]) + ")"

    text = re.sub(r"\$(\w+)", spelled, spec["match"]).replace("… ", _FILLER)
    text = _PLACEHOLDER.sub(lambda m: m[0] if text[m.start() - 2 : m.start()] == "?P" else _unit_pattern(kind, m[1]), text)
    try:
        return regex.compile(r"(?<!\S)" + text + _ENDS)
    except (regex.error, RecursionError) as error:
        raise ContentError(Problem(f"the phrase {spec['id']!r} is no regular expression: {error}", kind.path)) from None


def needed_pieces(kind: Kind, match: str) -> list[set[str]]:
    """What a phrase cannot do without: words and `<type>`s, one of each set, in order; optional groups left out."""
    text = re.sub(r"\$(\w+)", lambda m: "(" + "|".join(kind.lexicon[m[1]]) + ")", match)
    return _needed(re.sub(r"\\.|\[[^]]*\]", "_", re.sub(r"\(\?P<\w+>", "(", text)))


@cache
def _needed(text: str) -> list[set[str]]:
    outside, groups = _apart(text)
    rest = iter(groups)
    each = [[*_needed_together(alternative, rest)] for alternative in outside.split("|")]
    if len(each) == 1:
        return each[0]
    return [set().union(*(max(needs, key=_telling) for needs in each))] if all(each) else []


def _needed_together(text: str, groups: Iterator[str]) -> Iterator[set[str]]:
    for piece in _PIECE.finditer(text):
        group = next(groups) if piece[0][0] == "(" else None
        if group is None:
            yield {piece[0]}
        elif not piece["optional"] and not group.startswith(("?!", "?<", "?=")):
            yield from _needed(group.removeprefix("?:"))


def _apart(text: str) -> tuple[str, list[str]]:
    """A pattern with () in place of each group, and what is in these groups."""
    depth, outside, groups = 0, "", [""]
    for piece in re.split("([()])", text):
        depth -= piece == ")"
        if depth:
            groups[-1] += piece
        else:
            outside += piece
            groups += [""] if piece == ")" else []
        depth += piece == "("
    return outside, groups


def _telling(pieces: set[str]) -> tuple[bool, int]:
    """Words tell more than types, but for the short ones."""
    length = min(map(len, pieces))
    return length > 3 and not any(piece.startswith("<") for piece in pieces), length


def _spelled(kind: Kind, pieces: Iterable[str]) -> Iterator[str]:
    for piece in pieces:
        yield from (f"<{type_}>" for type_ in unit_types(kind, piece[1:-1])) if piece[0] == "<" else (piece,)


def unit_types(kind: Kind, name: str) -> list[str]:
    """The types of unit that `<name>` stands for in the rules of a kind."""
    if name not in kind.types:
        return list(TYPES["patterns"].get(name, [name]))
    return [t for label in kind.types[name] for t in TYPES["labels"].get(label, [label.lower()])]


def _unit_pattern(kind: Kind, name: str) -> str:
    optional = "(?:the )?" if name in ("countries", "parties", "organisations") else ""
    return optional + "<(?:" + "|".join(unit_types(kind, name)) + ")>"
