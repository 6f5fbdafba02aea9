"""A sheet as the YAML file that people review: `parse` takes back what `dump` wrote, byte for byte.

A claim says only where it differs from its fact (`says:`; null where it leaves a field open). A name equal to its
value is left out.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from generator import strict_yaml
from generator.errors import ContentError, Problem
from generator.model import FOLDERS, Claim, DecidedBy, Derivation, Event, Fact, Quote, Sheet, SubjectType, Verdict

_OWN = ("subject_name", "value", "value_name")


def dump(sheet: Sheet) -> str:
    """The file of a sheet; its first line says who writes it and where corrections go."""
    path = f"{FOLDERS[sheet.type]}/{sheet.id}.yml"
    data = {"id": sheet.id, "name": sheet.name, "facts": [_fact(fact, sheet) for fact in sheet.facts]}
    if sheet.denied:
        data["denied"] = [{"kind": claim.kind, **_claim(claim, {"subject_name": sheet.name})} for claim in sheet.denied]
    head = f"# Written by factsheets build. Put corrections in content/overrides/{path}.\n"
    return head + strict_yaml.dump(data)


def parse(data: Any, type_: SubjectType, path: Path) -> Sheet:
    """The sheet in a file; raises ContentError where it is not as `dump` writes it."""
    try:
        sheet = Sheet(data["id"], data["name"], type_)
        facts = tuple(_parse_fact(item, sheet) for item in data["facts"])
        base = {"subject_name": sheet.name}
        denied = tuple(_parse_claim(item, item["kind"], sheet, base) for item in data.get("denied") or ())
        return replace(sheet, facts=facts, denied=denied)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ContentError(Problem(f"is not a facts file as we write it ({error!r})", path)) from None


def _fact(fact: Fact, sheet: Sheet) -> dict[str, Any]:
    base = _says(fact) | {"subject_name": sheet.name}
    name = fact.value_name if fact.value_name != fact.value else None
    return _filled(
        kind=fact.kind,
        value=fact.value,
        value_name=name,
        fields=dict(fact.fields),
        events=[_filled(status=e.status, date=e.date, as_of=e.as_of) for e in fact.events],
        verdict=fact.verdict,
        decided_by=fact.decided_by,
        reason=fact.reason,
        confirmed=fact.confirmed,
        claims=[_claim(claim, base) for claim in fact.claims],
    )


def _claim(claim: Claim, base: dict[str, str | None]) -> dict[str, Any]:
    own = _says(claim) | {"subject_name": claim.subject_name}
    says = {key: own.get(key) for key in sorted(own | base) if own.get(key) != base.get(key)}
    if "value" in says:
        says["value_name"] = own["value_name"]
        if own["value_name"] == own["value"]:
            del says["value_name"]
    derivation = claim.derivation
    return _filled(
        article=claim.quote and claim.quote.article,
        ref=claim.ref,
        override=claim.override,
        denies="yes" if claim.denies else None,
        why=claim.why,
        source=claim.source,
        said=claim.said,
        **(_place(claim.quote) if claim.quote else {}),
        rule=claim.rule,
        confidence=None if claim.override else round(claim.confidence, 3),
        derivation=derivation
        and _filled(says=derivation.says, quotes=[{"article": q.article, **_place(q)} for q in derivation.quotes]),
        says=says,
    )


def _says(item: Claim | Fact) -> dict[str, str | None]:
    return {**item.fields, "value": item.value, "value_name": item.value_name}


def _place(quote: Quote) -> dict[str, Any]:
    return {"quote": quote.text, "start": quote.start, "end": quote.end}


def _filled(**items: Any) -> dict[str, Any]:
    return {key: value for key, value in items.items() if value is not None and value not in ("", [], {})}


def _parse_fact(data: Mapping[str, Any], sheet: Sheet) -> Fact:
    value = data.get("value")
    fact = Fact(
        kind=data["kind"],
        value=value,
        value_name=data.get("value_name", value or ""),
        fields=data.get("fields") or {},
        verdict=cast(Verdict, data["verdict"]),
        decided_by=cast(DecidedBy, data["decided_by"]),
        reason=data["reason"],
        claims=(),
        events=tuple(Event(e["status"], e.get("date"), e.get("as_of")) for e in data.get("events") or ()),
        confirmed=data.get("confirmed"),
    )
    base = _says(fact) | {"subject_name": sheet.name}
    return replace(fact, claims=tuple(_parse_claim(item, fact.kind, sheet, base) for item in data["claims"]))


def _parse_claim(data: Mapping[str, Any], kind: str, sheet: Sheet, base: Mapping[str, str | None]) -> Claim:
    own = data.get("says") or {}
    says = {**base, **({"value_name": own["value"]} if "value" in own else {}), **own}
    derivation = data.get("derivation")
    return Claim(
        kind=kind,
        subject=sheet.id,
        subject_name=says["subject_name"] or "",
        subject_type=sheet.type,
        value=says.get("value"),
        value_name=says.get("value_name") or "",
        fields={key: text for key, text in says.items() if key not in _OWN and text is not None},
        quote=_parse_quote(data) if "quote" in data else None,
        ref=data.get("ref"),
        override=data.get("override"),
        said=data.get("said"),
        rule=data.get("rule", ""),
        confidence=float(data.get("confidence", 1)),
        derivation=derivation
        and Derivation(derivation["says"], tuple(map(_parse_quote, derivation.get("quotes", ())))),
        denies=data.get("denies") == "yes",
        why=data.get("why", ""),
        source=data.get("source"),
    )


def _parse_quote(data: Mapping[str, Any]) -> Quote:
    return Quote(data["article"], int(data["start"]), int(data["end"]), data["quote"])
