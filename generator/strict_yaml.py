"""YAML as we read and write it: every scalar a string, no surprises, the line of every value known."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from generator.errors import ContentError, Problem

Lines: TypeAlias = dict[tuple[str | int, ...], int]
"""The line (from 1) on which the value at each path of keys and indexes begins; `()` is the whole document."""

MAX_DEPTH = 50
MAX_BYTES = 64 * 2**20
"""The largest file that is read. A book of a million words has a tenth of it."""

UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""Characters that nobody sees and that make a text say something else than it shows: controls, directions, tags."""

_NULLS = {"", "~", "null", "Null", "NULL"}
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_SafeDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_Dumper: Any = type("_Dumper", (_SafeDumper,), {"ignore_aliases": lambda *_: True})  # we would not read an alias back


def parse(text: str, path: Path) -> tuple[Any, Lines]:
    """Dicts, lists, strings and None, with the line of each.

    `NO` stays Norway, `2024-07-01` and `010` stay text; an unquoted `~`, `null` or nothing is None; what is UNSEEN is gone.
    Raises ContentError for broken YAML, a second document, a duplicate key, an alias, a tag, or nesting deeper
    than MAX_DEPTH. Built from libyaml's events, which is 2–3 times as fast as composing nodes first.
    """
    lines: Lines = {(): 1}
    text = text if text.isascii() else UNSEEN.sub("", text)
    try:
        events = _events(text, path)
        first = next(events, None)
        data = first and _value(first, events, (), lines, path)
        if extra := next(events, None):
            raise ContentError(Problem("a second YAML document", path, _line(extra)))
    except yaml.YAMLError as error:
        told = vars(error)
        mark = told.get("problem_mark") or told.get("context_mark")
        message = told.get("problem") or told.get("context") or str(error).splitlines()[0]
        raise ContentError(Problem(f"not valid YAML: {message}", path, mark.line + 1 if mark else None)) from None
    return data, lines


def read(path: Path) -> tuple[Any, Lines]:
    """`parse` of a file; raises ContentError where it cannot be read as UTF-8."""
    return parse(read_text(path), path)


def read_text(path: Path) -> str:
    """A file's text, without a byte order mark; raises ContentError naming the first byte that is not UTF-8, or where the
    file is larger than MAX_BYTES.
    """
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            hint = f"a file may have {MAX_BYTES // 2**20} MB; split it"
            raise ContentError(Problem(f"too large ({size // 2**20} MB)", path, None, hint))
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ContentError(Problem(f"not UTF-8 text (byte {error.start})", path, line, "save the file as UTF-8")) from None
    except OSError as error:
        raise ContentError(Problem(f"cannot be read: {error.strerror}", path)) from None


def dump(data: Any) -> str:
    """Canonical YAML: keys in the order given, one line a scalar, the same bytes for the same data."""
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9))


_PUNCTUATION = {yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent}
_ENDS = {yaml.MappingEndEvent, yaml.SequenceEndEvent}  # they have no anchor and no tag


def _events(text: str, path: Path) -> Iterator[yaml.Event]:
    """The events that carry content; refuses what we do not support where it stands."""
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        kind = type(event)
        if kind in _PUNCTUATION:
            continue
        if kind is yaml.AliasEvent or (kind not in _ENDS and event.anchor):
            hint = "write the value out, or quote it if it begins with & or *"
            raise ContentError(Problem("anchors and aliases are not supported", path, _line(event), hint))
        if kind not in _ENDS and event.tag:
            raise ContentError(Problem(f"tags such as {event.tag!r} are not supported", path, _line(event)))
        yield event


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _value(event: yaml.Event, events: Iterator[yaml.Event], at: tuple[str | int, ...], lines: Lines, path: Path) -> Any:
    if type(event) is yaml.ScalarEvent:
        value = UNSEEN.sub("", event.value) if event.style == '"' else event.value  # which may hold it as an escape
        return None if event.implicit[0] and value in _NULLS else value
    if len(at) >= MAX_DEPTH:
        raise ContentError(Problem(f"nested more than {MAX_DEPTH} deep", path, _line(event)))
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, at, lines, path)
    items: list[Any] = []
    while not isinstance(item := next(events), yaml.SequenceEndEvent):
        here = (*at, len(items))
        lines[here] = _line(item)
        items.append(_value(item, events, here, lines, path))
    return items


def _mapping(events: Iterator[yaml.Event], at: tuple[str | int, ...], lines: Lines, path: Path) -> dict[str, Any]:
    result: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if not isinstance(key, yaml.ScalarEvent):
            raise ContentError(Problem("a key must be plain text", path, _line(key)))
        if key.value in result:
            raise ContentError(Problem(f"the key {key.value!r} stands twice", path, _line(key)))
        here = (*at, key.value)
        lines[here] = _line(key)
        result[key.value] = _value(next(events), events, here, lines, path)
    return result
