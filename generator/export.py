"""Claims and sheets for other programs to read."""

from collections.abc import Mapping
from typing import Any

from generator.gazetteer import load_built_in
from generator.kinds import BUILT_IN
from generator.model import Claim, Quote

_COLUMNS = ("status", "event", "post", "from", "phase", "since", "until", "duration")


def claim_line(claim: Claim) -> dict[str, Any]:
    """One claim as `factsheets extract --jsonl` prints it: the same keys for every kind, null where unknown.

    Fields of kinds that are not built in are under `fields`.
    """
    own = claim.fields if claim.kind in BUILT_IN else {}
    other = {name: text for name, text in claim.fields.items() if name not in own or name not in _COLUMNS}
    giver = load_built_in().record(own.get("from", ""))
    return {
        "article": claim.quote.article if claim.quote else None,
        "kind": claim.kind,
        "subject": claim.subject,
        "subject_name": claim.subject_name,
        "value": claim.value,
        "value_name": claim.value_name,
        **{name: own.get(name) for name in _COLUMNS},
        "from_name": giver.name if giver else own.get("from"),
        **(_place(claim.quote) if claim.quote else {"quote": None, "start": None, "end": None}),
        "rule": claim.rule or None,
        "confidence": round(claim.confidence, 3),
        "derivation": claim.derivation
        and {
            "says": claim.derivation.says,
            "quotes": [{"article": quote.article, **_place(quote)} for quote in claim.derivation.quotes],
        },
        **({"fields": other} if other else {}),
    }


def _place(quote: Quote) -> Mapping[str, Any]:
    return {"quote": quote.text, "start": quote.start, "end": quote.end}
