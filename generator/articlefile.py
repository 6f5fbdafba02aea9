"""One article file: text to article and back."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generator import schemas, strict_yaml
from generator.errors import ContentError, Problem
from generator.model import Article

TEXTS = (".md", ".txt")

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def normalise(text: str) -> str:
    """The text all offsets count in: NFC, line feeds only, no byte order mark, no control or invisible characters."""
    if text.replace("\n", "").isprintable() and unicodedata.is_normalized("NFC", text):
        return text  # as most are; all that goes is nothing to print
    return unicodedata.normalize("NFC", strict_yaml.UNSEEN.sub("", _BREAKS.sub("\n", text)))


def parse(text: str, path: Path, beside: Mapping[str, Any] | None = None) -> Article:
    """Front matter and body (`.md`), or headlines and all (`.txt`, with what stands in the file `beside` it)."""
    data, text = (beside, normalise(text)) if path.suffix == ".txt" else front_matter(text, path)
    data, text = data or {}, text.strip("\n")
    if not text.strip():
        raise ContentError(Problem("has no text", path, None, "an article needs at least one sentence"))
    based_on, first = data.get("based_on") or (), text.strip().partition("\n")[0]
    title = " ".join(normalise(data.get("title") or first.lstrip("#").strip() or first).split())
    published, language = data.get("published", "").partition("T")[0] or None, data.get("language") or "en"
    also = {name: data.get(name) for name in ("publisher", "url", "licence")}
    sources = (based_on,) if isinstance(based_on, str) else tuple(based_on)
    return Article(path.stem, title, text, published, language=language, based_on=sources, **also)


def front_matter(text: str, path: Path) -> tuple[Mapping[str, Any], str]:
    """What stands before the text of a Markdown file, and the normalised text."""
    text = normalise(text)
    if text != "---" and not text.startswith("---\n"):
        return {}, text
    head, found, rest = (text[4:] + "\n").partition("\n---\n")
    if not found:
        raise ContentError(Problem("the front matter does not end", path, 1, "close it with a line of ---"))
    data, _ = schemas.parse("\n" + head, path, schemas.WRITTEN["article"])
    return data or {}, rest


def digest(data: str | bytes) -> str:
    """As the keys `raw` and `text` of the front matter have it."""
    return "sha256:" + hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def dump(article: Article, retrieved: str, raw: bytes) -> str:
    """A Markdown file that `parse` reads back as this article."""
    named = {name: getattr(article, name) for name in ("title", "published", "publisher", "url", "language", "licence")}
    head = {**{name: text for name, text in named.items() if text}, **seal(article.text, retrieved, raw)}
    return f"---\n{strict_yaml.dump(head)}---\n\n{article.text}\n"


def renewed(old: str, text: str, head: Mapping[str, str]) -> str:
    """The file with another text; its front matter stays as it stands but for the keys of `head`."""
    lines = normalise(old).removeprefix("---\n").partition("\n---\n")[0].splitlines()
    kept = [line for line in lines if line and line.partition(":")[0] not in head]
    return "\n".join(["---", *kept, f"{strict_yaml.dump(dict(head))}---\n", text, ""])


def seal(text: str, retrieved: str, raw: bytes) -> dict[str, str]:
    """Front matter that tells later whether a person edited the text, and what it was read from."""
    return {"retrieved": retrieved, "raw": digest(raw), "text": digest(text)}
