"""Matches → claims: one a subject, value and post within an article, with the status as of publication."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from generator import dates
from generator.extract import roles
from generator.extract.confidence import confidence
from generator.extract.leaders import body_of
from generator.extract.persons import People, canonical_post
from generator.extract.reading import Reading
from generator.extract.rules import Match
from generator.extract.units import Unit
from generator.extract.words import words
from generator.gazetteer import slug
from generator.model import Claim, Derivation, Quote, SubjectType

_STATUS_RANK = {"candidate": 0, "partner": 1, "observer": 1, "member": 2, "suspended": 3, "former": 4}


def claims(reading: Reading, matches: Iterable[Match]) -> list[Claim]:
    """The article's claims, in the order of their quotes; those that only repeat or blur another are merged into it."""
    people = People(reading.units)
    raw = [claim for match in matches for claim in _expand(reading, match, people)]
    groups: dict[tuple[str, ...], list[Claim]] = {}
    for claim in raw:
        groups.setdefault(_identity(claim), []).append(claim)
    for claim in [c for c in raw if c.derivation and c.derivation.says.endswith("(list of leaders)")]:
        if any(_says_otherwise(claim, other) for other in raw):
            groups.pop(_identity(claim), None)
    merged = [claim for group in groups.values() for claim in _merge(group)]
    return sorted(_without_echoes(merged), key=lambda c: (c.quote.start if c.quote else 0, c.kind, c.subject, c.value_name))


def _says_otherwise(listed: Claim, other: Claim) -> bool:
    """Does the text itself give the same person's office to another body than the list of leaders does?"""
    same = other.kind == "official" and other.value_name.split()[-1] == listed.value_name.split()[-1]
    return same and other.subject != listed.subject and other.fields.get("post") == listed.fields.get("post")


def _expand(reading: Reading, match: Match, people: People) -> Iterator[Claim]:
    """One claim for each pair of subject and value in a match."""
    kind = match.kind
    slots = {name: units for name, units in match.slots.items() if units}
    words = dict(match.words)
    if kind.name == "presidency" and len(slots[kind.value]) == 2 and slots[kind.value] == slots.get("from"):
        slots["from"], slots[kind.value] = slots["from"][:1], slots[kind.value][1:]  # "from Russia, Brazil promised"
    shared, derivations, doubtful = _fields(reading, match, slots, words)
    _plain_chief(reading, match, slots, shared)
    if (
        kind.name == "official"
        and not slots.get(kind.subject)
        and (found := _context(reading, match, slots, shared, people))
    ):
        slots[kind.subject], feature, *says = found
        match.features.add(feature)
        derivations += [Derivation(each) for each in says]
    for subject, value in _pairs(slots.get(kind.subject, []), slots[kind.value], in_step=kind.name == "official"):
        claim = _claim(reading, match, subject, value, shared, people)
        if claim:
            yield _finished(reading, claim, match, value, derivations, doubtful)


def _pairs(subjects: list[Unit], values: list[Unit], *, in_step: bool) -> Iterable[tuple[Unit, Unit]]:
    """Each with each; of "the presidents of A and B, X and Y" the first with the first."""
    if in_step and len(subjects) > 1:
        return zip(subjects, values, strict=True) if len(subjects) == len(values) else ()
    return product(subjects, values)


def _fields(
    reading: Reading, match: Match, slots: Mapping[str, list[Unit]], words: Mapping[str, str]
) -> tuple[dict[str, str], list[Derivation], bool]:
    """The fields besides subject and value, how the dates among them follow, and whether their year is in doubt."""
    kind, shared = match.kind, dict(words)
    derivations: list[Derivation] = []
    doubtful = False
    for spec in kind.others():
        units = slots.get(spec.name)
        if not units:
            continue
        unit = units[0]
        if spec.type in ("date", "duration"):
            resolved = unit.data.get("date")
            if resolved is None:
                continue
            shared[spec.name] = resolved.value
            doubtful = doubtful or resolved.doubtful
            if resolved.says:
                derivations.append(Derivation(resolved.says, _quotes(reading, unit, resolved.rests_on)))
        elif spec.type == "text":
            shared[spec.name] = canonical_post(" ".join(unit.text.split()))
            if unit.data.get("status") and "status" in kind.fields and shared.get("status") in (None, "current"):
                shared["status"] = unit.data["status"]
        else:
            shared[spec.name] = unit.id or unit.name
    if kind.cardinality == "timeline":
        _split_half_years(shared)
    if match.assertion == "ended" and "since" in shared and "until" not in shared:
        shared["until"] = shared.pop("since")
    if kind.name == "membership" and shared.get("status") == "member" and "until" in shared:
        published = reading.article.published
        if published is None or dates.sort_key(shared["until"])[0] <= dates.sort_key(published)[1]:
            shared["status"] = "former"
    if (
        kind.name == "official"
        and shared.get("status", "current") == "current"
        and _is_over(reading, match, shared.get("until"))
    ):
        shared["status"] = "former"
    if "since" in shared and "duration" in shared and "until" not in shared:
        shared["until"] = dates.term_end(shared["since"], shared["duration"])
        derivations.append(Derivation(f"{shared['since']} + {shared['duration']} → {shared['until']}"))
    return shared, derivations, doubtful


def _is_over(reading: Reading, match: Match, until: str | None) -> bool:
    """Did a term end before the text was published, or, of an undated text, does it say so in the past tense?"""
    published = reading.article.published
    verb = reading.doc[match.trigger]
    if (
        verb.tag_ == "VBD"
        and verb.lemma_ in ("be", "serve")
        and match.rule == "be_post"
        and not any(c.dep_ == "aux" for c in verb.children)
    ):
        return True
    if until is None:
        return False
    past = roles.tense(roles.clause_verb(verb)) == "past"
    return dates.sort_key(until)[0] <= dates.sort_key(published)[1] if published else past


_TRAVELLING = words("travelling")


def _context(
    reading: Reading, match: Match, slots: Mapping[str, list[Unit]], shared: Mapping[str, str], people: People
) -> tuple[Any, ...] | None:
    """The state of an office named without one, as units, with the feature of how it was found and what to say of it.

    From the seat in the post ("Kremlin spokesman"), the list of leaders, or the only nation of the sentence; this last
    never for presidents, premiers and foreign ministers, who are named without their state wherever they go.
    """
    posts = slots.get("post") or []
    if not posts:
        return None
    if seat := posts[0].data.get("seat"):
        return [Unit("country", posts[0].start, posts[0].end, posts[0].text, seat)], "seat"
    if found := _leader(reading, posts[0], slots, shared, people):
        return found
    if _TRAVELLING & set(posts[0].name.lower().split()) or "minister" not in posts[0].name.lower():
        return None
    nations = {u.id: u for u in match.sentence.units if u.type in ("country", "adjective") and u.id != "SUHH"}
    return (list(nations.values()), "context") if len(nations) == 1 else None


def _leader(
    reading: Reading, post: Unit, slots: Mapping[str, list[Unit]], shared: Mapping[str, str], people: People
) -> tuple[Any, ...] | None:
    """The body by the list of leaders, for a title that nothing stands before, or that names its person alone."""
    before = None if reading.doc[post.start].is_sent_start or not post.start else reading.doc[post.start - 1]
    if before is not None and (
        before.pos_ in ("NOUN", "PROPN", "ADJ") or before.text[:1].isupper() or before.text in ("'s", "’s", "-")
    ):
        return None
    name = people.full(slots["person"][0].name) if len(slots.get("person", [])) == 1 else None
    body = name and body_of(shared.get("post", ""), name, shared.get("status", "current"), reading.article.published)
    if not body:
        return None
    record = reading.gazetteer.record(body)
    unit = Unit(record.type, post.start, post.end, post.text, body, record.name) if record else None
    when = f" in {reading.article.published[:4]}" if reading.article.published else ""
    says = f"the {shared['post']} named {name}{when}: {record.name if record else body} (list of leaders)"
    return ([unit], "leader", says) if unit else None


def _plain_chief(reading: Reading, match: Match, slots: Mapping[str, list[Unit]], shared: dict[str, str]) -> None:
    """A body's "chief" is its secretary general or director general where the text around speaks of that office."""
    body = next(iter(slots.get(match.kind.subject) or []), None)
    if shared.get("post") not in ("chief", "head") or body is None or body.type != "organisation":
        return
    near = [u for u in reading.units if u.type == "post" and abs(u.start - match.trigger) < 60]
    offices = [canonical_post(u.name) for u in near if canonical_post(u.name) in ("secretary general", "director general")]
    if offices:
        shared["post"] = offices[0]


_STATELY = frozenset("ambassador envoy minister representative negotiator premier diplomat".split())
"""Offices that a capital's name stands for a state in: "Washington's ambassador", but not "London's police chief"."""


def _split_half_years(shared: dict[str, str]) -> None:
    """A term "in the second half of 2026" runs from July to December."""
    since = shared.get("since", "")
    if re.fullmatch(r"\d{4}-4[01]", since):
        low, high = dates.bounds(since)
        shared["since"], shared["until"] = low.isoformat()[:7], shared.get("until") or high.isoformat()[:7]


def _claim(
    reading: Reading, match: Match, subject: Unit, value: Unit, shared: Mapping[str, str], people: People
) -> Claim | None:
    kind = match.kind
    subject_id, subject_name, subject_type = _subject(
        reading, subject, officials=kind.name == "official", observers=shared.get("status") == "observer"
    )
    if subject.type == "capital" and kind.name == "official" and not _STATELY & set(shared.get("post", "").split()):
        return None
    value_id, value_name = _value(reading, match, value, people)
    if value_name is None or (value_id and value_id == subject_id):
        return None
    fields = {k: v for k, v in shared.items() if v}
    if subject.type == "organ" and "post" in fields:  # an organ's head is on the sheet of the body it is an organ of
        fields["post"] += f" of the {re.sub('^[Tt]he ', '', subject.name)}"
    if "from" in fields and fields["from"] == value_id:
        del fields["from"]
    span = match.sentence.span
    text = reading.doc.text
    start, end = span.start_char, span.end_char
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    quote = Quote(reading.article.id, start, end, text[start:end])
    return Claim(
        kind=kind.name,
        subject=subject_id,
        subject_name=subject_name,
        subject_type=subject_type,
        value=value_id,
        value_name=value_name,
        fields=fields,
        quote=quote,
        said=reading.article.published,
        rule=f"{kind.name}/{match.rule}",
    )


def _finished(
    reading: Reading, claim: Claim, match: Match, value: Unit, derivations: list[Derivation], doubtful: bool
) -> Claim:
    """With its confidence and its derivations as one."""
    resolved = value.data.get("date")
    if match.kind.fields[match.kind.value].type == "date" and resolved:
        doubtful = doubtful or resolved.doubtful
        if resolved.says:
            derivations = [Derivation(resolved.says, _quotes(reading, value, resolved.rests_on)), *derivations]
    features = match.features | ({"doubtful-date"} if doubtful else set())
    derivation = None
    if derivations:
        quotes = tuple(dict.fromkeys(q for d in derivations for q in d.quotes))
        derivation = Derivation("; ".join(d.says for d in derivations), quotes)
    if claim.kind == "official" and _private(claim):
        features = features | {"private-office"}
    return replace(claim, confidence=confidence(claim.rule, features), derivation=derivation)


_OF_STATES = frozenset("governor head president premier minister mayor leader chancellor".split())


def _private(claim: Claim) -> bool:
    """A "British director", a town's "police spokesman": offices neither of a state nor of a body of states."""
    office = claim.fields.get("post", "").split()
    if claim.subject_type == "other":
        return not office or office[-1] not in _OF_STATES
    return claim.subject_type == "country" and office[-1:] in (["director"], ["executive"], ["chairman"], ["administrator"])


def _quotes(reading: Reading, unit: Unit, rests_on: tuple[tuple[int, int], ...]) -> tuple[Quote, ...]:
    """The date's own words and those it rests on."""
    text = reading.doc.text
    expression = unit.data["expression"]
    places = [(expression.start, expression.end), *rests_on]
    return tuple(Quote(reading.article.id, a, b, text[a:b]) for a, b in dict.fromkeys(places))


def _subject(reading: Reading, unit: Unit, *, officials: bool, observers: bool) -> tuple[str, str, SubjectType]:
    gazetteer = reading.gazetteer
    if unit.type in ("country", "adjective", "capital"):
        country = gazetteer.countries[unit.id or ""]
        return country.id, country.name, "country"
    if unit.type == "gpe":
        return unit.id or slug(unit.name), unit.name, "other"
    id_ = (unit.id or "").split("/")[0]
    if unit.type == "organ" and officials:
        return (id_, unit.name, "organisation")
    record = gazetteer.organisations.get(id_)
    if observers and record and record.data.get("kind") == "organ" and record.data.get("parent"):
        id_ = record.data["parent"]  # an observer in the General Assembly is one of the United Nations
    found = gazetteer.organisations.get(id_)
    return (id_, found.name, "organisation") if found else (id_ or slug(unit.name), unit.name, "organisation")


def _value(reading: Reading, match: Match, unit: Unit, people: People) -> tuple[str | None, str | None]:
    type_ = match.kind.fields[match.kind.value].type
    if type_ == "date":
        resolved = unit.data.get("date")
        return (resolved.value, resolved.value) if resolved else (None, None)
    if type_ == "person":
        name = people.full(unit.name)
        return name, name
    if type_ in match.kind.types or type_ == "text":
        return unit.text, unit.text
    if unit.id and (record := reading.gazetteer.record(unit.id.split("/")[0] if unit.type == "organ" else unit.id)):
        return record.id, record.name
    name = unit.name or unit.text
    return (None, name) if unit.type in ("organisation", "gpe") else (name, name)


# ------------------------------------------------------------------ merging within an article


def _identity(claim: Claim) -> tuple[str, ...]:
    value = "" if claim.kind == "founding" else (claim.value or claim.value_name).casefold()
    if claim.kind == "official":
        value = value.split()[-1]
    return claim.kind, claim.subject, value, claim.fields.get("event", ""), claim.fields.get("post", "").casefold()


def _merge(group: list[Claim]) -> list[Claim]:
    """One claim for the group; two only where they contradict each other in something that cannot change."""
    if len(group) == 1:
        return group
    kind = group[0].kind
    if kind == "founding":
        return _merge_dates(group)
    if kind == "membership":
        return [_merge_membership(group)]
    if kind == "presidency":
        return _merge_terms(group)
    best = max(group, key=lambda c: (c.fields.get("status", "current") != "current", c.confidence, len(c.fields)))
    return [_filled(best, group)]


def _merge_dates(group: list[Claim]) -> list[Claim]:
    """The most exact date that the vaguer ones back; contradicting dates stay side by side."""
    kept: list[Claim] = []
    for claim in sorted(group, key=lambda c: (-len(c.value or ""), -c.confidence)):
        if not any(dates.overlaps(claim.value or "", k.value or "") for k in kept):
            kept.append(claim)
    return kept


def _merge_membership(group: list[Claim]) -> Claim:
    """The status that came last: by its date, an undated one as of publication; then the stronger word."""
    asserted = [c for c in group if c.fields.get("status") != "candidate"] or group

    def moment(claim: Claim) -> tuple[Any, ...]:
        status = claim.fields.get("status", "member")
        when = claim.fields.get("until") if status == "former" else claim.fields.get("since")
        at = dates.sort_key(when) if when else None
        return (at is None, at or (), _STATUS_RANK.get(status, 0), claim.confidence)

    dated = [c for c in asserted if moment(c)[0] is False]
    undated = [c for c in asserted if moment(c)[0] is True]
    last_dated = max(dated, key=moment, default=None)
    strongest = max(undated, key=lambda c: (_STATUS_RANK.get(c.fields.get("status", ""), 0), c.confidence), default=None)
    if last_dated is None or strongest is None:
        winner = last_dated or strongest or asserted[0]
    else:
        same = strongest.fields.get("status") == last_dated.fields.get("status")
        stronger = _STATUS_RANK.get(strongest.fields.get("status", ""), 0) > _STATUS_RANK.get(
            last_dated.fields.get("status", ""), 0
        )
        winner = strongest if stronger and not same else last_dated
    filled = dict(winner.fields)
    if filled.get("status") == "former":
        filled.setdefault("since", next((c.fields["since"] for c in dated if c.fields.get("status") == "member"), ""))
    confident = max(
        (c.confidence for c in group if c.fields.get("status") == winner.fields.get("status")), default=winner.confidence
    )
    return replace(winner, fields={k: v for k, v in filled.items() if v}, confidence=confident)


def _merge_terms(group: list[Claim]) -> list[Claim]:
    """Terms of one holder whose dates do not contradict each other are one term."""
    kept: list[Claim] = []
    order = {"took-over": 0, "will-take": 0, "holds": 1, "hands-over": 2}

    def rank(claim: Claim) -> tuple[Any, ...]:
        said = claim.fields
        return order.get(said.get("phase", ""), 3), "since" not in said, "from" not in said, -claim.confidence

    for claim in sorted(group, key=rank):
        since = claim.fields.get("since")
        for i, other in enumerate(kept):
            theirs = other.fields.get("since")
            if not since or not theirs or dates.overlaps(since, theirs):
                kept[i] = _filled(other, [other, claim])
                break
        else:
            kept.append(claim)
    return kept


def _filled(best: Claim, group: Iterable[Claim]) -> Claim:
    """The best claim with its blank fields filled from the others, the surest first."""
    fields = dict(best.fields)
    derivation, name = best.derivation, best.value_name
    for other in sorted(group, key=lambda c: -c.confidence):
        for key, said in other.fields.items():
            if key not in fields and key != "status":
                fields[key] = said
                derivation = derivation or other.derivation
        if best.kind == "official" and len(other.value_name) > len(name):
            name = other.value_name
    value: str | None = name if best.kind == "official" else best.value
    return replace(
        best, fields=fields, derivation=derivation, value=value, value_name=name, confidence=max(c.confidence for c in group)
    )


def _without_echoes(merged: list[Claim]) -> list[Claim]:
    """An official's vaguer post ("minister", "chief") goes where a fuller one of the same person and body stands."""
    result = []
    for claim in merged:
        echo = claim.kind == "official" and any(_echoes(claim, other) for other in merged if other is not claim)
        if not echo:
            result.append(claim)
    return result


def _echoes(claim: Claim, other: Claim) -> bool:
    if other.kind != "official" or other.subject != claim.subject:
        return False
    if claim.value_name.split()[-1].casefold() != other.value_name.split()[-1].casefold():
        return False
    mine, theirs = set(claim.fields.get("post", "").split()), set(other.fields.get("post", "").split())
    if mine & {"deputy", "vice", "under"} != theirs & {"deputy", "vice", "under"}:
        return False
    vague = mine <= {"chief", "head", "leader", "official"}
    return (mine < theirs) or (vague and not theirs <= {"chief", "head", "leader", "official"})
