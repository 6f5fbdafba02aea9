"""Kinds of fact: each one YAML file that holds its fields, how news says it, how it is settled and shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from generator import schemas, strict_yaml
from generator.errors import ContentError, Problem, did_you_mean

Cardinality = Literal["one", "many", "one-per-post", "timeline"]
FIELD_TYPES = ("organisation", "country", "party", "person", "date", "duration", "number", "word", "text")
"""What a field may hold. `party` is a country or an organisation; `word` one of the field's `values`; further types can
be declared by a kind under `types:` as lists of spaCy entity labels, and hold the text as written."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind, as its YAML declares it."""

    name: str
    type: str
    optional: bool = False
    values: tuple[str, ...] = ()  # the words a `word` field may hold, the usual one first
    fallback: str | None = None  # "focus": where no slot fills it, the organisation the text is about
    label: str = ""  # how a page names it


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact. The part for extraction (`frames`, `phrases`, `lexicon`, `types`) stays plain data here."""

    name: str
    label: str
    plural: str
    cardinality: Cardinality
    subject: str  # the field that names the sheet
    value: str  # the field that a claim calls `value`
    identity: tuple[str, ...]  # fields in which two claims must agree to be about one fact (`value` by that word)
    changes: bool  # newer beats older (members, officials); not for things that never change (founding)
    fields: Mapping[str, Field]
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lexicon: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    frames: tuple[Mapping[str, Any], ...] = ()
    phrases: tuple[Mapping[str, Any], ...] = ()
    examples: tuple[Mapping[str, Any], ...] = ()
    nots: tuple[str, ...] = ()
    path: Path = Path()

    def __hash__(self) -> int:
        return hash(self.name)

    def others(self) -> list[Field]:
        """The fields besides subject and value, in the order declared."""
        return [f for f in self.fields.values() if f.name not in (self.subject, self.value)]


BUILT_IN = ("founding", "membership", "size", "official", "presidency")


@lru_cache(maxsize=1)
def load_built_in() -> Mapping[str, Kind]:
    """The kinds that ship with the package, by name, in the order in which a page shows them."""
    paths = [Path(__file__).with_name(f"{name}.yml") for name in BUILT_IN]
    return {path.stem: _kind(strict_yaml.read(path)[0], Path(path.name)) for path in paths}


def parse(text: str, path: Path) -> Kind:
    """A kind from YAML of the form that `schemas.KIND` has; raises ContentError with the line of what does not fit together.

    The keys are those of `Kind` (`not:` is its `nots`); the schema says what each means.
    """
    data, lines = schemas.parse(text, path, schemas.KIND)
    if not data:
        raise ContentError(Problem("a kind is a mapping that begins with `kind:`", path, 1))
    if problems := [*_problems(data, lines, path)]:
        raise ContentError(*problems)
    return _kind(data, path)


def _kind(data: Mapping[str, Any], path: Path) -> Kind:
    label = data.get("label") or data["kind"].capitalize()
    fields = {name: {"label": name.replace("_", " "), **spec, "name": name} for name, spec in data["fields"].items()}
    usual = {"plural": label, "identity": ["value"], "changes": "true", "nots": data.get("not") or []}
    whole = {**usual, **data, "name": data["kind"], "label": label, "fields": fields, "path": path}
    return msgspec.convert(whole, Kind, strict=False)


def _problems(data: Mapping[str, Any], lines: strict_yaml.Lines, path: Path) -> Iterator[Problem]:
    """What the schema cannot say: names that must be found elsewhere in the file."""
    types = {*FIELD_TYPES, *(data.get("types") or {})}
    for name, spec in data["fields"].items():
        if spec["type"] not in types:
            hint = did_you_mean(spec["type"], types)
            yield Problem(f"unknown type {spec['type']!r}", path, lines[("fields", name, "type")], hint)
    for key in ("subject", "value"):
        if data[key] not in data["fields"]:
            hint = did_you_mean(data[key], data["fields"])
            yield Problem(f"{key} {data[key]!r} is not among the fields", path, lines[(key,)], hint)
