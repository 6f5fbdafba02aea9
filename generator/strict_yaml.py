"""YAML as we read and write it: every scalar a string, no surprises, the line of every value known."""

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from generator.errors import ContentError, Problem

Lines: TypeAlias = dict[tuple[str | int, ...], int]
"""The line (from 1) on which the value at each path of keys and indexes begins; `()` is the whole document."""

MAX_DEPTH = 50
_NULLS = {"", "~", "null", "Null", "NULL"}
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_SafeDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_Dumper: Any = type("_Dumper", (_SafeDumper,), {"ignore_aliases": lambda *_: True})  # we would not read an alias back


def parse(text: str, path: Path) -> tuple[Any, Lines]:
    """Dicts, lists, strings and None, with the line of each.

    `NO` stays Norway, `2024-07-01` and `010` stay text; an unquoted `~`, `null` or nothing is None.
    Raises ContentError for broken YAML, a second document, a duplicate key, an alias, a tag, or nesting deeper
    than MAX_DEPTH. Built from libyaml's events, which is 2–3 times as fast as composing nodes first.
    """
    lines: Lines = {(): 1}
    try:
        events = _events(text, path)
        first = next(events, None)
        data = first and _value(first, events, (), lines, path)
        if extra := next(events, None):
            raise ContentError(Problem("a second YAML document", path, _line(extra)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise ContentError(Problem(f"not valid YAML: {error.problem or error.context}", path, line)) from None
    except yaml.YAMLError as error:
        raise ContentError(Problem(f"not valid YAML: {str(error).splitlines()[0]}", path)) from None
    return data, lines


def read(path: Path) -> tuple[Any, Lines]:
    """`parse` of a file; raises ContentError where it cannot be read as UTF-8."""
    return parse(read_text(path), path)


def read_text(path: Path) -> str:
    """A file's text, without a byte order mark; raises ContentError naming the first byte that is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = Problem(f"not UTF-8 text (byte {error.start})", path, line, "save the file as UTF-8")
        raise ContentError(problem) from None
    except OSError as error:
        raise ContentError(Problem(f"cannot be read: {error.strerror}", path)) from None


def dump(data: Any) -> str:
    """Canonical YAML: keys in the order given, one line a scalar, the same bytes for the same data."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9)
    return text


_PUNCTUATION = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)


def _events(text: str, path: Path) -> Iterator[yaml.Event]:
    """The events that carry content; refuses what we do not support where it stands."""
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, _PUNCTUATION):
            continue
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            hint = "write the value out, or quote it if it begins with & or *"
            raise ContentError(Problem("anchors and aliases are not supported", path, _line(event), hint))
        if tag := getattr(event, "tag", None):
            raise ContentError(Problem(f"tags such as {tag!r} are not supported", path, _line(event)))
        yield event


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _value(event: yaml.Event, events: Iterator[yaml.Event], at: tuple[str | int, ...], lines: Lines, path: Path) -> Any:
    lines.setdefault(at, _line(event))
    if isinstance(event, yaml.ScalarEvent):
        return None if event.implicit[0] and event.value in _NULLS else event.value
    if len(at) >= MAX_DEPTH:
        raise ContentError(Problem(f"nested more than {MAX_DEPTH} deep", path, _line(event)))
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, at, lines, path)
    items = takewhile(lambda event: not isinstance(event, yaml.SequenceEndEvent), events)
    return [_value(item, events, (*at, place), lines, path) for place, item in enumerate(items)]


def _mapping(events: Iterator[yaml.Event], at: tuple[str | int, ...], lines: Lines, path: Path) -> dict[str, Any]:
    result: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if not isinstance(key, yaml.ScalarEvent):
            raise ContentError(Problem("a key must be plain text", path, _line(key)))
        if key.value in result:
            raise ContentError(Problem(f"the key {key.value!r} stands twice", path, _line(key)))
        lines[(*at, key.value)] = _line(key)
        result[key.value] = _value(next(events), events, (*at, key.value), lines, path)
    return result
