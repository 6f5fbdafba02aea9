"""What people may write under content/, as JSON Schema (draft-07) made from the kinds; and its errors in words.

Scalars accept numbers as well as text, so that an editor that reads `value: 2002` as a number does not object; we
ourselves read every scalar as text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

import jsonschema

from generator import dates, strict_yaml
from generator.errors import ContentError, Problem, did_you_mean
from generator.kinds import FIELD_KEYS, KEYS, Cardinality, Field, Kind
from generator.strict_yaml import Lines

Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number"], "minLength": 1}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_ADDRESS: Schema = {"type": "string", "format": "address"}
_DRAFT = "http://json-schema.org/draft-07/schema#"

ARTICLE: Schema = {
    "$schema": _DRAFT,
    "type": "object",
    "properties": {
        **dict.fromkeys(("title", "publisher", "language", "licence"), _TEXT),
        "published": {**_TEXT, "format": "edtf"},
        "url": _ADDRESS,
        "based_on": {"anyOf": [_ADDRESS, {"type": "array", "items": _ADDRESS}]},
    },
}
"""Front matter or sidecar of an article; other keys are allowed and ignored."""

SETTINGS: Schema = {"$schema": _DRAFT, "type": "object", "properties": {"model": _TEXT}, "additionalProperties": False}

_ORGANISATION_LISTS = ("acronyms", "aliases", "former_names", "descriptions", "generic", "predecessors", "successors")
_ORGANISATION_DATA = ("organs", "treaties", "headquarters", "dates", "dates_source", "ambiguous_forms", "ambiguous")
_ORGANISATION: Schema = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
        **dict.fromkeys(("name", "kind", "status", "parent", "note"), _TEXT),
        **dict.fromkeys(_ORGANISATION_LISTS, _TEXTS),
        **{key: {"type": ["array", "object"]} for key in _ORGANISATION_DATA},
    },
    "additionalProperties": False,
}
ORGANISATIONS: Schema = {"$schema": _DRAFT, "type": "array", "items": _ORGANISATION}
"""`content/organisations/*.yml`: a list of records with the keys of the built-in gazetteer."""


_ANY: Schema = {"type": ["string", "number", "boolean", "array"]}
_FIELD: Schema = {
    "type": "object",
    "required": ["type"],
    "properties": dict.fromkeys(sorted(FIELD_KEYS), _ANY),
    "additionalProperties": False,
}
KIND: Schema = {
    "$schema": _DRAFT,
    "type": "object",
    "required": ["kind", "cardinality", "subject", "value", "fields"],
    "properties": {
        **dict.fromkeys(sorted(KEYS), True),
        "cardinality": {"enum": [*get_args(Cardinality)]},
        "fields": {"type": "object", "additionalProperties": _FIELD},
    },
    "additionalProperties": False,
}
"""`content/kinds/*.yml`, by the keys that `kinds` knows; it says more where one is wrong."""


def overrides(kinds: Mapping[str, Kind]) -> Schema:
    """An override file: a list of corrections, denials and expectations, each with `why`."""
    also = {"why": _TEXT, "source": _ADDRESS, "evidence": _TEXT}
    denial = {"properties": {"deny": _by_kind(kinds, [], {}), **also}, "additionalProperties": False}
    correction = _by_kind(kinds, ["value"], also)
    bound = {**_TEXT, "format": "count"}
    expected = _by_kind(kinds, [], {"min": bound, "max": bound})
    expectation = {"properties": {"expect": expected, **also}, "additionalProperties": False}
    stated = {"if": {"required": ["expect"]}, "then": expectation, "else": correction}
    item = {"type": "object", "required": ["why"], "if": {"required": ["deny"]}, "then": denial, "else": stated}
    return {"$schema": _DRAFT, "type": "array", "items": item}


def files(kinds: Mapping[str, Kind]) -> dict[str, str]:
    """The schemas as JSON files for editors, by name; each is the very one that we read by."""
    found = {"article": ARTICLE, "settings": SETTINGS, "organisations": ORGANISATIONS, "kinds": KIND}
    found["overrides"] = overrides(kinds)
    return {f"{name}.json": json.dumps(schema, indent=1) + "\n" for name, schema in sorted(found.items())}


def reference(kinds: Mapping[str, Kind]) -> Schema:
    """The header of a reference table; `columns` names the CSV's column of a field where they are called otherwise."""
    texts = dict.fromkeys(("title", "source", "edition", "licence", "note"), _TEXT)
    named = {"published": {**_TEXT, "format": "date"}, "url": _ADDRESS, "kind": {"enum": sorted(kinds)}}
    columns = {"columns": {"type": "object", "additionalProperties": _TEXT}}
    required = ["title", "published", "licence", "kind"]
    properties = texts | named | columns
    return {"$schema": _DRAFT, "type": "object", "required": required, "properties": properties,
            "additionalProperties": False}  # fmt: skip


def read(path: Path, schema: Schema) -> tuple[Any, Lines]:
    """A file's data, as `parse`."""
    return parse(strict_yaml.read_text(path), path, schema)


def parse(text: str, path: Path, schema: Schema) -> tuple[Any, Lines]:
    """YAML that keeps a schema, or None where there is none; raises ContentError with a problem for every breach."""
    data, lines = strict_yaml.parse(text, path)
    validator = jsonschema.Draft7Validator(schema, format_checker=_FORMATS)
    errors = [] if data is None else [*validator.iter_errors(data)]
    errors.sort(key=lambda error: (list(map(str, error.path)), error.message))
    if errors:
        raise ContentError(*(problem for error in errors for problem in _explain(error, lines, path)))
    return data, lines


def _by_kind(kinds: Mapping[str, Kind], required: list[str], also: Schema) -> Schema:
    """An object whose `kind` decides which other keys it may have."""
    shared = {"kind": True, **dict.fromkeys(also, True)}
    branches = [
        {
            "if": {"properties": {"kind": {"const": kind.name}}, "required": ["kind"]},
            "then": {
                "required": required,
                "properties": {
                    **shared,
                    "value": _field(kind.fields[kind.value]),
                    **{field.name: _field(field) for field in kind.others()},
                },
                "additionalProperties": False,
            },
        }
        for kind in kinds.values()
    ]
    properties = {"kind": {"enum": sorted(kinds)}, **also}
    return {"type": "object", "required": ["kind"], "properties": properties, "allOf": branches}


def _field(field: Field) -> Schema:
    if field.type == "word":
        return {"enum": list(field.values)}
    formats = {"date": "edtf", "duration": "duration"}  # `date` would mean a full date to an editor
    return {**_TEXT, "format": formats[field.type]} if field.type in formats else _TEXT


def _explain(error: jsonschema.ValidationError, lines: Lines, path: Path) -> Iterator[Problem]:
    at = tuple(error.absolute_path)
    line = next(lines[at[:n]] for n in range(len(at), -1, -1) if at[:n] in lines)
    name = next((str(key) for key in reversed(at) if isinstance(key, str)), "the file")
    if error.validator == "additionalProperties":
        known = [*cast(Schema, error.schema)["properties"]]
        for key in sorted(cast(Schema, error.instance).keys() - set(known)):
            yield Problem(f"unknown key {key!r}", path, lines.get((*at, key), line), did_you_mean(key, known))
    elif error.validator == "required":
        key = error.message.split("'")[1]
        yield Problem(f"{key!r} is missing", path, line, _MISSING.get(key))
    elif error.validator in ("enum", "const"):
        known = [str(word) for word in cast(list[Any], error.validator_value)]
        yield Problem(f"{name} cannot be {error.instance!r}", path, line, did_you_mean(str(error.instance), known))
    elif error.validator == "format":
        yield Problem(f"{name}: {error.cause}", path, line)
    else:
        yield Problem(f"{name} {_SHAPES.get(str(error.validator), _wanted(error))}", path, line)


_MISSING = {
    "why": "say in a sentence why; the page shows it to its readers",
    "kind": "every override names the kind of fact it corrects",
    "value": "which value? e.g. `value: AM`",
}
_SHAPES = {
    "minLength": "is empty",
    "pattern": "must be lower-case words joined by hyphens",
    "anyOf": "is not a web address (http:// or https://), nor a list of them",
}


def _wanted(error: jsonschema.ValidationError) -> str:
    if error.instance is None:
        return "is empty"
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    words = {"array": "a list", "object": "a mapping"}
    return "must be " + " or ".join(dict.fromkeys(words.get(str(kind), "text") for kind in wanted))


_FORMATS = jsonschema.FormatChecker(formats=())


@_FORMATS.checks("edtf", raises=ValueError)
def _is_date(value: Any) -> bool:
    return not isinstance(value, str) or bool(dates.check(value))


@_FORMATS.checks("duration", raises=ValueError)
def _is_duration(value: Any) -> bool:
    return not isinstance(value, str) or bool(dates.term_end("2000-01-01", value))


@_FORMATS.checks("count", raises=ValueError)
def _is_count(value: Any) -> bool:
    if isinstance(value, str) and not re.fullmatch("[0-9]{1,9}", value):
        raise ValueError(f"{value!r} is not a number of facts, e.g. 6")
    return True


@_FORMATS.checks("address", raises=ValueError)
def _is_address(value: Any) -> bool:
    if isinstance(value, str) and not value.startswith(("http://", "https://")):
        raise ValueError(f"{value!r} is not a web address (http:// or https://)")
    return True
