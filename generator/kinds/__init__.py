"""Kinds of fact: each one YAML file that holds its fields, how news says it, how it is settled and shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from generator import strict_yaml
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

    def others(self) -> list[Field]:
        """The fields besides subject and value, in the order declared."""
        return [f for f in self.fields.values() if f.name not in (self.subject, self.value)]


BUILT_IN = ("founding", "membership", "size", "official", "presidency")
KEYS = {f.name for f in fields(Kind)} - {"name", "nots", "path"} | {"kind", "not"}
FIELD_KEYS = {f.name for f in fields(Field)} - {"name"}


@lru_cache(maxsize=1)
def load_built_in() -> Mapping[str, Kind]:
    """The kinds that ship with the package, by name, in the order in which a page shows them."""
    folder = files("generator.kinds")
    parsed = (parse(folder.joinpath(f"{name}.yml").read_text("utf-8"), Path(f"{name}.yml")) for name in BUILT_IN)
    return {kind.name: kind for kind in parsed}


def parse(text: str, path: Path) -> Kind:
    """A kind from its YAML; raises ContentError with the line of whatever it does not understand.

    The keys are those of `Kind` (`not:` is its `nots`); `docs/add-a-kind.md` explains each.
    """
    data, lines = strict_yaml.parse(text, path)
    problems = list(_problems(data, lines, path))
    if problems:
        raise ContentError(*problems)
    label = data.get("label") or data["kind"].capitalize()
    shown = (data["kind"], label, data.get("plural") or label, data["cardinality"], data["subject"], data["value"])
    identity, changes = tuple(data.get("identity") or ["value"]), data.get("changes", "true") == "true"
    declared = {name: _field(name, spec) for name, spec in data["fields"].items()}
    types, lexicon = ({name: tuple(some) for name, some in (data.get(key) or {}).items()} for key in ("types", "lexicon"))
    frames, phrases, examples, nots = (tuple(data.get(key) or ()) for key in ("frames", "phrases", "examples", "not"))
    return Kind(*shown, identity, changes, declared, types, lexicon, frames, phrases, examples, nots, path)


def _field(name: str, spec: Mapping[str, Any]) -> Field:
    values, label = tuple(spec.get("values") or ()), spec.get("label") or name.replace("_", " ")
    return Field(name, spec["type"], spec.get("optional") == "true", values, spec.get("fallback"), label)


def _problems(data: Any, lines: strict_yaml.Lines, path: Path) -> Iterable[Problem]:
    if not isinstance(data, dict):
        yield Problem("a kind is a mapping that begins with `kind:`", path, 1)
        return
    for key in data.keys() - KEYS:
        yield Problem(f"unknown key {key!r}", path, lines[(key,)], did_you_mean(key, KEYS))
    for key in ("kind", "cardinality", "subject", "value", "fields"):
        if not data.get(key):
            yield Problem(f"a kind needs {key!r}", path, 1)
    if data.get("cardinality") and data["cardinality"] not in Cardinality.__args__:  # type: ignore[attr-defined]
        hint = did_you_mean(data["cardinality"], Cardinality.__args__)  # type: ignore[attr-defined]
        yield Problem(f"unknown cardinality {data['cardinality']!r}", path, lines[("cardinality",)], hint)
    if isinstance(data.get("fields"), dict):
        yield from _field_problems(data, lines, path)


def _field_problems(data: Mapping[str, Any], lines: strict_yaml.Lines, path: Path) -> Iterable[Problem]:
    types = {*FIELD_TYPES, *(data.get("types") or {})}
    for name, spec in data["fields"].items():
        at = ("fields", name)
        if not isinstance(spec, dict) or not spec.get("type"):
            yield Problem(f"the field {name!r} needs a type", path, lines[at], "e.g. {type: country}")
            continue
        if spec["type"] not in types:
            yield Problem(f"unknown type {spec['type']!r}", path, lines[(*at, "type")], did_you_mean(spec["type"], types))
        for key in spec.keys() - FIELD_KEYS:
            yield Problem(f"unknown key {key!r}", path, lines[(*at, key)], did_you_mean(key, FIELD_KEYS))
    for key in ("subject", "value"):
        if (name := data.get(key)) and name not in data["fields"]:
            yield Problem(f"{key} {name!r} is not among the fields", path, lines[(key,)], did_you_mean(name, data["fields"]))
