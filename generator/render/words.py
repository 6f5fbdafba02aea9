"""Values and text → what a template may print: dates taken apart, text escaped, addresses checked; and the templates."""

import hashlib
import html
import json
import re
import traceback
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemBytecodeCache, StrictUndefined
from jinja2.bccache import Bucket
from jinja2.loaders import ChoiceLoader, FunctionLoader, PackageLoader, PrefixLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from generator import dates
from generator.errors import ContentError, Problem

_OWN = "content/templates/"


def web(address: str | None) -> Markup | None:
    """An address that is safe to link to: http or https with a host; None for anything else."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    plain = address and not re.search(r"[\s\x00-\x20\x7f\\]", address)
    if not plain or parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return Markup(re.sub(r"[\"'<>`{}|^$]", lambda match: quote(match[0]), address or "").replace("&", "&amp;"))  # noqa: S704


def code(text: str) -> Markup:
    """Lines for a `<pre>`, in one line of Markdown, where indentation would be lost."""
    return Markup("&#10;").join(escape(line) for line in text.splitlines())


def host(address: str) -> str:
    """Where an address leads, as a reader says it."""
    return (urlsplit(address).hostname or address).removeprefix("www.")


class Moment(NamedTuple):
    """A written date taken apart for a template to put into words."""

    form: str  # day month year half decade century set all interval | written (shown as it stands)
    text: str = ""
    year: int = 0
    month: int = 0  # or, from 0, the half-year
    day: int = 0
    about: bool = False
    perhaps: bool = False
    parts: tuple["Moment", ...] = ()


_DATE = re.compile(r"(\d{4}|\d{3}X|\d\dXX)(?:(?<=\d)-((?!00)\d\d)(?:-((?!00)\d\d))?)?([~?%]?)")


def moment(text: str) -> Moment:
    """EDTF → its parts; what has no plain form in words comes back as written."""
    if text[:1] in "[{" and text[-1:] in "]}" and len(text) > 2:
        parts = tuple(moment(part.strip()) for part in text[1:-1].split(","))
        return Moment("set" if text[0] == "[" else "all", text, parts=parts)
    if text.count("/") == 1:
        start, end = (moment("" if part == ".." else part) for part in text.split("/"))
        return Moment("interval", text, parts=(start, end))
    if match := _DATE.fullmatch(text):
        year, month, day = (int(part.replace("X", "0")) for part in match.groups("0")[:3])
        form = dates.precision(text)
        if month > 12:
            form, month = (form, month - 40) if form == "half" else ("written", 0)
        return Moment(form, text, year, month, day, match[4] in ("~", "%"), match[4] in ("?", "%"))
    return Moment("written", text)


_DROPPED = dict.fromkeys([*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F),
                          *range(0x2066, 0x206A), 0xFEFF])  # fmt: skip
_MARKUP = re.compile(r"[&<>\"'`*_{}\[\]\\#|~^$=!:@+]")


def escape(value: object) -> Markup:
    """Text that no HTML, Markdown or Jinja further down the road takes for its own; controls are dropped."""
    if type(value) is Markup:
        return value
    return Markup(value.__html__()) if hasattr(value, "__html__") else _escaped(str(value))  # noqa: S704


@lru_cache(maxsize=65536)
def _escaped(text: str) -> Markup:
    text = text.translate(_DROPPED).replace("\n", " ")
    return Markup(_MARKUP.sub(lambda match: f"&#{ord(match[0])};", text))  # noqa: S704


def front_matter(text: str) -> Markup:
    """A title for a page's front matter, as YAML. Themes print it unescaped, so nothing in it may become a tag."""
    plain = str(text).translate(_DROPPED)
    while (once := html.unescape(plain)) != plain:
        plain = once
    plain = plain.replace("<", "‹").replace(">", "›").replace("{", "(").replace("}", ")")
    return Markup(json.dumps(" ".join(plain.split()), ensure_ascii=False))  # noqa: S704


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which asks once for each type and attribute whether a template may have it: its own answer rests
    on these alone, and asking at each access takes half the time of a page.
    """

    _allowed: ClassVar[dict[tuple[type, str], bool]] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        key = type(obj), attr
        if key not in self._allowed:
            self._allowed[key] = super().is_safe_attribute(obj, attr, value)
        return self._allowed[key]


class _Compiled(FileSystemBytecodeCache):
    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def compiled(whose: str) -> FileSystemBytecodeCache | None:
    """Templates as earlier runs compiled them, where Jinja keeps such: among the temporary files of this user, whom it
    checks. Never in a project, whose files are data; None where there is no such place.
    """
    program = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    with suppress(OSError, RuntimeError):
        return _Compiled(pattern=f"factsheets-{whose}-{program}-%s")
    return None


@lru_cache(maxsize=2)
def _environment(own: frozenset[tuple[str, str]]) -> Environment:
    """Jinja with a project's templates before ours, which stay reachable as `built-in/…`; in a sandbox if there are any."""
    texts, ours = dict(own), PackageLoader("generator")
    theirs = FunctionLoader(lambda name: (texts[name], f"{_OWN}{name}", lambda: True) if name in texts else None)
    environment = (_Sandbox if own else Environment)(
        loader=ChoiceLoader([theirs, ours, PrefixLoader({"built-in": ours})]),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=escape,
        bytecode_cache=compiled("sandboxed" if own else "pages"),  # the two compile to different code
    )
    environment.globals["once"] = lambda values, what, caller: Markup(values.once(f"once {what}", caller))  # noqa: S704
    environment.filters.update(
        moment=moment, duration=dates.periods, front_matter=front_matter, web=web, host=host, code=code
    )
    return environment


def _filled(template: str, values: Mapping[str, Any], own: Mapping[str, str]) -> str:
    """A template with its values; raises ContentError, with its line, where a project's own cannot be used."""
    try:
        return _environment(frozenset(own.items())).get_template(f"{template}.md.jinja").render(values)
    except Exception as error:  # whatever ends a template of a project's own is a mistake in it
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_OWN)]
        name, line = getattr(error, "name", None) or "", getattr(error, "lineno", None)
        if not frames and name not in own:
            raise
        path = Path(frames[-1].filename if frames else f"{_OWN}{name}")
        line = frames[-1].lineno if frames else line
        hint = "compare it with the built-in one: docs/restyle.md"
        raise ContentError(Problem(str(error) or type(error).__name__, path, line, hint)) from None


def fill(template: str, depth: int, values: Mapping[str, Any], own: Mapping[str, str]) -> str:
    """A page: its front matter if it has some, then headings in Markdown with one unbroken block of HTML between any two.

    A blank line would end the block for some engines, so there is none; a line that begins with `#` is a heading, for
    `escape` lets no text begin one.
    """
    text = _filled(template, {**values, "up": "../" * depth}, own)
    _, head, body = text.split("---\n", 2) if re.match(r"\s*---\n.*^---\n", text, re.S | re.M) else ("", "", text)
    lines = [stripped for line in body.split("\n") if (stripped := line.strip())]
    lines = [f"\n{line}\n" if line.startswith("#") else line for line in lines]
    return "\n".join([*([f"---\n{head}---"] if head else []), *lines]).rstrip() + "\n"


def lines(template: str, values: Mapping[str, Any]) -> list[str]:
    """The lines of a template as plain text, for what is neither HTML nor Markdown."""
    text = _filled(template, {**values, "up": ""}, {})
    return [plain for line in text.split("\n") if (plain := Markup(line).striptags())]  # noqa: S704 (escaped above)
