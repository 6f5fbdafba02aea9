"""Claims → sheets: every rule of preference (those on a status are in `events`), each a short function whose docstring
is the rule.

The rules see claims in one canonical order, so that the order in which articles were read never matters.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

from generator import dates
from generator.events import latest, settle_events, source, two_sides
from generator.gazetteer import Gazetteer, fold
from generator.kinds import Kind
from generator.model import PUBLISH_AT, Claim, Event, Fact, Sheet
from generator.timeline import is_planned, started

Pairs = list[tuple[Claim, str]]

_SHARED_POSTS = {
    "adviser", "advisor", "aide", "ambassador", "assistant", "commissioner", "delegate", "deputy", "envoy", "judge",
    "lawmaker", "legislator", "member", "official", "representative", "senator", "spokesman", "spokesperson",
    "spokeswoman", "undersecretary", "vice",
}  # fmt: skip
_LONGEST_GUESS = timedelta(days=366)  # two undated sightings of one chair further apart may be two terms


def reconcile(claims: Iterable[Claim], kinds: Mapping[str, Kind], gazetteer: Gazetteer) -> list[Sheet]:
    """One sheet a subject, by type and id; overrides are claims among the others."""
    subjects: dict[tuple[str, str], dict[str, Claim]] = defaultdict(dict)
    for claim in sorted(claims, key=lambda c: (c.confidence, c.said or "", c.rule, c.subject_name)):
        if claim.kind in kinds:
            subjects[claim.subject_type, claim.subject][claim.id] = claim
    return [_sheet([found[key] for key in sorted(found)], kinds, gazetteer) for _, found in sorted(subjects.items())]


def source_claims(sheets: Iterable[Sheet]) -> list[Claim]:
    """What articles and references say in saved sheets: settling these with today's overrides is a fixed point."""
    found = [claim for sheet in sheets for fact in sheet.facts for claim in fact.claims]
    found += [claim for sheet in sheets for claim in sheet.denied]
    return [claim for claim in found if claim.override is None]


def idle_overrides(
    claims: Sequence[Claim], kinds: Mapping[str, Kind], gazetteer: Gazetteer
) -> Iterator[tuple[Claim, str]]:
    """Overrides that could go, and why: denials of what nobody says, corrections that the articles now agree with."""
    subjects: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        subjects[claim.subject_type, claim.subject].append(claim)
    for override in (claim for claim in claims if claim.override and claim.kind in kinds):
        others = [c for c in subjects[override.subject_type, override.subject] if c is not override]
        if override.denies:
            if not any(_denies(override, claim, kinds[claim.kind]) for claim in others):
                yield override, "this denial matches nothing that an article says"
        elif any(
            _says_as_much(fact, override) for sheet in reconcile(others, kinds, gazetteer) for fact in sheet.facts
        ):
            yield override, "the articles now say the same; this override is no longer needed"


def _sheet(claims: list[Claim], kinds: Mapping[str, Kind], gazetteer: Gazetteer) -> Sheet:
    first = claims[0]
    denied = _denied(claims, kinds)
    gone = {claim.id for claim in denied}
    kept = [claim for claim in claims if claim.id not in gone]
    facts = [
        fact
        for kind in kinds.values()
        for fact in _SETTLE[kind.cardinality]([claim for claim in kept if claim.kind == kind.name], kind)
    ]
    record = gazetteer.record(first.subject)
    name = record.name if record else min(claim.subject_name for claim in claims)
    return Sheet(first.subject, name, first.subject_type, tuple(facts), tuple(denied))


def _denied(claims: list[Claim], kinds: Mapping[str, Kind]) -> list[Claim]:
    """A denial takes away every claim of a source that matches all it names; it never takes away another override."""
    result: list[Claim] = []
    for denial in (claim for claim in claims if claim.denies):
        taken = [c for c in claims if c not in result and _denies(denial, c, kinds[c.kind])]
        result += [denial, *taken]
    return result


def _denies(denial: Claim, claim: Claim, kind: Kind) -> bool:
    if claim.override or claim.kind != denial.kind:
        return False
    if denial.value_name and not _same_value(denial, claim):
        return False
    return all(fold(_field(claim, name, kind) or "") == fold(wanted) for name, wanted in denial.fields.items())


def _same_value(one: Claim, other: Claim) -> bool:
    if one.value and other.value:
        return one.value == other.value or fold(one.value) == fold(other.value)
    return fold(one.value_name) == fold(other.value_name)


def _field(claim: Claim, name: str, kind: Kind) -> str | None:
    """What a claim says of a field; of its kind's words the usual one where it says nothing."""
    if (said := claim.fields.get(name)) is not None:
        return said
    values = kind.fields[name].values if name in kind.fields else ()
    return values[0] if values else None


def _says_as_much(fact: Fact, override: Claim) -> bool:
    if fact.kind != override.kind or fact.verdict != "settled" or fact.decided_by != "articles":
        return False
    return fact.value == override.value and all(fact.fields.get(k) == v for k, v in override.fields.items())


def _settle_one(claims: list[Claim], kind: Kind) -> Iterator[Fact]:
    """One value for each identity (each event of a founding)."""
    groups = _grouped(claims, lambda c: tuple(fold(_field(c, name, kind) or "") for name in kind.identity))
    for group in sorted(groups, key=lambda g: _word_order(g[0], kind)):
        voters = _voters(group)
        value, against = _choose([(c, c.value or c.value_name) for c in voters], kind)
        ranked = sorted(voters, key=lambda c: (not _backs(c, value), c.value != value, _rank(c, kind)))
        agreeing = [claim for claim in ranked if _backs(claim, value)]
        fields, conflicts = _merge(agreeing, kind)
        yield _fact(group, ranked, len(agreeing), kind, fields, against + conflicts)


def _settle_many(claims: list[Claim], kind: Kind) -> Iterator[Fact]:
    """One fact for each value; where the kind has a status, its timeline decides status and dates."""
    groups = _grouped(claims, lambda c: tuple(_identity(c, name, kind) for name in kind.identity))
    for group in sorted(groups, key=lambda g: (fold(g[0].value_name), g[0].value or "")):
        ranked = sorted(_voters(group), key=lambda c: _rank(c, kind))
        fields, conflicts = _merge(
            ranked, kind, without=("status", "since", "until") if "status" in kind.fields else ()
        )
        if "status" not in kind.fields:
            yield _fact(group, ranked, len(ranked), kind, fields, conflicts)
            continue
        events, doubts = settle_events(ranked, kind)
        fields = _ordered({**fields, **_from_events(events, ranked[0], kind)}, kind)
        ranked.sort(key=lambda c: (c.override is None, not _agrees(c, fields, kind)))
        agreeing = sum(claim.override is not None or _agrees(claim, fields, kind) for claim in ranked)
        fact = _fact(group, ranked, max(agreeing, 1), kind, fields, conflicts + doubts)
        yield replace(fact, events=tuple(events))


def _settle_posts(claims: list[Claim], kind: Kind) -> Iterator[Fact]:
    """One fact for each holder of each post; then the holders of a post that only one can have are set in order."""
    posts = [name for name in kind.identity if name != "value"]
    for group in _grouped(claims, lambda c: tuple(fold(c.fields.get(name, "")) for name in posts)):
        facts = []
        for holder in _holders(group):
            ranked = sorted(_voters(holder), key=lambda c: _rank(c, kind))
            fields, conflicts = _merge(ranked, kind)
            if "status" in kind.fields:
                fields["status"] = _office_status(fields, ranked, kind)
            fields = _ordered(fields, kind)
            full = max(ranked, key=lambda c: (c.override is not None, len(c.value_name.split())))
            fact = _fact(holder, ranked, len(ranked), kind, fields, conflicts)
            facts.append(replace(fact, value=full.value, value_name=full.value_name))
        words = set(" ".join(facts[0].fields.get(name, "") for name in posts).casefold().replace("-", " ").split())
        if not words & _SHARED_POSTS and words != {"minister"}:
            facts = _one_at_a_time(facts)
        yield from sorted(facts, key=lambda fact: (dates.sort_key(started(fact)), fold(fact.value_name)))


def _settle_timeline(claims: list[Claim], kind: Kind) -> Iterator[Fact]:
    """One fact for each term, the earliest first; two holders whose terms certainly overlap are disputed."""
    facts = []
    for group in _grouped(claims, lambda c: (c.value or fold(c.value_name),)):
        for term in _terms(group):
            ranked = sorted(_voters(term), key=lambda c: _rank(c, kind))
            fields, conflicts = _merge(ranked, kind)
            if "until" not in fields and "duration" in fields and "since" in fields and "/" not in fields["since"]:
                fields["until"] = dates.term_end(fields["since"], fields["duration"])
            facts.append(_fact(term, ranked, len(ranked), kind, _ordered(fields, kind), conflicts))
    facts.sort(key=lambda fact: (dates.sort_key(started(fact)), fold(fact.value_name)))
    yield from _dispute_overlaps(facts)


_SETTLE: Mapping[str, Callable[[list[Claim], Kind], Iterator[Fact]]] = {
    "one": _settle_one,
    "many": _settle_many,
    "one-per-post": _settle_posts,
    "timeline": _settle_timeline,
}


def _grouped(claims: list[Claim], key: Callable[[Claim], Hashable]) -> list[list[Claim]]:
    groups: dict[Hashable, list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[key(claim)].append(claim)
    return [groups[key] for key in sorted(groups, key=repr)]


def _identity(claim: Claim, name: str, kind: Kind) -> str:
    if name == "value":
        return claim.value or fold(claim.value_name)
    return fold(_field(claim, name, kind) or "")


def _word_order(claim: Claim, kind: Kind) -> list[int]:
    fields = (kind.fields[name] for name in kind.identity if name != "value")
    return [f.values.index(v) if (v := _field(claim, f.name, kind)) in f.values else len(f.values) for f in fields]


def _voters(claims: list[Claim]) -> list[Claim]:
    """Claims below the publishing threshold have no say unless there are no others."""
    return [claim for claim in claims if claim.confidence >= PUBLISH_AT] or claims


def _rank(claim: Claim, kind: Kind) -> tuple[object, ...]:
    """Overrides first; of what changes the newest, of what does not the surest; then the surest, then by id."""
    said = -dates.bounds(claim.said).latest.toordinal() if claim.said else 0
    return (claim.override is None, said if kind.changes else 0, -claim.confidence, claim.id)


def _is_date(text: str | None) -> bool:
    try:
        return bool(text and dates.bounds(text))
    except ValueError:
        return False


def _vaguer(one: str, other: str) -> bool:
    """A vaguer date backs the more exact one: `1949` is a vote for `1949-04-04`, not against it."""
    return one != other and _is_date(one) and _is_date(other) and dates.backs(one, other)


def _compatible(one: str, other: str) -> bool:
    return _is_date(one) and _is_date(other) and dates.overlaps(one, other)


def _backs(claim: Claim, value: str) -> bool:
    own = claim.value or claim.value_name
    return own == value or _vaguer(own, value)


def _choose(said: Pairs, kind: Kind) -> tuple[str, list[str]]:
    """An override's value; else of the most exact values the newest (of what changes) or that of most sources.

    Also returned: what contradicts it. Of what changes, older sources are no contradiction.
    """
    if override := next((value for claim, value in said if claim.override), None):
        return override, []
    values = {value for _, value in said}
    exact = [value for value in values if not any(_vaguer(value, other) for other in values)]
    votes = {value: [claim for claim, own in said if own == value or _vaguer(own, value)] for value in exact}

    def newest(value: str) -> tuple[date, date]:
        return max(dates.sort_key(claim.said) for claim in votes[value])

    def weight(value: str) -> tuple[object, ...]:
        sources = len({source(claim) for claim in votes[value]})
        sure = max(claim.confidence for claim in votes[value])
        return (newest(value) if kind.changes else (), sources, sure, newest(value), value)

    best = max(exact, key=weight)
    against = [value for value in exact if value != best and not _compatible(value, best)]
    if kind.changes:
        against = [value for value in against if newest(value) >= newest(best)]
    return best, [two_sides("", {value: votes[value] for value in sorted([best, *against])})] if against else []


def _merge(ranked: list[Claim], kind: Kind, without: Sequence[str] = ()) -> tuple[dict[str, str], list[str]]:
    """A field is what the first claim in rank says of it, made more exact by others that it backs.

    Dates that cannot both be true, and different countries or bodies in one field, are a disagreement; an override
    ends it for the fields that it names.
    """
    fields: dict[str, str] = {}
    conflicts: list[str] = []
    for field in (field for field in kind.others() if field.name not in without):
        said = [(claim, claim.fields[field.name]) for claim in ranked if field.name in claim.fields]
        if not said:
            continue
        best = said[0][1]
        if field.type == "date" and said[0][0].override is None:
            finer = sorted({value for _, value in said if _vaguer(best, value)}, key=dates.sort_key)
            best = next((v for v in finer if not any(_vaguer(v, other) for other in finer)), best)
        fields[field.name] = best
        against = [(claim, value) for claim, value in said if _contradicts(value, best, field.type)]
        if against and said[0][0].override is None:
            sides: dict[str, list[Claim]] = defaultdict(list)
            for claim, value in said:
                if value == best or (claim, value) in against:
                    sides[value].append(claim)
            conflicts.append(two_sides(f"{field.label}: ", sides))
    return fields, conflicts


def _contradicts(one: str, other: str, type_: str) -> bool:
    if type_ == "date":
        return not dates.overlaps(one, other)
    return type_ in ("country", "organisation", "party") and one != other


def _from_events(events: list[Event], first: Claim, kind: Kind) -> dict[str, str]:
    """Status and dates as of the latest source: the last event it knew of, not the one it announced."""
    happened = [event for event in events if not is_planned(event)] or events[:1]
    planned = [event for event in events if is_planned(event)]
    now = happened[-1]
    since, until = now.date, next((e.date for e in planned if e.status == "former"), None)
    if now.status == "former":
        since, until = next((e.date for e in reversed(happened) if e.status != "former"), None), now.date
    elif now.status == "candidate":
        since = next((e.date for e in planned if e.status != "former"), since)
    named = first.fields if first.override else {}
    found = {"status": now.status, "since": since, "until": until, **named}
    return {name: text for name, text in found.items() if text and name in kind.fields}


def _agrees(claim: Claim, fields: Mapping[str, str], kind: Kind) -> bool:
    return _field(claim, "status", kind) == fields.get("status")


def _holders(claims: list[Claim]) -> list[list[Claim]]:
    """Claims by person; a bare surname is the only person of that name who is known to hold the post."""
    people = _grouped(claims, lambda c: fold(c.value_name))
    result = {fold(group[0].value_name): group for group in people}
    for name in [name for name in result if " " not in name]:
        full = [other for other in result if other != name and other.split()[-1] == name]
        if len(full) == 1:
            result[full[0]] = result[full[0]] + result.pop(name)
    return [sorted(group, key=lambda c: (-len(c.value_name.split()), c.id)) for group in result.values()]


def _office_status(fields: Mapping[str, str], ranked: list[Claim], kind: Kind) -> str:
    """An office whose end had come when last spoken of is a former one."""
    said = [claim.said for claim in ranked if claim.said]
    until = fields.get("until")
    if until and said and dates.bounds(until).latest < max(dates.bounds(s).latest for s in said):
        return "former"
    return fields.get("status") or ("former" if until and ranked[0].override else kind.fields["status"].values[0])


def _one_at_a_time(facts: list[Fact]) -> list[Fact]:
    """A later holder of a post that only one can have makes the earlier a former one; two at one time are disputed."""
    result = list(facts)
    now = [fact.fields.get("status") in ("current", None) and fact.verdict != "needs-review" for fact in facts]
    sitting = [place for place, holds in enumerate(now) if holds]
    for a, b in combinations(sitting, 2):
        one, other = (a, b) if _first_seen(facts[a]) <= _first_seen(facts[b]) else (b, a)
        if _named_for_good(facts[one]) or _named_for_good(facts[other]):
            winner = one if _named_for_good(facts[one]) else other
            loser = other if winner == one else one
            result[loser] = _former(result[loser], facts[winner])
        elif _last_seen(facts[one]) < _first_seen(facts[other]):
            result[one] = _former(result[one], facts[other])
        else:
            for n, rival in ((one, other), (other, one)):
                reason = f"{result[n].reason} At the same time {facts[rival].value_name} is named for the same post."
                result[n] = replace(result[n], verdict="disputed", reason=reason)
    return result


def _named_for_good(fact: Fact) -> bool:
    """An override that says `status: current`, or gives no date at all, settles who holds the post now."""
    first = fact.claims[0]
    dated = first.fields.keys() & {"since", "until"}
    return first.override is not None and (first.fields.get("status") == "current" or not dated)


def _former(fact: Fact, successor: Fact) -> Fact:
    since = started(successor)
    when = f" since {successor.get('since')}" if successor.get("since") else f" in {since}" if since else ""
    reason = f"{fact.reason} Former, because {successor.value_name} is named for the post{when}."
    return replace(fact, fields={**fact.fields, "status": "former"}, reason=reason)


def _first_seen(fact: Fact) -> date:
    start = started(fact)
    return dates.bounds(start).earliest if start else date.min


def _last_seen(fact: Fact) -> date:
    """The end where one is given, else the latest source that named the holder; the last of days if undated."""
    end = fact.get("until") or fact.confirmed or fact.get("since")
    return dates.bounds(end).latest if end else date.max


def _terms(claims: list[Claim]) -> Iterator[list[Claim]]:
    """Claims of one holder that can be one term: no dates speak against it, and no more than a year lies between."""
    anchored = [claim for claim in claims if claim.fields.get("since") or claim.said]
    floating = [claim for claim in claims if not (claim.fields.get("since") or claim.said)]
    terms: list[list[Claim]] = []
    for claim in sorted(anchored, key=lambda c: (dates.sort_key(_anchor(c)), c.id)):
        if terms and all(_one_term(other, claim) for other in terms[-1]):
            terms[-1].append(claim)
        else:
            terms.append([claim])
    if floating and len(terms) == 1 and all(_one_term(a, b) for a in floating for b in terms[0]):
        return iter([terms[0] + floating])
    return iter([*terms, floating] if floating else terms)


def _anchor(claim: Claim) -> str | None:
    return claim.fields.get("since") or claim.said


def _one_term(one: Claim, other: Claim) -> bool:
    for name in ("since", "until"):
        a, b = one.fields.get(name), other.fields.get(name)
        if a and b and not dates.overlaps(a, b):
            return False
    first, second = _anchor(one), _anchor(other)
    if not first or not second:
        return True
    end = one.fields.get("until") or first
    gap = dates.bounds(second).earliest - dates.bounds(end).latest
    return gap <= (timedelta(0) if "until" in one.fields else _LONGEST_GUESS)


def _dispute_overlaps(facts: list[Fact]) -> list[Fact]:
    result = list(facts)
    for a, b in combinations(range(len(facts)), 2):
        one, other = facts[a], facts[b]
        if one.value == other.value or "override" in (one.decided_by, other.decided_by):
            continue
        spans = [_term_span(one), _term_span(other)]
        if all(spans) and max(s[0] for s in spans if s) < min(s[1] for s in spans if s):
            for n, rival in ((a, other), (b, one)):
                reason = f"{result[n].reason} At the same time {rival.value_name} is said to preside."
                result[n] = replace(result[n], verdict="disputed", reason=reason)
    return result


def _term_span(term: Fact) -> tuple[date, date] | None:
    """The days that certainly belong to a term: from its start to its end or to the last source that saw it run."""
    seen = [claim.said for claim in term.claims if claim.said and claim.fields.get("phase") in ("holds", "took-over")]
    start, end = started(term), term.get("until") or (max(seen, key=dates.sort_key) if seen else None)
    return (dates.bounds(start).latest, dates.bounds(end).earliest) if start and end else None


def _ordered(fields: Mapping[str, str], kind: Kind) -> dict[str, str]:
    return {field.name: fields[field.name] for field in kind.others() if field.name in fields}


def _fact(
    group: list[Claim], ranked: list[Claim], agreeing: int, kind: Kind, fields: Mapping[str, str], against: list[str]
) -> Fact:
    """The decision: `ranked` had a say, the first `agreeing` of them for it; `against` says what contradicts it."""
    winner, voted = ranked[0], {claim.id for claim in ranked}
    weak = winner.confidence < PUBLISH_AT
    rest = sorted((c for c in group if c.id not in voted), key=lambda c: _rank(c, kind))
    decided = "override" if winner.override else "reference" if all(c.ref for c in ranked[:agreeing]) else "articles"
    return Fact(
        kind=kind.name,
        value=winner.value,
        value_name=winner.value_name,
        fields=fields,
        verdict="needs-review" if weak else "disputed" if against else "settled",
        decided_by=decided,  # type: ignore[arg-type]
        reason=_reason(ranked[:agreeing], ranked[agreeing:], against),
        claims=(*ranked, *rest),
        confirmed=latest(*(claim.said for claim in ranked[:agreeing])),
    )


def _reason(agreeing: list[Claim], others: list[Claim], against: list[str]) -> str:
    """Why this value, in sentences that a reader can check against the claims below it."""
    winner, sources = agreeing[0], {source(claim) for claim in agreeing if not claim.override}
    last = latest(*(claim.said for claim in agreeing))
    newest = min((source(c) for c in agreeing if c.said == last and not c.override), default="")
    when = f", of {last}" if last else ""
    if winner.override:
        said = f"An override in {winner.override} decides: {winner.why}"
        said += f" {_count(len(sources))} the same." if sources else ""
    elif len(sources) == 1:
        said = f"1 source says so: {newest or min(sources)}{when}."
    else:
        said = f"{len(sources)} sources agree; the latest is {newest or max(sources)}{when}."
    vague = {source(claim) for claim in agreeing if claim.value != winner.value and claim.value}
    if vague and _is_date(winner.value):
        said += f" {_count(len(vague))} it less exactly."
    if winner.derivation:
        said += f" Derived: {winner.derivation.says}."
    if winner.confidence < PUBLISH_AT:
        surest = max(claim.confidence for claim in agreeing)
        said += f" Waits for review: the surest claim has confidence {surest:.2f}, below {PUBLISH_AT}."
    if against:
        return f"{said} Sources disagree: {'; '.join(against)}."
    different = {source(claim) for claim in others} - {""}
    return f"{said} {_count(len(different))} otherwise." if different else said


def _count(number: int) -> str:
    return f"{number} source{'' if number == 1 else 's'} say{'s' if number == 1 else ''}"
