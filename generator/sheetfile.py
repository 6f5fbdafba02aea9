"""A sheet as the YAML file that people review: `parse` takes back what `dump` wrote, byte for byte.

A claim says only where it differs from its fact (`says:`; null where it leaves a field open). A name equal to its
value is left out. A reference row is only pointed at, and a fact that rests on such rows alone is not saved.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import msgspec

from generator import strict_yaml
from generator.errors import ContentError, Problem
from generator.model import FOLDERS, Claim, Fact, Quote, Sheet, SubjectType

Says = dict[str, str | None]


def dump(sheet: Sheet) -> str:
    """The file of a sheet; its first line says who writes it and where corrections go."""
    path = f"{FOLDERS[sheet.type]}/{sheet.id}.yml"
    data: dict[str, Any] = {"id": sheet.id, "name": sheet.name, "facts": [_fact(fact, sheet) for fact in saved(sheet).facts]}
    if sheet.denied:
        data["denied"] = [{"kind": claim.kind, **_claim(claim, {"subject_name": sheet.name})} for claim in sheet.denied]
    return f"# Written by factsheets build. Put corrections in content/overrides/{path}.\n" + strict_yaml.dump(data)


def saved(sheet: Sheet) -> Sheet:
    """The part of a sheet that its file holds; empty where all of it follows from reference tables."""
    return replace(sheet, facts=tuple(fact for fact in sheet.facts if not all(claim.ref for claim in fact.claims)))


def said(fact: Fact) -> dict[str, Any]:
    """What a fact says, as files have it; `parse_fact` reads it back."""
    named = fact.value_name if fact.value_name != fact.value else None
    return _filled(value=fact.value, value_name=named, fields=dict(fact.fields))


def parse_fact(data: Mapping[str, Any]) -> Fact:
    """A fact without its claims."""
    value = data.get("value")
    says: dict[str, Any] = {"value": value, "value_name": value or "", "fields": {}, "reason": {}}
    return msgspec.convert({**says, **data, "claims": ()}, Fact, strict=False)


def parse(data: Any, type_: SubjectType, path: Path) -> Sheet:
    """The sheet in a file; raises ContentError where it is not as `dump` writes it."""
    try:
        sheet = Sheet(data["id"], data["name"], type_)
        facts = tuple(_with_claims(parse_fact(item), item["claims"], sheet) for item in data["facts"])
        denied = tuple(_parse_claim(it, it["kind"], sheet, {"subject_name": sheet.name}) for it in data.get("denied") or ())
        return replace(sheet, facts=facts, denied=denied)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ContentError(Problem(f"is not a facts file as we write it ({error!r})", path)) from None


def _fact(fact: Fact, sheet: Sheet) -> dict[str, Any]:
    base = _says(fact, sheet.name)
    events = [_filled(**asdict(event)) for event in fact.events]
    decided = {name: getattr(fact, name) for name in ("verdict", "decided_by", "confirmed")}
    claims = [_claim(claim, base) for claim in fact.claims]
    return _filled(kind=fact.kind, **said(fact), events=events, **decided, reason=dict(fact.reason), claims=claims)


def _claim(claim: Claim, base: Says) -> dict[str, Any]:
    if claim.ref:  # the row is in its table
        return {"ref": claim.ref}
    own = _says(claim, claim.subject_name)
    base = base if own["value"] == base.get("value") else {**base, "value_name": own["value"]}
    told = _quote(claim.quote) if claim.quote else {}
    told |= {name: getattr(claim, name) for name in ("override", "why", "source", "evidence", "said", "rule")}
    told |= {"denies": "yes" if claim.denies else None, "confidence": None if claim.override else round(claim.confidence, 3)}
    if why := claim.derivation:
        told["derivation"] = _filled(says=why.says, quotes=[_quote(quote) for quote in why.quotes])
    return _filled(**told, says={key: own.get(key) for key in sorted(own | base) if own.get(key) != base.get(key)})


def _says(item: Claim | Fact, subject_name: str) -> dict[str, str | None]:
    return {**item.fields, "value": item.value, "value_name": item.value_name, "subject_name": subject_name}


def _quote(quote: Quote) -> dict[str, Any]:
    return {"article": quote.article, "quote": quote.text, "start": quote.start, "end": quote.end}


def _filled(**items: Any) -> dict[str, Any]:
    return {key: value for key, value in items.items() if value is not None and value not in ("", [], {})}


def _with_claims(fact: Fact, items: list[Mapping[str, Any]], sheet: Sheet) -> Fact:
    base = _says(fact, sheet.name)
    return replace(fact, claims=tuple(_parse_claim(item, fact.kind, sheet, base) for item in items))


def _parse_claim(data: Mapping[str, Any], kind: str, sheet: Sheet, base: Says) -> Claim:
    own = data.get("says") or {}
    says = {**base, **({"value_name": own["value"]} if "value" in own else {}), **own}
    names = {name: says.pop(name, None) or "" for name in ("value_name", "subject_name")}
    whole: dict[str, Any] = {**data, "kind": kind, "subject": sheet.id, "subject_type": sheet.type, **names}
    whole |= {"value": says.pop("value", None), "denies": "denies" in data}
    whole["fields"] = {name: text for name, text in says.items() if text is not None}
    whole["quote"] = _parse_quote(data) if "quote" in data else None
    if rests_on := data.get("derivation"):
        whole["derivation"] = {**rests_on, "quotes": [*map(_parse_quote, rests_on.get("quotes", ()))]}
    return msgspec.convert(whole, Claim, strict=False)


def _parse_quote(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "text": data["quote"]}
