"""An article's claims as the cache holds them: `parse` takes back what `dump` wrote, and nothing else."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import MISSING, asdict, fields
from typing import Any

from generator.model import Article, Claim, Derivation, Quote

_DEFAULTS: dict[str, Any] = {spec.name: spec.default if spec.default_factory is MISSING else {} for spec in fields(Claim)}


def dump(claims: Iterable[Claim]) -> str:
    """The text of an entry; what was cut short or edited is told by its digest."""
    data = [{name: value for name, value in asdict(c).items() if value != _DEFAULTS[name]} for c in claims]
    return json.dumps({"digest": _digest(data), "claims": data}, ensure_ascii=False, indent=0)


def parse(text: str | bytes, article: Article) -> list[Claim] | None:
    """The claims in an entry, as those of an article, whatever it was called; None where they are not as `dump` wrote them
    or quote what does not stand there.
    """

    def quoted(data: Any) -> Quote:
        quote = Quote(**{**data, "article": article.id})
        if article.text[quote.start : quote.end] != quote.text:
            raise ValueError(quote)
        return quote

    def claim(quote: Any, derivation: Any = None, **others: Any) -> Claim:
        why = derivation and Derivation(derivation["says"], tuple(map(quoted, derivation["quotes"])))
        return Claim(quote=quoted(quote), derivation=why, **others)

    try:
        data = json.loads(text)
        return [claim(**item) for item in data["claims"]] if data["digest"] == _digest(data["claims"]) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data).encode()).hexdigest()
