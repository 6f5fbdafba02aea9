"""A reference table → claims: a CSV in which every row says one thing, and a header that says where it is from."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from generator import dates, schemas, strict_yaml
from generator.errors import ContentError, Problem, did_you_mean
from generator.gazetteer import Gazetteer
from generator.kinds import Field, Kind
from generator.model import Claim, Derivation
from generator.overridefile import resolve, unknown

FLAGGED = 0.5
"""Confidence of a row with a known error: below what is published, so that it never wins against a sound source."""

ALSO = ("as_of", "detail", "flag")
"""Columns that are no field of the kind."""

_ENOUGH = 20  # problems of one table, after which the rest is most likely wrong in the same way


class Table(NamedTuple):
    """Where the rows of one table come from: the header `content/references/<id>.yml`."""

    id: str
    title: str
    published: str  # EDTF: the time that its rows describe, where a row has no `as_of` of its own
    licence: str
    source: str | None = None
    edition: str | None = None
    url: str | None = None
    note: str | None = None


def read(path: Path, kinds: Mapping[str, Kind], gazetteer: Gazetteer) -> tuple[Table, list[Claim]]:
    """A table and the claims of its rows, by the path of its header; raises ContentError listing what is wrong."""
    beside = path.with_suffix(".csv")
    head = schemas.read(path, schemas.reference(kinds))[0] if path.is_file() and beside.is_file() else None
    if not head:
        hint = f"a table is {path.name} (title, published, licence, kind) and {beside.name} (its rows)"
        raise ContentError(Problem("is no reference table", path, None, hint))
    table = Table(path.stem, **{name: head.get(name) for name in Table._fields[1:]})
    kind, columns = kinds[head["kind"]], head.get("columns") or {}
    names = {name: columns.get(name, name) for name in (*kind.fields, *ALSO)}
    claims: dict[str, Claim] = {}
    if problems := list(islice(_read_rows(beside, claims, table, kind, names, gazetteer), _ENOUGH)):
        raise ContentError(*problems)
    return table, [*claims.values()]


def _read_rows(
    path: Path, claims: dict[str, Claim], table: Table, kind: Kind, names: Mapping[str, str], gazetteer: Gazetteer
) -> Iterator[Problem]:
    """Fills `claims`, by pointer; tells what is wrong with each row on its line."""
    text = strict_yaml.UNSEEN.sub("", strict_yaml.read_text(path))
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        wrong = [*_column_problems(rows.fieldnames or (), path, kind, names)]
        yield from wrong
        for cells in rows if not wrong else ():
            line = rows.line_num
            if None in cells or None in cells.values():
                yield Problem("has more or fewer cells than the first line", path, line, "quote what holds a comma")
                continue
            row = {name: text for name, column in names.items() if (text := cells.get(column, "").strip())}
            if problems := list(_problems(row, path, line, kind, gazetteer)):
                yield from problems
                continue
            claim = _claim(row, table, kind, gazetteer)
            if claim.ref in claims:
                yield Problem(f"a second row {claim.ref}", path, line, "a table says each thing once")
            claims[claim.ref or ""] = claim
    except csv.Error as error:
        yield Problem(f"not valid CSV: {error}", path, rows.line_num)


def _column_problems(columns: Collection[str], path: Path, kind: Kind, names: Mapping[str, str]) -> Iterator[Problem]:
    for name in (kind.subject, kind.value):
        if names[name] not in columns:
            yield Problem(f"no column {names[name]!r}", path, 1, "name the columns after the kind's fields")
    for column in sorted(set(columns) - set(names.values())):
        yield Problem(f"unknown column {column!r}", path, 1, did_you_mean(column, names.values()))


def _problems(row: Mapping[str, str], path: Path, line: int, kind: Kind, gazetteer: Gazetteer) -> Iterator[Problem]:
    for name in (kind.subject, kind.value):
        if name not in row:
            yield Problem(f"{name} is empty", path, line)
    for name, text in row.items():
        field = kind.fields.get(name) or Field(name, "date" if name == "as_of" else "text")
        if field.type == "word" and text not in field.values:
            yield Problem(f"{name} cannot be {text!r}", path, line, did_you_mean(text, field.values))
        elif field.type in ("country", "organisation", "party") and resolve(text, field, gazetteer)[0] is None:
            yield replace(unknown(text, field, gazetteer, line), path=path)
        try:
            if name == "as_of" and "/" in text:
                _check_editions(text)
            elif field.type in schemas.FORMATS:
                schemas.CHECKS[schemas.FORMATS[field.type]](text)
        except ValueError as error:
            yield Problem(f"{name}: {error}", path, line, schemas.form(schemas.FORMATS[field.type], text))


def _check_editions(text: str) -> None:
    """`1990/1994 1996/2004`, or `1990/..` where the table as it is still has the row."""
    for period in text.removesuffix("..").split():
        start, _, end = period.partition("/")
        dates.bounds(period if end else start)
        if ".." in period or "/" not in period:
            raise ValueError(f"{text!r} names no editions, each time from the first to the last")


def _claim(row: Mapping[str, str], table: Table, kind: Kind, gazetteer: Gazetteer) -> Claim:
    found = {name: resolve(text, kind.fields[name], gazetteer) for name, text in row.items() if name in kind.fields}
    record = gazetteer.record(found[kind.subject][0] or "")
    assert record is not None  # `_problems` saw to it
    value, name = found[kind.value]
    as_of = row.get("as_of", table.published)
    listed, said = (as_of, as_of.split()[-1].rpartition("/")[2]) if "/" in as_of else (None, as_of)
    ended = listed and said != ".."
    fields = {field.name: found[field.name][0] or "" for field in kind.others() if field.name in found}
    key = [record.id, *(value if part == "value" else fields.get(part, "") for part in kind.identity)]
    key += fields.values() if ended else ()  # the past may have said several things, one after the other
    claim = Claim(kind.name, record.id, record.name, record.type, value, name, fields, why=row.get("flag", ""))
    claim = replace(claim, confidence=FLAGGED) if "flag" in row else claim
    derived = Derivation(f"listed as {row['detail']}") if "detail" in row else None
    said = said if ended or not listed else table.published
    return replace(claim, ref=f"{table.id}#{'/'.join(filter(None, key))}", listed=listed, said=said, derivation=derived)
