"""What waits for a person: the queue, and the overrides that settle it. Pure."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import TypeAlias, get_args

from generator import dates, overridefile, timeline
from generator.build import Project
from generator.errors import FactsheetsError, did_you_mean
from generator.kinds import Kind
from generator.model import FOLDERS, PUBLISH_AT, Claim, DecidedBy, Fact, Item, Reason, Sheet
from generator.reconcile import contradicts, denies, group_by, plain, source_claims
from generator.reprints import independent, source

_ORDER = get_args(Reason)
_DRAFT = "Checked against the words quoted."


Again: TypeAlias = Callable[..., list[Item]]
"""Given a name, what makes something, and all that this depends on besides the day, the kinds and the articles: what it
makes, or what it made of the same before."""


def queue(
    project: Project,
    today: date,
    again: Again = lambda _, make, *given: make(*given),
    asks: Callable[[Sheet], bool] = lambda _: True,
) -> list[Item]:
    """All that waits, the most valuable first: what readers see now and may be wrong, before what they do not see yet.

    That is, in the order of `Item.reason`: handovers whose day has passed without a word, disputes, counts that the list
    of members does not bear out, decisions on which sources have said something new, facts whose words have gone from
    their article, claims below the threshold. Of one reason what more sources speak of comes first, then what is surer,
    then the newer. Of sheets that do not ask nothing waits.
    A decision is remembered: what an override states or denies is not asked again until the evidence changes.
    """
    overrides = project.overrides.claims
    sheets = {(sheet.type, sheet.id): sheet for sheet in project.sheets}
    taken = {claim.id for claim in overrides}
    texts = {article.id: article.text for article in project.articles}

    ask = lambda sheet: [*asked(sheet, texts, project.kinds, today)]  # noqa: E731
    asking = (sheet for sheet in project.sheets if sheet.type != "other" and asks(sheet))
    found = (again(f"asked of {it.type} {it.id}", ask, it) for it in asking)
    items = [item for item in chain.from_iterable(found) if _claim(item).id not in taken]
    for claim in overrides:
        sheet = sheets.get((claim.subject_type, claim.subject), Sheet("", "", "other"))
        against = _against(claim, sheet, project.kinds)
        if against and claim.evidence not in (None, digest(against)):
            items.append(_item("drifting", sheet, _fact(claim), against, project.kinds, claim))
    return sorted({item.id: item for item in items}.values(), key=_value)


def find(items: Iterable[Item], id: str) -> Item:
    """The item of this id; raises FactsheetsError where nothing of that id waits."""
    known = {item.id: item for item in items}
    if id not in known:
        raise FactsheetsError(f"nothing waits under the id {id!r}", did_you_mean(id, known) or "factsheets review")
    return known[id]


def accept(item: Item, kinds: Mapping[str, Kind], why: str, changed: Mapping[str, str] = {}) -> str:
    """The YAML that states an item, or what it should say: with `value` or fields changed, which denies what it said
    where the two would otherwise stand side by side.
    """
    if item.stands and item.stands.denies:
        return _entry(item.stands, why, item.sheet, kinds)
    value = changed.get("value", item.says.value or item.says.value_name)
    fields = {**item.says.fields, **{name: text for name, text in changed.items() if name != "value"}}
    kind = kinds[item.says.kind]
    identity = {*kind.identity, *(["value"] if kind.cardinality != "one" else [])}
    apart = kind.cardinality == "timeline" or bool(identity & changed.keys())
    denial = reject(item, kinds, why) if changed and apart else ""
    return denial + _entry(replace(_claim(item), value=value, value_name=value, fields=fields), why, item.sheet, kinds)


def reject(item: Item, kinds: Mapping[str, Kind], why: str) -> str:
    """The YAML that denies what the sources of an item say for it, each different saying once."""
    words = {f.name: f.values[0] for f in kinds[item.says.kind].others() if f.values}
    sayings: dict[str, str] = {}
    for claim in item.claims:
        if claim.override or (item.reason == "disputed" and _speaks_against(claim, item.says)):
            continue
        says = {**words, **claim.fields}
        denial = replace(_claim(item), value=claim.value, value_name=claim.value_name, fields=says, denies=True)
        sayings[denial.id] = _entry(denial, why, item.sheet, kinds)
    return "".join(sayings.values())


def _entry(decision: Claim, why: str, sheet: Sheet, kinds: Mapping[str, Kind]) -> str:
    """The YAML of a decision, with today's evidence."""
    value, evidence = decision.value or decision.value_name, digest(_against(decision, sheet, kinds))
    more = {"why": why, "source": decision.source, "evidence": evidence}
    return overridefile.entry(decision.kind, value, decision.fields, deny=decision.denies, **more)


def digest(claims: Iterable[Claim]) -> str:
    """Twelve hexadecimal digits of what sources say, in which words, wherever in an article these stand."""
    return hashlib.sha256(repr(sorted({*map(_trace, claims)})).encode()).hexdigest()[:12]


def _trace(claim: Claim) -> tuple[str, ...]:
    place = (source(claim), claim.quote.text) if claim.quote else (claim.ref or claim.override or "", "")
    return (claim.kind, claim.value or claim.value_name, repr(sorted(claim.fields.items())), *place)


def asked(sheet: Sheet, texts: Mapping[str, str], kinds: Mapping[str, Kind], today: date) -> Iterator[Item]:
    """What the facts of a sheet ask; an override's own are settled unless their sources still disagree."""
    due, counts = _due(sheet, kinds, today), [id(size) for size, _ in timeline.miscounted(sheet.facts)]
    for place, fact in enumerate(sheet.facts):
        if fact.kind not in kinds or (fact.decided_by == "override" and fact.verdict != "disputed"):
            continue
        lost = [c for c in fact.claims if (q := c.quote) and texts.get(q.article, "")[q.start : q.end] != q.text]
        if fact.verdict != "settled":
            yield _item("disputed" if fact.verdict == "disputed" else "unsure", sheet, fact, fact.claims, kinds)
        elif place in due:
            yield _item("overdue", sheet, replace(fact, fields=due[place]), fact.claims, kinds)
        elif id(fact) in counts:
            yield _item("miscounted", sheet, fact, fact.claims, kinds)
        elif lost:
            yield _item("orphaned", sheet, fact, lost, kinds)
        else:
            yield from _doubts(sheet, fact, kinds)


def _doubts(sheet: Sheet, fact: Fact, kinds: Mapping[str, Kind]) -> Iterator[Item]:
    """Claims below the threshold that say something else than the fact, by what they say."""
    doubted = [claim for claim in fact.claims if claim.confidence < PUBLISH_AT and _speaks_against(claim, fact)]
    for claims in group_by(doubted, lambda claim: (claim.value_name, *sorted(claim.fields.items()))).values():
        yield _item("unsure", sheet, _fact(claims[0]), claims, kinds)


def _due(sheet: Sheet, kinds: Mapping[str, Kind], today: date) -> dict[int, dict[str, str]]:
    """By place on the sheet: what was announced for a day that has passed, as it reads once confirmed."""
    found: dict[int, dict[str, str]] = {}
    for place, fact in enumerate(sheet.facts):
        confirmed = {"phase": "took-over"} if "phase" in fact.fields else {"status": "current"}
        passed = timeline.is_announced(fact) and dates.bounds(fact.get("since") or "../..").latest < today
        if passed and timeline.standing(fact, timeline.later(fact, sheet.facts, kinds), today) == "due":
            found[place] = {**fact.fields, **confirmed}
        for event in fact.events:
            if timeline.is_planned(event) and event.date and dates.bounds(event.date).latest < today:
                end = "until" if event.status == "former" else "since"
                kept = {name: text for name, text in fact.fields.items() if name not in (end, "until")}
                found[place] = {**kept, "status": event.status, end: event.date}
    return found


def _against(decision: Claim, sheet: Sheet, kinds: Mapping[str, Kind]) -> list[Claim]:
    """What sources say against a decision: all that a denial denies; of a correction, what contradicts it.

    A correction speaks of its value alone, but where there is one value at a time also against any other; of a
    presidency it speaks of the one term.
    """
    said, kind = source_claims([sheet]), kinds[decision.kind]
    if decision.denies:
        return [claim for claim in said if denies(decision, claim, kinds)]
    names = [name for name in kind.identity if name != "value"]
    alike = [c for c in said if c.kind == kind.name]
    alike = [c for c in alike if all(plain(c.get(n) or "") == plain(decision.get(n) or "") for n in names)]
    if kind.cardinality == "timeline":
        year = (decision.get("since") or "")[:4]
        alike = [claim for claim in alike if (claim.get("since") or year)[:4] == year]
    return [claim for claim in alike if _opposes(claim, decision, kind)]


def _opposes(claim: Claim, decision: Claim, kind: Kind) -> bool:
    same = plain(claim.value or claim.value_name) == plain(decision.value or decision.value_name)
    if same or kind.cardinality == "one":
        return _speaks_against(claim, decision)
    return kind.cardinality == "one-per-post" and claim.get("status") != "former" != decision.get("status")


def _speaks_against(claim: Claim, other: Claim | Fact) -> bool:
    pairs = [(claim.value or claim.value_name, other.value or other.value_name)]
    pairs += [(text, other.fields[name]) for name, text in claim.fields.items() if name in other.fields]
    return any(contradicts(one, two) and plain(one) != plain(two) for one, two in pairs)


def _item(
    reason: Reason, sheet: Sheet, says: Fact, claims: Iterable[Claim], kinds: Mapping[str, Kind], stands: Claim | None = None
) -> Item:
    """An item with the override to paste; of an override that stands, the same anew with today's evidence."""
    found = tuple(claims)
    place = f"{FOLDERS[sheet.type]}/{sheet.id}.yml"
    key = repr((reason, sheet.type, sheet.id, says.kind, stands and stands.id, digest(found)))
    short = hashlib.sha256(key.encode()).hexdigest()[:8]
    item = Item(short, reason, sheet, says, found, place, "", stands)
    return item._replace(override=accept(item, kinds, stands.why if stands else _DRAFT))


def _claim(item: Item) -> Claim:
    """The override that states an item."""
    says, sheet = item.says, item.sheet
    about = (says.kind, sheet.id, sheet.name, sheet.type)
    return Claim(*about, says.value, says.value_name, says.fields, override=item.place)


def _fact(claim: Claim) -> Fact:
    decided: DecidedBy = "override" if claim.override else "articles"
    return Fact(claim.kind, claim.value, claim.value_name, claim.fields, "disputed", decided, {}, (claim,))


def _value(item: Item) -> tuple[object, ...]:
    sources = independent(claim for claim in item.claims if claim.quote)
    said = max((dates.sort_key(claim.said)[0].toordinal() for claim in item.claims), default=0)
    sure = max((claim.confidence for claim in item.claims), default=0)
    return _ORDER.index(item.reason), -sources, -sure, -said, item.sheet.name, item.id
