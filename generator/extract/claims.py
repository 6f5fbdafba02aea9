"""Matches → claims: one a subject, value and post within an article, with the status as of publication."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, TypeAlias

from generator import dates
from generator.extract import roles
from generator.extract.confidence import confidence
from generator.extract.leaders import body_of
from generator.extract.persons import canonical_post, full_name
from generator.extract.reading import Reading
from generator.extract.rules import Match
from generator.extract.slots import when
from generator.extract.units import Unit
from generator.extract.words import words
from generator.gazetteer import slug
from generator.model import Claim, Derivation, Quote, SubjectType

_STATUS_RANK = {"candidate": 0, "partner": 1, "observer": 1, "member": 2, "suspended": 3, "former": 4}

Slots: TypeAlias = Mapping[str, list[Unit]]


def claims(reading: Reading, matches: Iterable[Match]) -> list[Claim]:
    """The article's claims, in the order of their quotes; those that only repeat or blur another are merged into it."""
    groups: dict[tuple[str, ...], list[Claim]] = defaultdict(list)
    for match in _without_left(list(matches)):
        for claim in _expand(reading, match):
            groups[_identity(claim)].append(claim)
    merged = [claim for group in groups.values() for claim in _merge(group)]
    return sorted(_without_echoes(merged), key=lambda c: (c.quote.start if c.quote else 0, c.kind, c.subject, c.value_name))


def _without_left(matches: list[Match]) -> Iterator[Match]:
    """The matches that name an office; what says just that somebody left theirs ends the one that the sentence told of,
    but not what they were chosen as afterwards.
    """
    left = {u.start: (match, u) for match in matches if match.words.get("post") == "" for u in match.slots.get("person", ())}
    for match in (m for m in matches if m.words.get("post") != ""):
        for by, whom in (left[u.start] for u in match.slots.get("person", ()) if u.start in left):
            others = [u for u in by.sentence.units if u.type == "person" and whom.end <= u.start < by.trigger]
            others += [u for u in match.slots.get("post", ()) if u.data.get("status") == "former"]
            if not others and match.words.get("status") == "current" and not whom.start < by.trigger < match.trigger:
                match.slots.setdefault("until", by.slots.get("until", []))
                match.words["status"] = "current" if match.slots["until"] else "former"
        yield match


def _expand(reading: Reading, match: Match) -> Iterator[Claim]:
    """One claim for each pair of subject and value in a match."""
    kind = match.kind
    slots = {name: units for name, units in match.slots.items() if units}
    shared, derivations = _fields(reading, match, slots)
    if official := kind.name == "official":
        _plain_chief(reading, match, slots, shared)
    if official and kind.subject not in slots and (found := _context(reading, match, slots, shared)):
        slots[kind.subject], feature, *says = found
        match.features.add(feature)
        derivations += map(Derivation, says)
    for subject, value in _pairs(slots.get(kind.subject, []), slots[kind.value], in_step=official):
        if claim := _claim(reading, match, subject, value, _in_turn(match, slots[kind.value], value, shared)):
            yield _finished(reading, claim, match, value, derivations)


def _pairs(subjects: list[Unit], values: list[Unit], *, in_step: bool) -> Iterable[tuple[Unit, Unit]]:
    """Each with each; of "the presidents of A and B, X and Y" the first with the first."""
    if in_step and len(subjects) > 1:
        return zip(subjects, values, strict=True) if len(subjects) == len(values) else ()
    return product(subjects, values)


def _in_turn(match: Match, values: list[Unit], value: Unit, shared: Mapping[str, str]) -> Mapping[str, str]:
    """ "A and B joined in 1990 and 1995 respectively": each with its own date, none where they do not pair."""
    if len(values) < 2 or "respectively" not in match.sentence.span.text:
        return shared
    dated = [u.data["date"].value for u in match.sentence.units if u.type == "date" and u.data.get("date")]
    own = dated[values.index(value)] if len(dated) == len(values) else ""
    return {key: own if key in ("since", "until") else said for key, said in shared.items()}


def _fields(reading: Reading, match: Match, slots: Slots) -> tuple[dict[str, str], list[Derivation]]:
    """The fields besides subject and value, and how the dates among them follow; a year in doubt is a risk of the match."""
    shared, derivations = dict(match.words), list[Derivation]()
    for spec in match.kind.others():
        if not (unit := next(iter(slots.get(spec.name, [])), None)):
            continue
        if spec.type in ("date", "duration"):
            if (resolved := unit.data.get("date")) and _is_told(reading, match, unit, resolved.value):
                shared[spec.name] = resolved.value
                match.features |= {"doubtful-date"} if resolved.doubtful else set()
                derivations += _derived(reading, unit)
        elif spec.type == "text":
            shared[spec.name] = canonical_post(" ".join(unit.text.split()))
            if unit.data.get("status") and "status" in match.kind.fields and shared.get("status") in (None, "current"):
                shared["status"] = unit.data["status"]
        else:
            shared[spec.name] = unit.id or unit.name
    _work_out(reading, match, shared)
    if "since" in shared and "duration" in shared and "until" not in shared:
        shared["until"] = dates.term_end(shared["since"], shared["duration"])
        derivations.append(Derivation(f"{shared['since']} + {shared['duration']} → {shared['until']}"))
    return shared, derivations


def _is_told(reading: Reading, match: Match, unit: Unit, value: str) -> bool:
    """Is this day or length of time one of the fact? Not the day that somebody hopes for; of lengths that of a term ("for
    two years", "a term of two years"), and not that of what went before ("after two years of talks").
    """
    if unit.type != "duration":
        return match.assertion != "wished" or not reading.anchor or not dates.precedes(reading.anchor, value)
    over = reading.doc[unit.start : unit.end].root.head
    return bool({over.lower_, over.head.lower_ if over.lower_ == "of" else ""} & words("lasting"))


def _work_out(reading: Reading, match: Match, shared: dict[str, str]) -> None:
    """What the fields say together: half-years as from and to, what has ended, the status as of publication."""
    kind, published, since = match.kind, reading.article.published, shared.get("since", "")
    if kind.cardinality == "timeline" and re.fullmatch(r"\d{4}-4[01]", since):
        low, high = dates.bounds(since)
        shared["since"], shared["until"] = low.isoformat()[:7], shared.get("until") or high.isoformat()[:7]
    if match.rule in ("held", "presided") and since.isdigit() and since < (published or "")[:4] and "duration" not in shared:
        at = match.slots["since"][0].start  # "held the presidency in 2021", told later: that year, and no more
        shared |= {"until": since} if {"in", "during"} & {t.lower_ for t in reading.doc[max(0, at - 1) : at + 1]} else {}
    began = reading.doc[match.trigger].tag_ == "VBN"  # "had been a member since 1980" tells how it began, not how it ended
    if match.assertion == "ended" and not began and "since" in shared and "until" not in shared:
        shared["until"] = shared.pop("since")
    over = "until" in shared and not (published and dates.precedes(published, shared["until"]))
    if kind.name == "membership" and "until" in shared and shared.get("status") in ("member", "former"):
        shared["status"] = "former" if over else "member"
    if kind.name == "official" and shared.get("status", "current") == "current":
        if (over and published) or _was(reading, match):
            shared["status"] = "former"
        elif published and since and dates.precedes(published, since):
            shared["status"] = "elect"


def _was(reading: Reading, match: Match) -> bool:
    """ "X was president", "X headed the body": in the past tense and no more than that."""
    verb = reading.doc[match.trigger]
    past = match.rule in ("be_post", "heads", "chairs") and verb.tag_ == "VBD" and verb.lemma_ != "become"
    return past and not any(c.dep_ in ("aux", "agent") for c in verb.children)


def _context(reading: Reading, match: Match, slots: Slots, shared: Mapping[str, str]) -> tuple[Any, ...] | None:
    """The state of an office named without one, as units, with the feature of how it was found and what to say of it.

    From the seat in the post ("Kremlin spokesman"), the list of leaders, or the only nation of the sentence; this last
    never for presidents, premiers and foreign ministers, who are named without their state wherever they go.
    """
    post = slots["post"][0]
    if seat := post.data.get("seat"):
        return [Unit("country", post.start, post.end, post.text, seat)], "seat"
    if found := _leader(reading, match, slots, shared):
        return found
    if words("travelling") & set(post.name.lower().split()) or "minister" not in post.name.lower():
        return None
    named = [u for u in match.sentence.units if u.type in ("country", "adjective")]
    nations = {u.id: u for u in named if reading.doc[u.start : u.end].root.dep_ != "pobj"}
    return (list(nations.values()), "context") if len(nations) == 1 else None


def _leader(reading: Reading, match: Match, slots: Slots, shared: Mapping[str, str]) -> tuple[Any, ...] | None:
    """The body by the list of leaders, or that of a secretary general where the text has but one; for a title that nothing
    stands before, or that names its person alone.
    """
    post, before = slots["post"][0], reading.doc[slots["post"][0].start - 1]
    told = before.text[:1].isupper() or before.text in ("'s", "’s", "-")
    named = before.pos_ in ("NOUN", "PROPN", "ADJ") or (told and before.pos_ != "DET")
    unknown = before.ent_type_ == "NORP" and not before.ent_kb_id_  # "Congolese": of either Congo
    if named and not unknown and not reading.doc[post.start].is_sent_start:
        return None
    name = full_name(slots["person"][0].name, reading.people) if len(slots.get("person", [])) == 1 else None
    body = name and body_of(shared.get("post", ""), name, shared.get("status", "current"), reading.article.published)
    if not body or not (record := reading.gazetteer.record(body)):
        bodies = {u.id: u for u in (reading.focus, *match.sentence.units) if u and u.type.startswith("org")}
        ranked = shared.get("post", "").endswith(tuple(words("ranks_of_bodies"))) and "named" not in match.features
        return (list(bodies.values()), "context") if ranked and len(bodies) == 1 else None
    when = f" in {reading.article.published[:4]}" if reading.article.published else ""
    says = f"the {shared['post']} named {name}{when}: {record.name} (list of leaders)"
    return [Unit(record.type, post.start, post.end, post.text, body, record.name)], "leader", says


def _by_now(reading: Reading, match: Match, holder: Unit, shared: Mapping[str, str], body: str) -> str | None:
    """The status of an office as of publication: of "first proposed by President X in 2006", read years later, what the list
    of leaders knows, or none.
    """
    verb, published = roles.clause_verb(reading.doc[holder.start : holder.end].root), reading.article.published or ""
    own = verb.i == match.trigger or {"since", "until"} & shared.keys() or any(c.lemma_ == "have" for c in verb.children)
    if own or not published[:4].isdigit() or shared.get("status") != "current" or roles.tense(verb) != "past":
        return shared.get("status")
    over = roles.clause_verb(verb.head) if verb.dep_ in ("advcl", "ccomp", "relcl") else verb  # "in 2006, when X …"
    told, post = when(reading, verb, "date") or when(reading, over, "date"), shared.get("post", "")
    known = (status for status in ("current", "former") if body_of(post, holder.name, status, published) == body)
    return next(known, None) if told and dates.precedes(told.data["date"].value, f"{int(published[:4]) - 2}") else "current"


def _plain_chief(reading: Reading, match: Match, slots: Slots, shared: dict[str, str]) -> None:
    """A body's "chief" is its secretary general or director general where the text around speaks of that office, and not
    beside another body ("UNDP chief" near "UN Secretary-General").
    """
    body = next(iter(slots.get(match.kind.subject) or []), None)
    if shared.get("post") != "chief" or body is None or body.type != "organisation":
        return
    # in its own sentence another office is another person's
    others = [s for s in reading.sentences if any(u.type == "organisation" and u.id != body.id for u in s.units)]
    apart = [unit for s in reading.sentences if s is not match.sentence and s not in others for unit in s.units]
    posts = [canonical_post(u.name) for u in apart if u.type == "post" and abs(u.start - match.trigger) < 60]
    shared["post"] = next((post for post in posts if post in ("secretary general", "director general")), shared["post"])


def _claim(reading: Reading, match: Match, subject: Unit, value: Unit, shared: Mapping[str, str]) -> Claim | None:
    kind = match.kind
    officials, observers = kind.name == "official", shared.get("status") == "observer"
    ranked = officials and any(rank in shared.get("post", "") for rank in words("of_bodies"))
    appoints = ranked and subject.type == "organ" and subject.end <= match.trigger  # a council names the body's officer
    about = _subject(reading, subject, officials=officials and not appoints, observers=observers)
    abroad = subject.type == "capital" and not words("stately") & set(shared.get("post", "").split())
    status = _by_now(reading, match, value, shared, about[0]) if officials else shared.get("status")
    nobody = abroad or shared.get("post") in words("no_office") or not status
    if (about[2] == "country" and ranked) or (officials and nobody):
        return None  # "Assistant Secretary-General Clara Webb of Canada": where she is from
    value_id, value_name = _value(reading, match, value)
    if value_name in (None, about[1]) or (value_id and value_id in (about[0], shared.get("from"))):
        return None
    fields = {k: v for k, v in {**shared, "status": status}.items() if v}
    if subject.type == "organ" and "post" in fields and not appoints:  # an organ's head is on the sheet of its body
        fields["post"] += f" of the {re.sub('^[Tt]he ', '', subject.name)}"
    span, published, rule = match.sentence.span, reading.article.published, f"{kind.name}/{match.rule}"
    said = span.text.strip()
    start = span.start_char + span.text.index(said)
    quote = Quote(reading.article.id, start, start + len(said), said)
    return Claim(kind.name, *about, value_id, value_name, fields, quote, said=published, rule=rule)


def _finished(reading: Reading, claim: Claim, match: Match, value: Unit, derivations: list[Derivation]) -> Claim:
    """With its confidence and its derivations as one."""
    features = set(match.features)
    if match.kind.fields[match.kind.value].type == "date":
        features |= {"doubtful-date"} if value.data["date"].doubtful else set()
        derivations = [*_derived(reading, value), *derivations]
    features |= {"private-office"} if claim.kind == "official" and _private(claim) else set()
    quotes = tuple(dict.fromkeys(q for d in derivations for q in d.quotes))
    derivation = Derivation("; ".join(d.says for d in derivations), quotes) if derivations else None
    return replace(claim, confidence=confidence(claim.rule, features), derivation=derivation)


def _private(claim: Claim) -> bool:
    """A "British director", a town's "police spokesman": offices neither of a state nor of a body of states."""
    office = claim.fields.get("post", "").split()
    if claim.subject_type == "other":
        return not office or office[-1] not in words("of_states")
    return claim.subject_type == "country" and office[-1:] in (["director"], ["executive"], ["chairman"], ["administrator"])


def _derived(reading: Reading, unit: Unit) -> list[Derivation]:
    """How a date follows, with its own words and those it rests on; nothing where it is written as such."""
    resolved, expression, text = unit.data["date"], unit.data["expression"], reading.article.text
    places = dict.fromkeys([(expression.start, expression.end), *resolved.rests_on])
    quotes = tuple(Quote(reading.article.id, start, end, text[start:end]) for start, end in places)
    return [Derivation(resolved.says, quotes)] if resolved.says else []


def _subject(reading: Reading, unit: Unit, *, officials: bool, observers: bool) -> tuple[str, str, SubjectType]:
    gazetteer = reading.gazetteer
    if unit.type in ("country", "adjective", "capital"):
        country = gazetteer.countries[unit.id or ""]
        return country.id, country.name, "country"
    if unit.type == "gpe":
        return unit.id or slug(unit.name), unit.name, "other"
    id_ = (unit.id or "").split("/")[0]
    if unit.type == "organ" and officials:
        return id_, unit.name, "organisation"
    found = gazetteer.organisations.get(id_)
    if observers and found and found.data.get("kind") == "organ":  # in the General Assembly: of the United Nations
        found = gazetteer.organisations.get(found.data.get("parent", id_))
    return (found.id, found.name, "organisation") if found else (id_ or slug(unit.name), unit.name, "organisation")


def _value(reading: Reading, match: Match, unit: Unit) -> tuple[str | None, str | None]:
    type_ = match.kind.fields[match.kind.value].type
    if type_ in ("date", "person", "text", *match.kind.types):
        day = unit.data["date"].value if unit.data.get("date") else None
        said = day if type_ == "date" else full_name(unit.name, reading.people) if type_ == "person" else unit.text
        return said, said
    if unit.id and (record := reading.gazetteer.record(unit.id.split("/")[0] if unit.type == "organ" else unit.id)):
        return record.id, record.name
    name = unit.name or unit.text
    return (None, name) if unit.type in ("organisation", "gpe") else (name, name)


# ------------------------------------------------------------------ merging within an article


def _identity(claim: Claim) -> tuple[str, ...]:
    value = "" if claim.kind == "founding" else (claim.value or claim.value_name).casefold()
    if claim.kind == "official":
        value = _surname(claim)
    return claim.kind, claim.subject, value, claim.fields.get("event", ""), claim.fields.get("post", "").casefold()


def _merge(group: list[Claim]) -> list[Claim]:
    """One claim for the group; two only where they contradict each other in something that cannot change."""
    merge = {"founding": _merge_dates, "membership": _merge_membership, "presidency": _merge_terms}
    return merge.get(group[0].kind, _merge_posts)(group) if len(group) > 1 else group


def _merge_posts(group: list[Claim]) -> list[Claim]:
    best = max(group, key=lambda c: (c.fields.get("status", "current") != "current", c.confidence, len(c.fields)))
    return [_filled(best, group)]


def _merge_dates(group: list[Claim]) -> list[Claim]:
    """The most exact date that the vaguer ones back; contradicting dates stay side by side."""
    kept: list[Claim] = []
    for claim in sorted(group, key=lambda c: (-len(c.value or ""), -c.confidence)):
        if not any(dates.overlaps(claim.value or "", k.value or "") for k in kept):
            kept.append(claim)
    return kept


def _merge_membership(group: list[Claim]) -> list[Claim]:
    """The status that came last: by its date, an undated one as of publication; then the stronger word."""
    asserted = [c for c in group if c.fields.get("status") != "candidate"] or group
    dated = [c for c in asserted if _moment(c)]
    last = max(dated, key=lambda c: (dates.sort_key(_moment(c)), _rank(c), c.confidence), default=None)
    strongest = max((c for c in asserted if not _moment(c)), key=lambda c: (_rank(c), c.confidence), default=None)
    winner = strongest if strongest and (last is None or _rank(strongest) > _rank(last)) else last or group[0]
    filled = dict(winner.fields)
    if filled.get("status") == "former":
        joined = [c.fields["since"] for c in dated if c.fields.get("status") == "member"]
        filled = {"since": joined[0], **filled} if joined else filled
    confident = max(c.confidence for c in group if c.fields.get("status") == winner.fields.get("status"))
    return [replace(winner, fields=filled, confidence=confident)]


def _moment(claim: Claim) -> str | None:
    """When a membership came to be what the claim says."""
    return claim.fields.get("until" if claim.fields.get("status") == "former" else "since")


def _rank(claim: Claim) -> int:
    back = ("membership/rejoin", "membership/back")  # who is back has left, or was suspended, before
    return 5 if claim.rule.startswith(back) else _STATUS_RANK.get(claim.fields.get("status", "member"), 0)


def _merge_terms(group: list[Claim]) -> list[Claim]:
    """Terms of one holder whose dates do not contradict each other are one term."""
    kept: list[Claim] = []
    for claim in sorted(group, key=_telling):
        since = claim.fields.get("since") or "../.."
        agrees = (n for n, other in enumerate(kept) if dates.overlaps(since, other.fields.get("since") or "../.."))
        if (first := next(agrees, None)) is not None:
            kept[first] = _filled(kept[first], [kept[first], claim])
        else:
            kept.append(claim)
    return kept


def _telling(claim: Claim) -> tuple[Any, ...]:
    phase = {"took-over": 0, "will-take": 0, "holds": 1, "hands-over": 2}.get(claim.fields.get("phase", ""), 3)
    return phase, "since" not in claim.fields, "from" not in claim.fields, -claim.confidence


def _filled(best: Claim, group: Iterable[Claim]) -> Claim:
    """The best claim with its blank fields filled from the others, the surest first."""
    fields, derivation = dict(best.fields), best.derivation
    for other in sorted(group, key=lambda c: -c.confidence):
        added = {key: said for key, said in other.fields.items() if key not in fields and key != "status"}
        fields |= added
        derivation = derivation or (other.derivation if added else None)
    return replace(best, fields=fields, derivation=derivation, confidence=max(c.confidence for c in group))


def _without_echoes(merged: list[Claim]) -> list[Claim]:
    """An official's vaguer post ("minister", "chief") goes where a fuller one of the same person and body stands; whoever
    holds an office is no longer the deputy that they were once chosen as.
    """
    officials = [claim for claim in merged if claim.kind == "official"]
    current = [c for c in officials if c.fields.get("status") == "current"]
    held = {(c.subject, _surname(c), f"{word} {c.fields['post']}") for c in current for word in words("below")}
    risen = [c for c in current if c.rule.startswith("official/cho") and (c.subject, _surname(c), c.fields["post"]) in held]
    merged = [replace(c, fields={**c.fields, "status": "former"}) if c in risen else c for c in merged]
    return [c for c in merged if c.kind != "official" or not any(_echoes(c, other) for other in officials)]


def _echoes(claim: Claim, other: Claim) -> bool:
    mine, theirs = (set(c.fields.get("post", "").split()) for c in (claim, other))
    fuller = mine < theirs or (mine <= words("vague") and not theirs <= words("vague"))
    same = other.subject == claim.subject and _surname(claim) == _surname(other)
    return fuller and same and mine & words("below") == theirs & words("below")


def _surname(claim: Claim) -> str:
    return claim.value_name.split()[-1].casefold()
