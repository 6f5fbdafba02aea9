"""What others published → articles: from the web, or from files that a person has. The only place that reaches out."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from courlan import normalize_url

from generator.errors import FactsheetsError
from generator.model import Article
from generator.sources import texts, web

__all__ = ["Source", "load", "same"]


class Source(NamedTuple):
    """An article as it was found, and the bytes it was read from."""

    article: Article  # its id is a proposal
    raw: bytes
    asked: str  # the address or path that was asked for


def load(place: str, *, private: bool = False) -> Source:
    """A web page, PDF, Markdown or text at an address or in a file; raises FactsheetsError where it cannot be had."""
    if "://" in place:
        found = web.fetch(place, private=private)
        return Source(texts.read(found.raw, found.url, found.charset), found.raw, place)
    try:
        if Path(place).stat().st_size > web.LIMITS.size:
            raise FactsheetsError(f"{place}: is larger than {web.LIMITS.size // 1_000_000} MB")
        raw = Path(place).read_bytes()
    except OSError as error:
        hint = "an address begins with http:// or https://" if "." in place.partition("/")[0] else None
        raise FactsheetsError(f"{place}: cannot be read: {error.strerror}", hint) from None
    return Source(texts.read(raw, place), raw, place)


def same(url: str) -> str:
    """What two addresses of one page have in common: no scheme, fragment or tracker, no slash at the end."""
    try:
        parts = urlsplit(normalize_url(url))
    except ValueError:
        return url
    return f"{parts.netloc}{parts.path.rstrip('/')}?{parts.query}"
