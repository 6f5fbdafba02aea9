"""What people may write under content/, as JSON Schema (draft-07) made from the kinds; and its errors in words.

Scalars accept numbers as well as text, so that an editor that reads `value: 2002` as a number does not object; we
ourselves read every scalar as text.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from generator import dates, strict_yaml
from generator.errors import ContentError, Problem, did_you_mean

if TYPE_CHECKING:
    from jsonschema import FormatChecker, ValidationError

    from generator.kinds import Field, Kind

Schema = dict[str, Any]

WRITTEN: dict[str, Schema] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
"""Schemas of what does not depend on kinds, by name, and what the others are made of."""

FORMATS = {"date": "edtf", "duration": "duration", "number": "count"}
"""Of types of fields; `date` would mean a full date to an editor."""

_FILES = ("article", "changes", "claims", "facts", "feeds", "kinds", "organisations", "settings")


def overrides(kinds: Mapping[str, "Kind"]) -> Schema:
    """An override file: a list of corrections, denials and expectations, each with `why`."""
    also = WRITTEN["also"]

    def holding(key: str, bounds: Schema) -> Schema:
        held = {**_by_kind(kinds, [], bounds), "description": WRITTEN[key]}
        return {"properties": {key: held, **also}, "additionalProperties": False}

    stated = {"if": {"required": ["expect"]}, "then": holding("expect", WRITTEN["bounds"])}
    stated |= {"else": _by_kind(kinds, ["value"], also)}
    item = {"type": "object", "required": ["why"], "if": {"required": ["deny"]}, "then": holding("deny", {}), "else": stated}
    return {"$schema": WRITTEN["article"]["$schema"], **WRITTEN["override"], "type": "array", "items": item}


def files(kinds: Mapping[str, "Kind"]) -> dict[str, str]:
    """The schemas as JSON files for editors and other programs, by name; what people write is read by the very same."""
    found = {name: WRITTEN[name] for name in _FILES}
    found |= {"overrides": overrides(kinds), "reference": reference(kinds)}
    return {f"{name}.json": json.dumps(schema, indent=1) + "\n" for name, schema in sorted(found.items())}


def reference(kinds: Mapping[str, "Kind"]) -> Schema:
    """The header of a reference table; `columns` names the CSV's column of a field where they are called otherwise."""
    written = WRITTEN["reference"]
    return {**written, "properties": {**written["properties"], "kind": _kind(kinds)}}


def read(path: Path, schema: Schema) -> tuple[Any, strict_yaml.Lines]:
    """A file's data, as `parse`."""
    return parse(strict_yaml.read_text(path), path, schema)


def parse(text: str, path: Path, schema: Schema) -> tuple[Any, strict_yaml.Lines]:
    """YAML that keeps a schema, or None where there is none; raises ContentError with a problem for every breach."""
    data, lines = strict_yaml.parse(text, path)
    if data is not None:
        from jsonschema import Draft7Validator

        errors = [*Draft7Validator(schema, format_checker=_formats()).iter_errors(data)]
        errors.sort(key=lambda error: (list(map(str, error.path)), error.message))
        if errors:
            raise ContentError(*(problem for error in errors for problem in _explain(error, lines, path)))
    return data, lines


def _by_kind(kinds: Mapping[str, "Kind"], required: list[str], also: Schema) -> Schema:
    """An object whose `kind` decides which other keys it may have; with those `required` it must have all by which two
    facts are told apart.
    """
    shared = {"kind": True, **dict.fromkeys(also, True)}

    def branch(kind: "Kind") -> Schema:
        own = {"value": _field(kind.fields[kind.value]), **{field.name: _field(field) for field in kind.others()}}
        needed = [*required, *(name for name in kind.identity if required and name != "value")]
        then = {"required": needed, "properties": {**shared, **own}, "additionalProperties": False}
        return {"if": {"properties": {"kind": {"const": kind.name}}, "required": ["kind"]}, "then": then}

    properties = {"kind": _kind(kinds), **also}
    return {"type": "object", "required": ["kind"], "properties": properties, "allOf": [*map(branch, kinds.values())]}


def _kind(kinds: Mapping[str, "Kind"]) -> Schema:
    return {"enum": sorted(kinds), "description": WRITTEN["kind"]}


def _field(field: "Field") -> Schema:
    words = WRITTEN["types"].get(field.type, "Text, as it is written")
    told = {"description": f"{field.label.capitalize()}: {words[0].lower()}{words[1:]}."}
    if field.type == "word":
        return {"enum": list(field.values), **told}
    return {**WRITTEN["text"], **({"format": FORMATS[field.type]} if field.type in FORMATS else {}), **told}


def _explain(error: "ValidationError", lines: strict_yaml.Lines, path: Path) -> Iterator[Problem]:
    at = tuple(error.absolute_path)
    line = next(lines[at[:n]] for n in range(len(at), -1, -1) if at[:n] in lines)
    name = next((str(key) for key in reversed(at) if isinstance(key, str)), "the file")
    if error.validator == "additionalProperties":
        known = [*cast(Schema, error.schema)["properties"]]
        for key in sorted(cast(Schema, error.instance).keys() - set(known)):
            yield Problem(f"unknown key {key!r}", path, lines.get((*at, key), line), did_you_mean(key, known))
    elif error.validator == "required":
        key = error.message.split("'")[1]
        described = cast(Schema, error.schema).get("properties", WRITTEN["also"]).get(key, {})
        yield Problem(f"{key!r} is missing", path, line, described.get("description"))
    elif error.validator in ("enum", "const"):
        known = [str(word) for word in cast(list[Any], error.validator_value)]
        yield Problem(f"{name} cannot be {error.instance!r}", path, line, did_you_mean(str(error.instance), known))
    elif error.validator == "format":
        yield Problem(f"{name}: {error.cause}", path, line, form(str(error.validator_value), str(error.instance)))
    else:
        yield Problem(f"{name} {WRITTEN['shapes'].get(str(error.validator), _wanted(error))}", path, line)


def _wanted(error: "ValidationError") -> str:
    if error.instance is None:
        return "is empty"
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    words = {"array": "a list", "object": "a mapping"}
    return "must be " + " or ".join(dict.fromkeys(words.get(str(kind), "text") for kind in wanted))


def _is(what: str, pattern: str, text: str) -> bool:
    if not re.match(pattern, text):
        raise ValueError(f"{text!r} is not {what}")
    return True


def form(format: str, text: str) -> str | None:
    """How to write what a text seems to say, or an example."""
    return f"write {meant}" if format == "edtf" and (meant := dates.suggested(text)) else WRITTEN["forms"].get(format)


CHECKS: dict[str, Callable[[str], object]] = {name: partial(_is, *said) for name, said in WRITTEN["patterns"].items()}
CHECKS |= {"edtf": dates.bounds, "duration": partial(dates.term_end, "2000-01-01")}
"""Of each format, what raises ValueError for a text that has it not."""


@lru_cache(maxsize=1)
def _formats() -> "FormatChecker":
    from jsonschema import FormatChecker

    formats = FormatChecker(formats=())
    for name, check in CHECKS.items():
        formats.checks(name, raises=ValueError)(lambda value, check=check: not isinstance(value, str) or bool(check(value)))
    return formats
