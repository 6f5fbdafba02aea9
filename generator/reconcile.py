"""Claims → sheets: every rule of preference (those on a status are in `events`), each a short function whose docstring
is the rule.

The rules see claims in one canonical order, so that the order in which articles were read never matters.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain, combinations
from pathlib import Path
from typing import Any, TypeAlias

from generator import dates, strict_yaml
from generator.events import latest, settle_events, with_history
from generator.gazetteer import Gazetteer, fold
from generator.kinds import Kind
from generator.model import PUBLISH_AT, Claim, DecidedBy, Event, Fact, Sheet, SubjectType, Verdict
from generator.reprints import independent, repeats
from generator.timeline import is_planned, miscounted, started, when

_WORDS = strict_yaml.read(Path(__file__).with_suffix(".yml"))[0]
REASONS: Mapping[str, str] = _WORDS["reasons"]
"""What `Fact.reason` may hold, in few words: numbers of sources, names of fields, names of other holders, `chosen`."""

_Span: TypeAlias = tuple[str | None, str | None, str | None]

_DISPUTED = ("date", "country", "organisation", "party")  # fields in which sources can contradict each other
_LONGEST_GUESS = timedelta(days=366)  # two undated sightings of one chair further apart may be two terms


def reconcile(claims: Iterable[Claim], kinds: Mapping[str, Kind], gazetteer: Gazetteer) -> list[Sheet]:
    """One sheet a subject, by type and id; overrides are claims among the others."""
    subjects = group_by((claim for claim in claims if claim.kind in kinds), _place)
    return [_sheet([*_by_id(subjects[place]).values()], kinds, gazetteer) for place in sorted(subjects)]


def group_by(claims: Iterable[Claim], key: Callable[[Claim], Hashable]) -> dict[Any, list[Claim]]:
    """In the order in which they come."""
    groups: dict[Any, list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[key(claim)].append(claim)
    return groups


def _place(claim: Claim) -> tuple[SubjectType, str]:
    return claim.subject_type, claim.subject


def _by_id(claims: Iterable[Claim]) -> dict[str, Claim]:
    """In the one order in which the rules see them, each once."""
    ordered = sorted(claims, key=lambda c: (c.confidence, c.said or "", c.rule, c.subject_name))
    return dict(sorted({claim.id: claim for claim in ordered}.items()))


def source_claims(sheets: Iterable[Sheet]) -> list[Claim]:
    """What articles say in saved sheets: settling it with overrides and references as they are is a fixed point."""
    return [c for sheet in sheets for c in chain(*(fact.claims for fact in sheet.facts), sheet.denied) if c.quote]


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Names, posts and other words as they are compared: no case, accents, hyphens, in one spelling."""
    return " ".join(_WORDS["spellings"].get(word, word) for word in fold(text).split())


def idle_overrides(claims: Sequence[Claim], kinds: Mapping[str, Kind], gazetteer: Gazetteer) -> Iterator[tuple[Claim, str]]:
    """Overrides that could go, and why: denials of what nobody says, corrections that the articles now agree with."""
    homes = group_by(claims, _place)
    for override in (claim for claim in claims if claim.override and claim.kind in kinds):
        others = [claim for claim in homes[_place(override)] if claim is not override]
        if override.denies:
            if not any(denies(override, claim, kinds) for claim in others):
                yield override, "this denial matches nothing that an article says"
        elif any(_says_as_much(sheet, override) for sheet in reconcile(others, kinds, gazetteer)):
            yield override, "the articles now say the same; this override is no longer needed"


def _sheet(claims: list[Claim], kinds: Mapping[str, Kind], gazetteer: Gazetteer) -> Sheet:
    first, denied = claims[0], _denied(claims, kinds)
    gone = {claim.id for claim in denied}
    again = repeats(claim for claim in claims if claim.id not in gone)
    gone |= {claim.id for some in again.values() for claim in some}
    kept = [claim for claim in claims if claim.id not in gone]
    facts = [
        replace(fact, claims=(*fact.claims, *(c for one in fact.claims for c in again.get(one.id, ())))) if again else fact
        for kind in kinds.values()
        for fact in _SETTLE[kind.cardinality]([claim for claim in kept if claim.kind == kind.name], kind)
    ]
    record = gazetteer.record(first.subject)
    name = record.name if record else min(claim.subject_name for claim in claims)
    return Sheet(first.subject, name, first.subject_type, tuple(facts), tuple(denied))


def _denied(claims: list[Claim], kinds: Mapping[str, Kind]) -> list[Claim]:
    """A denial takes away every claim of a source that matches all it names; it never takes away another override."""
    result: dict[str, Claim] = {}
    for denial in (claim for claim in claims if claim.denies):
        result |= {claim.id: claim for claim in (denial, *claims) if claim is denial or denies(denial, claim, kinds)}
    return [*result.values()]


def denies(denial: Claim, claim: Claim, kinds: Mapping[str, Kind]) -> bool:
    """Does the denial take this claim away? It matches all that the denial names."""
    if claim.override or claim.kind != denial.kind or (denial.value_name and not _same_value(denial, claim)):
        return False
    return all(_identity(claim, name, kinds[claim.kind]) == plain(wanted) for name, wanted in denial.fields.items())


def _same_value(one: Claim, other: Claim | Fact) -> bool:
    if one.value and other.value:
        return plain(one.value) == plain(other.value)
    return plain(one.value_name) == plain(other.value_name)


def _field(claim: Claim, name: str, kind: Kind) -> str | None:
    """What a claim says of a field; of its kind's words the usual one where it says nothing."""
    values = kind.fields[name].values if name in kind.fields else ()
    return claim.fields.get(name, values[0] if values else None)


def _says_as_much(sheet: Sheet, override: Claim) -> bool:
    """Do articles settle all that an override says? Not a count of members that their list leaves open."""
    facts = [fact for fact in sheet.facts if fact.kind == override.kind and _same_value(override, fact)]
    facts = [fact for fact in facts if fact.verdict == "settled" and fact.decided_by == "articles"]
    asked = [fact for fact, _ in miscounted(sheet.facts)]
    fields = override.fields.items()
    return any(fact not in asked and all(plain(fact.get(n) or "") == plain(said) for n, said in fields) for fact in facts)


def _settle_one(claims: list[Claim], kind: Kind) -> Iterator[Fact]:
    """One value for each identity (each event of a founding)."""
    for group in sorted(_grouped(claims, kind), key=lambda g: _word_order(g[0], kind)):
        voters = _voters(group, kind)
        value, doubts, why = _choose(voters, kind)
        agreeing = sorted((c for c in voters if _backs(c, value)), key=lambda c: _value(c) != value)
        against = [claim for claim in voters if not _backs(claim, value)]
        fields, disputed = _merge(agreeing, kind)
        fact = _fact(group, kind, fields, doubts + disputed, agreeing, against)
        yield replace(fact, reason={**fact.reason, "chosen": why}) if doubts else fact


def _settle_many(claims: list[Claim], kind: Kind) -> Iterator[Fact]:
    """One fact for each value; where the kind has a status, its timeline decides status and dates."""
    for group in sorted(_grouped(claims, kind), key=lambda g: (plain(g[0].value_name), g[0].value or "")):
        ranked = _voters(group, kind)
        if "status" not in kind.fields:
            yield _fact(group, kind, *_merge(ranked, kind), ranked)
            continue
        fields, disputed = _merge(ranked, kind, without=("status", "since", "until"))
        events, doubts = settle_events(ranked, kind)
        fields |= _from_events(events, ranked[0], kind)
        sides = {c.id: 0 if c.override or _field(c, "status", kind) == fields.get("status") else 1 for c in ranked}
        if "status" not in doubts:
            sides |= {c.id: 2 for c in ranked if sides[c.id] and _of_earlier(c, events, kind)}
        agreeing, against, earlier = ([c for c in ranked if sides[c.id] == n] for n in range(3))
        agreeing = agreeing or [(against or earlier).pop(0)]
        fact = _fact(group, kind, fields, disputed + doubts, agreeing, against, earlier)
        yield replace(fact, events=tuple(with_history([] if agreeing[0].lapsed else events, group, kind)))


def _settle_posts(claims: list[Claim], kind: Kind) -> Iterator[Fact]:
    """One fact for each holder of each post; then the holders of a post that only one can have are set in order."""
    posts = [name for name in kind.identity if name != "value"]
    for group in _grouped(claims, kind, posts):
        facts = []
        for holder in _holders(group):
            ranked = _voters(holder, kind)
            fields, disputed = _merge(ranked, kind)
            if "status" in kind.fields:
                fields["status"] = _office_status(fields, ranked, kind)
            full = max(ranked, key=lambda c: (c.override is not None, len(c.value_name.split())))
            fact = _fact(holder, kind, fields, disputed, ranked)
            facts.append(replace(fact, value=full.value, value_name=full.value_name))
        words = {word for name in posts for word in plain(facts[0].fields.get(name, "")).split()}
        if words.isdisjoint(_WORDS["shared_posts"]) and words != {"minister"}:
            _one_at_a_time(facts)
        yield from sorted(facts, key=_by_start)


def _settle_timeline(claims: list[Claim], kind: Kind) -> Iterator[Fact]:
    """One fact for each term, the earliest first; two holders whose terms certainly overlap are disputed."""
    facts = []
    for group in _grouped(claims, kind, ["value"]):
        for term in _terms(group):
            ranked = _voters(term, kind)
            fields, disputed = _merge(ranked, kind)
            facts.append(_fact(term, kind, fields, disputed, ranked))
    facts.sort(key=_by_start)
    _dispute_overlaps(facts)
    yield from facts


def _by_start(fact: Fact) -> tuple[object, ...]:
    return dates.sort_key(started(fact)), plain(fact.value_name)


_SETTLE = {"one": _settle_one, "many": _settle_many, "one-per-post": _settle_posts, "timeline": _settle_timeline}


def _grouped(claims: list[Claim], kind: Kind, names: Sequence[str] | None = None) -> list[list[Claim]]:
    """Claims about one fact: those that agree in the kind's identity, or in these fields."""
    groups = group_by(claims, lambda claim: tuple(_identity(claim, name, kind) for name in names or kind.identity))
    return [groups[key] for key in sorted(groups, key=repr)]


def _identity(claim: Claim, name: str, kind: Kind) -> str:
    if name == "value":
        return claim.value or plain(claim.value_name)
    return plain(_field(claim, name, kind) or "")


def _word_order(claim: Claim, kind: Kind) -> list[int]:
    fields = (kind.fields[name] for name in kind.identity if name != "value")
    return [f.values.index(v) if (v := _field(claim, f.name, kind)) in f.values else len(f.values) for f in fields]


def _voters(claims: list[Claim], kind: Kind) -> list[Claim]:
    """By rank, those that have a say: rows that a table dropped since, and claims below the publishing threshold, have none
    unless there are no others.
    """
    ranked = sorted(claims, key=lambda claim: _rank(claim, kind))
    ranked = [claim for claim in ranked if not claim.lapsed] or ranked
    return [claim for claim in ranked if claim.confidence >= PUBLISH_AT] or ranked


def _rank(claim: Claim, kind: Kind) -> tuple[object, ...]:
    """Overrides first, references last; of what changes the newest, then the surest, then by id."""
    said = -dates.bounds(claim.said).latest.toordinal() if claim.said else 0
    return (claim.override is None, claim.ref is not None, said if kind.changes else 0, -claim.confidence, claim.id)


def _vaguer(one: str, other: str) -> bool:
    """A vaguer date backs the more exact one: `1949` is a vote for `1949-04-04`, not against it."""
    return one != other and dates.is_date(one) and dates.is_date(other) and dates.backs(one, other)


def _most_exact(values: Collection[str]) -> list[str]:
    return [value for value in values if not any(_vaguer(value, other) for other in values)]


def _value(claim: Claim) -> str:
    return claim.value or claim.value_name


def _backs(claim: Claim, value: str) -> bool:
    return _value(claim) == value or _vaguer(_value(claim), value)


def _choose(voters: list[Claim], kind: Kind) -> tuple[str, list[str], str]:
    """An override's value; else of the most exact values the newest (of what changes) or that of most sources, articles
    first.

    Also returned: whether that is disputed, and then what put it first. Of what changes, older sources are no
    contradiction.
    """
    if voters[0].override:
        return _value(voters[0]), [], ""
    exact = _most_exact({_value(claim) for claim in voters})
    votes = {value: [claim for claim in voters if _backs(claim, value)] for value in exact}
    newest = {value: max(dates.sort_key(claim.said) for claim in votes[value]) for value in exact}

    def weight(value: str) -> tuple[object, ...]:
        sources = independent(votes[value])
        sure = max(claim.confidence for claim in votes[value])
        read = any(claim.quote for claim in votes[value])
        return (newest[value] if kind.changes else (), read, sources, sure, newest[value], value)

    best, *others = sorted(exact, key=weight, reverse=True)
    rivals = [value for value in others if not kind.changes or newest[value] >= newest[best]]
    against = next((value for value in rivals if contradicts(value, best)), None)
    why = (
        next(word for word, a, b in zip(_WORDS["chosen"], weight(best), weight(against), strict=True) if a != b)
        if against
        else ""
    )
    return best, ["value"] if against else [], why


def contradicts(one: str, other: str) -> bool:
    """Can the two not both be true? Dates that overlap can."""
    return one != other and not (dates.is_date(one) and dates.is_date(other) and dates.overlaps(one, other))


def _merge(ranked: list[Claim], kind: Kind, without: Sequence[str] = ()) -> tuple[dict[str, str], list[str]]:
    """A field is what the first claim in rank says of it, made more exact by others that it backs.

    Dates that cannot both be true, and different countries or bodies in one field, are a disagreement; an override
    ends it for the fields that it names.
    """
    fields: dict[str, str] = {}
    disputed: list[str] = []
    for field in (field for field in kind.others() if field.name not in without):
        if not (said := [claim for claim in ranked if field.name in claim.fields]):
            continue
        values = [claim.fields[field.name] for claim in said]
        best, by_hand = values[0], said[0].override is not None
        if field.type == "date" and not by_hand:
            finer = _most_exact([value for value in values if _vaguer(best, value)])
            best = min(finer, key=dates.sort_key, default=best)
        fields[field.name] = best
        if field.type in _DISPUTED and not by_hand and any(contradicts(value, best) for value in values):
            disputed.append(field.name)
    return fields, disputed


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
    found = {"status": now.status, "since": since, "until": until, **(first.fields if first.override else {})}
    return {name: text for name, text in found.items() if text and name in kind.fields}


def _of_earlier(claim: Claim, events: Sequence[Event], kind: Kind) -> bool:
    """An older source of a status that another has followed since tells history and contradicts nothing."""
    *before, now = [event for event in events if not is_planned(event)] or events[:1]
    known = any(event.status == _field(claim, "status", kind) for event in before)
    return known and bool(claim.said) and dates.precedes(claim.said or "", when(now))


def _holders(claims: list[Claim]) -> list[list[Claim]]:
    """Claims by person; a bare surname is the only person of that name who is known to hold the post."""
    people = group_by(claims, lambda claim: plain(claim.value_name))
    for name in [name for name in people if " " not in name]:
        full = [other for other in people if other != name and other.split()[-1] == name]
        if len(full) == 1:
            people[full[0]] += people.pop(name)
    return [people[name] for name in sorted(people)]


def _office_status(fields: Mapping[str, str], ranked: list[Claim], kind: Kind) -> str:
    """An office whose end had come when last spoken of is a former one, unless an override names its status."""
    if ranked[0].override and "status" in ranked[0].fields:
        return ranked[0].fields["status"]
    said = [claim.said for claim in ranked if claim.said]
    until = fields.get("until")
    if until and said and dates.bounds(until).latest < max(dates.bounds(s).latest for s in said):
        return "former"
    return fields.get("status") or ("former" if until and ranked[0].override else kind.fields["status"].values[0])


def _one_at_a_time(facts: list[Fact]) -> None:
    """A later holder of a post that only one can have makes the earlier a former one; two at one time are disputed."""
    now = [n for n, fact in enumerate(facts) if fact.get("status") in ("current", None) and fact.verdict != "needs-review"]
    for a, b in combinations(now, 2):
        one, other = (a, b) if _first_seen(facts[a]) <= _first_seen(facts[b]) else (b, a)
        if _named_for_good(facts[one]):
            facts[other] = _former(facts[other], facts[one])
        elif _named_for_good(facts[other]) or _last_seen(facts[one]) < _first_seen(facts[other]):
            facts[one] = _former(facts[one], facts[other])
        else:
            _dispute(facts, one, other)


def _dispute(facts: list[Fact], one: int, other: int) -> None:
    for place, rival in ((one, facts[other]), (other, facts[one])):
        rivals = ", ".join(filter(None, [facts[place].reason.get("rival"), rival.value_name]))
        facts[place] = replace(facts[place], verdict="disputed", reason={**facts[place].reason, "rival": rivals})


def _named_for_good(fact: Fact) -> bool:
    """An override that says `status: current`, or gives no date at all, settles who holds the post now."""
    first = fact.claims[0]
    dated = first.fields.keys() & {"since", "until"}
    return first.override is not None and (first.fields.get("status") == "current" or not dated)


def _former(fact: Fact, later: Fact) -> Fact:
    return replace(fact, fields={**fact.fields, "status": "former"}, reason={**fact.reason, "successor": later.value_name})


def _first_seen(fact: Fact) -> date:
    return dates.sort_key(started(fact))[0]


def _last_seen(fact: Fact) -> date:
    """The end where one is given, else the latest source that named the holder; the last of days if undated."""
    return dates.bounds(fact.get("until") or fact.confirmed or fact.get("since") or "../..").latest


def _terms(claims: list[Claim]) -> list[list[Claim]]:
    """Claims of one holder that can be one term: no dates speak against it, and no more than a year lies between."""
    floating = [claim for claim in claims if not _anchor(claim)]
    anchored = sorted(filter(_anchor, claims), key=lambda c: (dates.sort_key(_anchor(c)), c.id))
    terms: list[dict[_Span, list[Claim]]] = []
    for span, alike in group_by(anchored, _span).items():
        if not terms or not all(_one_term(other, span) for other in terms[-1]):
            terms.append({})
        terms[-1][span] = alike
    found = [[*chain.from_iterable(term.values())] for term in terms]
    if len(terms) == 1 and all(_one_term(_span(claim), span) for claim in floating for span in terms[0]):
        return [found[0] + floating]
    return [*found, floating] if floating else found


def _span(claim: Claim) -> _Span:
    """When it began, when it ended or ends, and the day that places it among others."""
    return claim.fields.get("since"), claim.fields.get("until"), _anchor(claim)


def _anchor(claim: Claim) -> str | None:
    end = claim.fields.get("until") if claim.fields.get("phase") == "hands-over" else None
    return claim.fields.get("since") or end or claim.said


def _one_term(one: _Span, other: _Span) -> bool:
    if any(a and b and not dates.overlaps(a, b) for a, b in zip(one[:2], other[:2], strict=True)):
        return False
    (_, until, first), (_, _, second) = one, other
    if not first or not second:
        return True
    gap = dates.bounds(second).earliest - dates.bounds(until or first).latest
    return gap <= (_LONGEST_GUESS if until is None else timedelta(0))


def _dispute_overlaps(facts: list[Fact]) -> None:
    sure = [(n, fact, span) for n, fact in enumerate(facts) if fact.decided_by != "override" and (span := _term_span(fact))]
    for (a, one, first), (b, other, second) in combinations(sure, 2):
        if one.value != other.value and max(first[0], second[0]) < min(first[1], second[1]):
            _dispute(facts, a, b)


def _term_span(term: Fact) -> tuple[date, date] | None:
    """The days that certainly belong to a term: from its start to its end or to the last source that saw it run."""
    seen = latest(*(claim.said for claim in term.claims if claim.fields.get("phase") in ("holds", "took-over")))
    start, end = started(term), term.get("until") or seen
    return (dates.bounds(start).latest, dates.bounds(end).earliest) if start and end else None


def _fact(
    group: list[Claim], kind: Kind, fields: Mapping[str, str], disputed: list[str],
    agreeing: Sequence[Claim], against: Sequence[Claim] = (), earlier: Sequence[Claim] = (),
) -> Fact:  # fmt: skip
    """The decision: of the group, those that had a say for it, against it, and on an earlier time."""
    if "until" not in fields and "duration" in fields and "/" not in (since := fields.get("since", "/")):
        fields = {**fields, "until": dates.term_end(since, fields["duration"])}
    winner, ranked = agreeing[0], {claim.id: claim for claim in (*agreeing, *against, *earlier)}
    rest = sorted((claim for claim in group if claim.id not in ranked), key=lambda c: _rank(c, kind))
    decided: DecidedBy = "override" if winner.override else "reference" if all(c.ref for c in agreeing) else "articles"
    said = latest(*(claim.said for claim in agreeing))
    vaguer = [claim for claim in agreeing if claim.value != winner.value and dates.is_date(winner.value)]
    # how many sources, in figures; which rows of tables what was said since has overtaken, of what changes
    counted = {"sources": agreeing, "vaguer": vaguer, "otherwise": against, "earlier": earlier}
    reason = {word: str(independent(c for c in some if not c.override) or "") for word, some in counted.items()}
    overtaken = [c.ref for c in (*against, *earlier) if c.ref and dates.sort_key(c.said) < dates.sort_key(said)]
    reason["disputed"] = ", ".join(dict.fromkeys(disputed))
    reason["departs"] = ", ".join(overtaken if kind.changes and decided != "reference" else ())
    verdict: Verdict = "needs-review" if winner.confidence < PUBLISH_AT else "disputed" if disputed else "settled"
    says = (winner.value, winner.value_name, {f.name: fields[f.name] for f in kind.others() if f.name in fields})
    why = {word: text for word, text in reason.items() if text}
    return Fact(kind.name, *says, verdict, decided, why, (*ranked.values(), *rest), confirmed=said)
