"""An override file → claims: names resolved to ids, each problem on its line. `schemas` checks the form first."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from generator.errors import ContentError, Problem, did_you_mean
from generator.gazetteer import Gazetteer, Record
from generator.kinds import Field, Kind
from generator.model import FOLDERS, Claim, Sheet
from generator.strict_yaml import Lines


def parse(
    data: list[Any], lines: Lines, sheet: Sheet, kinds: Mapping[str, Kind], gazetteer: Gazetteer, path: Path
) -> list[tuple[Claim, int]]:
    """The claims of a file about `sheet`, each with its line; raises ContentError listing all that is wrong."""
    claims: list[tuple[Claim, int]] = []
    problems: list[Problem] = []
    for place, item in enumerate(data):
        at = (place, "deny") if "deny" in item else (place,)
        try:
            claim = _claim(item, at, lines, sheet, kinds, gazetteer, path)
            if any(claim.id == other.id for other, _ in claims):
                problems.append(Problem("this override stands twice", path, lines[(place,)]))
            claims.append((claim, lines[(place,)]))
        except ContentError as error:
            problems += error.problems
    if problems:
        raise ContentError(*problems)
    return claims


def _claim(
    item: Mapping[str, Any],
    at: tuple[str | int, ...],
    lines: Lines,
    sheet: Sheet,
    kinds: Mapping[str, Kind],
    gazetteer: Gazetteer,
    path: Path,
) -> Claim:
    denies = "deny" in item
    says = item["deny"] if denies else item
    kind = kinds[says["kind"]]
    home = kind.fields[kind.subject].type
    if home not in (sheet.type, "party") and sheet.type != "other":
        hint = f"it belongs in the file of the {home}"
        raise ContentError(Problem(f"{kind.name} is not kept here", path, lines[(*at, "kind")], hint))
    values: dict[str, tuple[str | None, str]] = {}
    problems = []
    for field in _named(kind):
        if field.name in says:
            try:
                values[field.name] = _resolve(says[field.name], field, gazetteer, lenient=denies)
            except _UnknownNameError as error:
                problems.append(Problem(str(error), path, lines[(*at, field.name)], error.hint))
    if problems:
        raise ContentError(*problems)
    value, value_name = values.pop("value", (None, ""))
    fields = {name: found or written for name, (found, written) in values.items()}
    place = f"{FOLDERS[sheet.type]}/{sheet.id}.yml"
    return Claim(
        kind.name,
        sheet.id,
        sheet.name,
        sheet.type,
        value,
        value_name,
        fields,
        override=place,
        denies=denies,
        why=item["why"],
        source=item.get("source"),
    )


def _named(kind: Kind) -> Iterator[Field]:
    yield replace(kind.fields[kind.value], name="value")
    yield from kind.others()


class _UnknownNameError(ValueError):
    """A name that the gazetteer does not find, and a hint."""

    def __init__(self, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.hint = hint


def _resolve(text: str, field: Field, gazetteer: Gazetteer, lenient: bool) -> tuple[str | None, str]:
    """Id and name of what a person wrote. A denial may name what has no id."""
    if field.type not in ("country", "organisation", "party"):
        return text, text
    record = gazetteer.find(text)
    if record and field.type in (record.type, "party"):
        return record.id, record.name
    if lenient and not record:
        return None, text
    known: list[Record] = [*(gazetteer.countries if field.type != "organisation" else {}).values()]
    known += [*(gazetteer.organisations if field.type != "country" else {}).values()]
    what = "country or organisation" if field.type == "party" else field.type
    hint = did_you_mean(text, [word for item in known for word in (item.id, item.name)])
    raise _UnknownNameError(f"{field.name}: no {what} is called {text!r}", hint)
