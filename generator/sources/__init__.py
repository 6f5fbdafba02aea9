"""What others published → articles: from the web, or from files that a person has. The only place that reaches out."""

import io
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from courlan import normalize_url

from generator.errors import FactsheetsError
from generator.model import Article
from generator.sources import texts, web


class Source(NamedTuple):
    """An article as it was found, and the bytes it was read from."""

    article: Article  # its id is a proposal
    raw: bytes
    asked: str  # the address or path that was asked for


class Feed(NamedTuple):
    """What a feed is called and what it leads to, in its order: most have the newest first."""

    title: str
    addresses: tuple[str, ...]


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


def load_feed(url: str, *, private: bool = False) -> Feed:
    """The feed at an address; raises FactsheetsError where there is none."""
    import feedparser

    found = web.fetch(url, private=private)
    data = feedparser.parse(io.BytesIO(found.raw))  # bytes alone may be taken for the name of a file
    if not data.version:
        raise FactsheetsError(f"{url}: is no feed (RSS or Atom)", "look for a link named RSS on the page")
    links = (urljoin(found.url, entry.link) for entry in data.entries if entry.get("link"))
    return Feed(" ".join(data.feed.get("title", "").split()) or url, tuple(dict.fromkeys(links)))


def same(url: str) -> str:
    """What two addresses of one page have in common: no scheme, fragment or tracker, no slash at the end."""
    try:
        parts = urlsplit(normalize_url(url))
    except ValueError:
        return url
    return f"{parts.netloc}{parts.path.rstrip('/')}?{parts.query}"
