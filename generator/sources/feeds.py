"""RSS and Atom → the addresses of their entries."""

import io
from typing import NamedTuple
from urllib.parse import urljoin

from generator.errors import FactsheetsError
from generator.sources import web


class Feed(NamedTuple):
    """What a feed is called and what it leads to, in its order: most have the newest first."""

    title: str
    addresses: tuple[str, ...]


def load(url: str, *, private: bool = False) -> Feed:
    """The feed at an address; raises FactsheetsError where there is none."""
    import feedparser

    found = web.fetch(url, private=private)
    data = feedparser.parse(io.BytesIO(found.raw))  # bytes alone may be taken for the name of a file
    if not data.version:
        raise FactsheetsError(f"{url}: is no feed (RSS or Atom)", "look for a link named RSS on the page")
    links = (urljoin(found.url, entry.link) for entry in data.entries if entry.get("link"))
    return Feed(" ".join(data.feed.get("title", "").split()) or url, tuple(dict.fromkeys(links)))
