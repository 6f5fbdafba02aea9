"""Bytes → the text of an article: web page, PDF, Markdown, plain text. What they are is seen from the bytes."""

import io
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path
from statistics import median
from typing import Any
from unicodedata import normalize

from generator import articlefile
from generator.errors import ContentError, FactsheetsError
from generator.gazetteer import fold, slug
from generator.model import Article

_PAGE = re.compile(rb"<(?:!doctype html|html|head|body|article)\b", re.I)
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)\b")
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d|index|readme)")

for _name in ("trafilatura", "htmldate", "pypdf"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def read(raw: bytes, place: str, charset: str | None = None) -> Article:
    """The article in these bytes; its id is a proposal. `place` is the address or file they are from, and
    `charset` what its server says. Raises FactsheetsError where there is no text in them.
    """
    start, suffix = raw[:2048], Path(place).suffix.lower()
    web = place.startswith(("http://", "https://"))
    if b"%PDF-" in start[:1024]:
        found = _pdf(raw, place)
    elif _FEED.search(start):
        raise FactsheetsError(f"{place}: is a feed", f"factsheets feed add {place}")
    elif _PAGE.search(raw[:20_000]):
        found = _page(_decoded(raw, charset), place if web else None)
    elif b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FactsheetsError(f"{place}: is neither a web page nor a PDF nor text")
    else:
        found = _plain(_decoded(raw, charset), place, ".md" if suffix == ".md" else ".txt")
    text = _clean(found.pop("text")).strip("\n")
    if not text.strip():
        raise FactsheetsError(f"{place}: has no text", "a scan, or a page that a script fills in? save its text as .txt")
    fields: dict[str, Any] = {name: _line(value) for name, value in found.items() if value}
    title = fields.pop("title", "") or _line(text.strip().partition("\n")[0])[:200]
    fields |= {"language": fields.get("language") or language(text)} | ({"url": place} if web else {})
    return replace(Article(_id(title, place), title, text), **fields)


def language(text: str) -> str:
    """The ISO 639-1 code of the language that it most likely is in."""
    import py3langid

    code, _ = py3langid.classify(text[:20_000])
    return str(code)


def _id(title: str, place: str) -> str:
    """A name that is a file everywhere and a page's address."""
    name = slug(title) if slug(title) != "unnamed" else slug(Path(place).stem)
    return f"{name}-article" if _RESERVED.fullmatch(name) else name


def _page(text: str, url: str | None) -> dict[str, Any]:
    """Tables, comments and what surrounds the article are left out; a date counts only where the page gives it as such."""
    from trafilatura import bare_extraction

    found: Any = bare_extraction(
        text, url=url, with_metadata=True, include_comments=False, include_tables=False, favor_precision=True,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )  # fmt: skip
    if not found or not found.text:
        return {"text": ""}
    licence = (found.license or "").replace("CC ZERO", "CC0")
    names = {"title": found.title, "publisher": found.sitename or found.hostname, "licence": licence}
    address = found.url if str(found.url).startswith(("http://", "https://")) else None
    paragraphs = found.text.splitlines()
    own = paragraphs[1:] if fold(paragraphs[0]) == fold(found.title or "") else paragraphs
    return {**names, "published": found.date, "url": address, "text": "\n\n".join(own)}


def _pdf(raw: bytes, place: str) -> dict[str, Any]:
    """Its title counts only where the pages show it; its date is that of a file, not of a publication."""
    from pypdf import PdfReader

    try:
        reader = PdfReader(io.BytesIO(raw))
        texts = (_LIGATURES.sub(lambda found: normalize("NFKC", found[0]), page.extract_text()) for page in reader.pages)
        pages = [_clean(text).splitlines() for text in texts]
        title = _line(str((reader.metadata and reader.metadata.title) or ""))
    except Exception as error:  # a broken or hostile file makes pypdf raise anything
        raise FactsheetsError(f"{place}: cannot be read as PDF: {error}") from None
    text = "\n\n".join(_paragraphs(_body(pages)))
    return {"text": text, "title": title if title and fold(title) in fold(text[:2000]) else None}


def _body(pages: list[list[str]]) -> list[str]:
    """The lines of all pages without what stands at the edges of several: running titles, numbers of pages."""

    def plain(line: str) -> str:
        return re.sub(r"\d+", "0", fold(line))

    edges = Counter(chain.from_iterable({plain(line) for line in (*page[:2], *page[-2:])} for page in pages))
    running = {line for line, count in edges.items() if count > max(1, len(pages) / 2)} | {"0"}
    return [
        line for page in pages for place, line in enumerate(page)
        if not (plain(line) in running and (place < 2 or place >= len(page) - 2))
    ]  # fmt: skip


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """Lines as they were set, joined where a sentence goes on; a short line that ends one ends the paragraph."""
    full = median([len(line) for line in lines if line.strip()] or [0]) * 0.8
    text = ""
    for line, after in pairwise([*map(str.strip, lines), ""]):
        text = f"{text} {line}".strip() if not text.endswith("-") else _rejoined(text, line, lines)
        ends = len(line) < full and not after[:1].islower() and not line.endswith((",", "-", ";"))
        if text and (not after or ends):
            yield text
            text = ""


def _rejoined(text: str, line: str, lines: Iterable[str]) -> str:
    """A word divided at the end of a line; its hyphen stays where the text has the word with it elsewhere."""
    word = f"{text.split()[-1]}{line.split()[0]}" if line else text
    divided = line[:1].islower() and not any(word in other for other in lines)
    return (text[:-1] if divided else text) + line


def _plain(text: str, place: str, suffix: str) -> dict[str, Any]:
    """Front matter counts; a file's own `based_on` is left to those who copy it as it is."""
    try:
        article = articlefile.parse(text, Path(place).with_suffix(suffix))
    except ContentError as error:
        raise FactsheetsError(f"{place}: {error.problems[0].message}", error.problems[0].hint) from None
    data = articlefile.front_matter(text, Path(place))[0] if suffix == ".md" else {}
    names = {name: data.get(name) for name in ("published", "publisher", "url", "licence", "language")}
    return {**names, "title": article.title, "text": article.text}


def _decoded(raw: bytes, charset: str | None) -> str:
    """As UTF-8 where it is that, else as its server or itself says where that fits, else as it looks."""
    from charset_normalizer import from_bytes

    declared = re.search(rb"<meta[^>]{0,200}charset=[\"']?([\w-]+)", raw[:2048], re.I)
    marked = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else None
    for name in filter(None, (marked, "utf-8-sig", charset, declared and declared[1].decode())):
        with suppress(LookupError, UnicodeError):
            return raw.decode(name)
    return str(from_bytes(raw).best() or raw.decode("utf-8", "replace"))


def _clean(text: str) -> str:
    """Normalised, and without what is no character."""
    return articlefile.normalise(text.encode("utf-8", "ignore").decode())


def _line(text: str) -> str:
    return " ".join(_clean(text).split())
