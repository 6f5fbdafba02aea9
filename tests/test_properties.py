"""What holds for any claims at all.

HYPOTHESIS_PROFILE=thorough (`make soak`) tries thousands of claim sets for each property; `ci` some hundreds, always the
same; `quick`, on a desk, some dozens.
"""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

from conftest import KINDS as BUILT_IN
from conftest import NAMES, a_claim, an_override
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from generator import articlefile, dates, kinds, overridefile, sheetfile, strict_yaml
from generator.extract import times
from generator.model import Event, Fact
from generator.reconcile import reconcile, source_claims
from generator.timeline import standings, state, status_on, when

slow = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("quick", max_examples=60, **slow)
settings.register_profile("ci", max_examples=300, derandomize=True, **slow)
settings.register_profile("thorough", max_examples=5000, **slow)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "quick"))

BODY = "subject: body, fields: {body: {type: party}"
SEAT = "{kind: seat, cardinality: one, identity: [], value: place, " + BODY + ", place: {type: text}}}"
PACT = "{kind: pact, cardinality: many, value: name, " + BODY + ", name: {type: text}, since: {type: date}}}"
KINDS = BUILT_IN | {kind.name: kind for kind in (kinds.parse(text, Path()) for text in (SEAT, PACT))}
DATES = ["1949", "1949-04-04", "1949-04", "199X", "2002", "2002~", "2002-10-07", "[2002-10-07,2003-01-01]", "2003"]
DATES += ["2015-09-15", "2024-40", "2031"]
STATES = ["AM", "BY", "UZ"]
STATUSES = KINDS["membership"].fields["status"].values
SPAN = {"since": [None, *DATES], "until": [None, *DATES]}
WORDS = {
    "membership": (STATES, {"status": STATUSES, **SPAN}),
    "founding": (DATES, {"event": ["established", "treaty-signed"]}),
    "official": (
        ["Ann Lee", "Lee", "Bo Ek"],
        {"post": ["President", "Deputy Chief"], "status": [None, "current", "former", "acting"], **SPAN},
    ),
    "presidency": (
        STATES,
        {
            "phase": ["holds", "will-take", "took-over", "hands-over"],
            "duration": [None, "P1Y"],
            "from": [None, *STATES],
            **SPAN,
        },
    ),
    "seat": (["Minsk", "Moscow"], {}),
    "pact": (["Charter", "Protocol"], {"since": [None, *DATES]}),
}
"""By kind, what a claim may say: its values, and those of its fields."""

ANY = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=30)
NASTY = ANY.map(lambda text: strict_yaml.UNSEEN.sub("", text)).filter(bool)


def some(strategy):
    return st.none() | strategy


def a_saying(random):
    kind = random.choice([*WORDS])
    values, fields = WORDS[kind]
    said = {name: text for name, texts in fields.items() if (text := random.choice(texts))}
    return (kind, random.choice(["csto", "csto", "csto", "nato", "AM"]), random.choice(values)), said


def a_printed_claim(random):
    about, fields = a_saying(random)
    article, start = random.choice("abcdrs"), random.randrange(4) * 200
    origin = {"r": "a", "s": "x"}.get(article)
    said = random.choice([None, "2003-01-01", "2015-09-14", "2015", "2024-06-01"])
    sure = random.choice([0.5, 0.9, 0.95])
    return a_claim(*about, article=article, start=start, origin=origin, said=said, confidence=sure, **fields)


def a_decision(random):
    (kind, subject, value), fields = a_saying(random)
    if random.random() < 0.5:
        return an_override(kind, subject, value, **fields)
    named = {name: text for name, text in fields.items() if random.random() < 0.5}
    return an_override(kind, subject, random.choice([value, ""]), denies=True, **named)


def a_row(random):
    claim = a_printed_claim(random)
    key = "/".join([claim.kind, claim.subject, claim.value, claim.get("event") or claim.get("post") or ""])
    said = random.choice(["2004", "2020-12-17", "2025"])
    return replace(claim, quote=None, origin=None, rule="", ref=f"{random.choice(['one', 'two'])}#{key}", said=said)


def any_of(make, that=lambda claim: True):
    """Any of a pool, the simplest first; building each claim within Hypothesis takes ten times as long."""
    random = Random(2002)
    pool = [make(random) for _ in range(6000)]
    return st.sampled_from(
        sorted(filter(that, pool), key=lambda claim: (len(claim.fields), claim.subject != "csto", claim.id))
    )


CLAIMS, DECISIONS = any_of(a_printed_claim), any_of(a_decision)
ARTICLES = st.lists(CLAIMS, max_size=8)
ROWS = st.lists(any_of(a_row), max_size=4)
OVERRIDES = st.lists(DECISIONS, max_size=2)


def a_listing(random):
    start, again = random.choice([1990, 1948, 2001]), random.choice([2012, 2020])
    ended = f"{start}/{random.choice([start, start + 4])}" + random.choice(["", f" {again}/2022"])
    value, status = random.choice(STATES), random.choice(STATUSES)
    ref = f"past#csto/{value}/{status}"
    return replace(a_claim(value=value, status=status, ref=ref, listed=ended), said=ended[-4:])


LISTINGS = st.lists(any_of(a_listing), max_size=4)


def settled(*groups):
    return reconcile([claim for group in groups for claim in group], KINDS, NAMES)


@given(ARTICLES, OVERRIDES, ROWS, st.randoms())
def test_the_order_of_claims_never_matters(articles, overrides, listed, random):
    shuffled = [*articles, *overrides, *listed]
    random.shuffle(shuffled)
    assert settled(shuffled) == settled(articles, overrides, listed)


@given(ARTICLES, OVERRIDES, ROWS)
def test_settling_is_a_fixed_point_through_the_file(articles, overrides, listed):
    sheets = settled(articles, overrides, listed)
    read = through_the_file(sheets)
    assert dumped(settled(stamped(source_claims(read), articles), overrides, listed)) == dumped(sheets)
    for sheet, back in zip(sheets, read, strict=True):
        assert sheetfile.dump(back) == sheetfile.dump(sheet), "what was read is written as it was"


def dumped(sheets):
    return [text for sheet in sheets if (text := sheetfile.dump(sheet)) and sheetfile.saved(sheet).facts + sheet.denied]


def through_the_file(sheets):
    return [sheetfile.parse(strict_yaml.parse(sheetfile.dump(sheet), Path())[0], sheet.type, Path()) for sheet in sheets]


def stamped(claims, articles):
    """As a build stamps them: which article reprints which follows from the texts."""
    origins = {claim.id: claim.origin for claim in articles}
    return [replace(claim, origin=origins[claim.id]) for claim in claims]


@given(ARTICLES, OVERRIDES)
def test_no_claim_is_ever_lost(articles, overrides):
    kept = {claim.id for claim in source_claims(settled(articles, overrides))}
    assert kept == {claim.id for claim in articles}


@given(ARTICLES, DECISIONS, ROWS)
@example(  # neither date is the override's
    [a_claim("pact", value="Protocol", since="2002-10-07")],
    an_override("pact", "csto", "Protocol"),
    [replace(a_claim("pact", value="Protocol", since="2003"), quote=None, ref="two#pact/csto/Protocol/", rule="")],
)
def test_an_override_always_wins(articles, override, listed):
    sheets = [sheet for sheet in settled(articles, listed, [override]) if sheet.id == override.subject]
    found = [fact for sheet in sheets for fact in sheet.facts]
    if override.denies:
        kept = [claim for fact in found for claim in fact.claims if claim.kind == override.kind]
        assert not [claim for claim in kept if matches(claim, override)]
    else:
        (fact,) = [fact for fact in found if fact.decided_by == "override"]
        assert fact.kind == override.kind
        assert fact.value == override.value or override.value in fact.value
        assert {**fact.fields, **override.fields} == dict(fact.fields)
        disputed = fact.reason.get("disputed", "")  # of what it does not name, sources may still disagree
        assert not {"value", *override.fields} & {*disputed.split(", ")}
        assert fact.verdict == ("disputed" if disputed else "settled")


def matches(claim, denial):
    """Does a claim say, or by leaving it out imply, all that a denial names?"""
    usual = {name: field.values[0] for name, field in KINDS[claim.kind].fields.items() if field.values}
    says = {**usual, **claim.fields, "value": claim.value}
    wanted = {**denial.fields, **({"value": denial.value} if denial.value else {})}
    return all(says.get(name) == text for name, text in wanted.items())


@given(ARTICLES, OVERRIDES, ROWS)
def test_an_agreeing_claim_changes_no_value(articles, overrides, listed):
    """A further article that says what the winner says; of what never changes, one that says all that the page says."""
    for sheet in settled(articles, overrides, listed):
        for fact in (fact for fact in sheet.facts if fact.verdict != "needs-review"):
            winner = fact.claims[0]
            fields = fact.fields if fact.kind in ("founding", "seat", "pact") else winner.fields
            more = a_claim(fact.kind, sheet.id, fact.value, article="z", said=winner.said, **fields)
            after = [f for s in settled(articles, overrides, listed, [more]) if s.id == sheet.id for f in s.facts]
            assert any((f.kind, f.value, f.fields) == (fact.kind, fact.value, fact.fields) for f in after)


@given(ARTICLES, OVERRIDES, ROWS, st.sampled_from(["2001", "2030-01-01", None]))
def test_a_reprint_changes_nothing_but_the_evidence(articles, overrides, listed, said):
    reprint = [
        replace(c, quote=replace(c.quote, article="z"), origin="a", said=said) for c in articles if c.quote.article == "a"
    ]
    after = settled(articles, overrides, listed, reprint)
    assert [without(sheet, "z") for sheet in after] == settled(articles, overrides, listed)
    assert len(source_claims(after)) == len(source_claims(settled(articles, overrides, listed))) + len(
        {c.id for c in reprint}
    )


def without(sheet, article):
    def left(claims):
        return tuple(claim for claim in claims if not claim.quote or claim.quote.article != article)

    facts = tuple(replace(fact, claims=left(fact.claims)) for fact in sheet.facts)
    return replace(sheet, facts=facts, denied=left(sheet.denied))


@given(ARTICLES, OVERRIDES, ROWS)
def test_without_an_article_the_facts_are_as_if_it_had_never_been(articles, overrides, listed):
    left = [claim for claim in articles if claim.quote.article != "b"]
    full = settled(articles, overrides, listed)
    after = [claim for claim in source_claims(through_the_file(full)) if claim.quote.article != "b"]
    assert dumped(settled(stamped(after, articles), overrides, listed)) == dumped(settled(left, overrides, listed))


@given(ARTICLES, OVERRIDES, ROWS)
def test_without_an_article_goes_what_it_spoke_of_and_nothing_else(articles, overrides, listed):
    gone = {claim.id for claim in articles if claim.quote.article == "b"}
    after = settled([claim for claim in articles if claim.id not in gone], overrides, listed)
    for sheet in settled(articles, overrides, listed):
        rest = next((other for other in after if other.id == sheet.id), replace(sheet, facts=(), denied=()))
        if not {claim.id for claim in every_claim(sheet)} & gone:
            assert rest == sheet
        assert {claim.id for claim in every_claim(sheet)} - gone == {claim.id for claim in every_claim(rest)}
        alone = [fact for fact in sheet.facts if KINDS[fact.kind].cardinality in ("one", "many")]
        assert all(fact in rest.facts for fact in alone if not {claim.id for claim in fact.claims} & gone)


def every_claim(sheet):
    return [*(claim for fact in sheet.facts for claim in fact.claims), *sheet.denied]


@given(NASTY, NASTY, NASTY)
def test_any_text_comes_back_from_the_file_as_it_went_in(quote, name, why):
    articles = [a_claim("official", "TJ", name, post=why, text=quote)]
    (sheet,) = settled(articles, [an_override("official", "TJ", name, post=why)])
    text = sheetfile.dump(sheet)
    assert sheetfile.parse(strict_yaml.parse(text, Path())[0], sheet.type, Path()) == sheet


@given(st.text())
def test_normalising_twice_is_normalising_once(text):
    once = articlefile.normalise(text)
    assert articlefile.normalise(once) == once
    assert not set(once) & set("\r\x85\u2028\u2029\ufeff\x00")


NESTED = st.recursive(
    NASTY, lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NASTY, inner, min_size=1, max_size=3)
)


@given(st.dictionaries(NASTY, NESTED, min_size=1, max_size=3))
def test_what_we_write_as_yaml_we_read_and_write_as_it_was(data):
    text = strict_yaml.dump(data)
    assert strict_yaml.parse(text, Path())[0] == data
    assert strict_yaml.dump(strict_yaml.parse(text, Path())[0]) == text


@given(any_of(a_decision, lambda claim: claim.value and claim.subject == "csto" and claim.kind in BUILT_IN), NASTY)
def test_an_override_that_we_write_is_the_one_we_read(override, why):
    since, until = override.get("since"), override.get("until")
    assume(override.denies or not since or not until or not dates.precedes(until, since))  # which is refused
    text = overridefile.entry(override.kind, override.value, override.fields, deny=override.denies, why=why)
    path = Path("overrides/organisations/csto.yml")
    ((back, _),) = overridefile.read(path, Path("overrides"), BUILT_IN, NAMES, text)[0]
    assert (back.kind, back.value, back.fields, back.denies, back.why) == (
        override.kind, override.value, override.fields, override.denies, why
    )  # fmt: skip


DAYS = st.dates(date(1990, 1, 1), date(2030, 1, 1))
NEAR = st.dates(date(2011, 6, 1), date(2013, 6, 1))
WEAKER = {
    "over": {"over", "possibly over", "possibly begun"},
    "possibly over": {"possibly over", "possibly begun"},
    "current": {"current", "possibly over", "possibly begun"},
    "due": {"due", "possibly over", "possibly begun"},
    "announced": {"announced", "due", "possibly over", "possibly begun"},
}
"""What a coarser date may turn a state into; `due` says no more of the start than that it may have come."""


def coarser(day, precision):
    return dates.trim(day.isoformat(), precision)


PRECISIONS = st.sampled_from(["year", "month", "day"])


@given(
    some(NEAR), some(NEAR), NEAR, PRECISIONS, PRECISIONS, st.sampled_from(["holds", "will-take", "took-over", "hands-over"])
)
def test_a_state_by_coarser_dates_is_no_more_certain(since, until, today, to, also, phase):
    assume(not since or not until or since <= until)

    def found(since_to, until_to):
        fields = {"phase": phase, "since": since and coarser(since, since_to), "until": until and coarser(until, until_to)}
        fields = {name: text for name, text in fields.items() if text}
        return state(Fact("presidency", "AM", "Armenia", fields, "settled", "articles", {}, ()), today)

    assert found(to, also) in WEAKER[found("day", "day")]


EVENTS = st.lists(st.tuples(st.sampled_from(["member", "former", "suspended"]), NEAR, PRECISIONS, st.booleans()), max_size=4)


@given(EVENTS, NEAR)
def test_a_status_by_coarser_dates_is_the_same_or_open(events, day):
    def found(exactly):
        told = [(status, coarser(when, "day" if exactly else to), seen) for status, when, to, seen in events]
        timeline = [Event(status, None if seen else when, when if seen else None) for status, when, seen in told]
        timeline.sort(key=lambda event: (dates.sort_key(event.date or event.as_of), event.status))
        return status_on(Fact("membership", "AM", "Armenia", {}, "settled", "articles", {}, (), tuple(timeline)), day)

    assume(len({when for _, when, _, _ in events}) == len(events))
    assert found(exactly=False) in (found(exactly=True), None)


@given(st.lists(st.tuples(st.sampled_from(STATES), NEAR, PRECISIONS), max_size=4), NEAR)
def test_terms_by_coarser_dates_are_no_more_certain(terms, today):
    def found(exactly):
        told = [(code, coarser(when, "day" if exactly else to), n) for n, (code, when, to) in enumerate(terms)]
        told.sort(key=lambda term: dates.sort_key(term[1]))
        facts = [Fact("presidency", code, code, {"since": when}, "settled", "articles", {}, ()) for code, when, _ in told]
        return {n: state for (_, _, n), state in zip(told, standings(facts, KINDS, today), strict=True)}

    exact = found(exactly=True)
    assert all(state in WEAKER[exact[n]] for n, state in found(exactly=False).items())


@given(some(st.sampled_from(DATES)), some(st.sampled_from(DATES)), st.dates(date(1940, 1, 1), date(2030, 1, 1)))
def test_a_state_is_never_more_certain_than_its_dates(since, until, today):
    fields = {name: text for name, text in (("since", since), ("until", until)) if text}
    found = state(Fact("presidency", "AM", "Armenia", fields, "settled", "articles", {}, ()), today)
    if found == "over":
        assert until
        assert dates.bounds(until).latest <= today
    if found == "current" and since:
        assert dates.bounds(since).earliest <= today


@given(
    st.lists(st.tuples(st.sampled_from(["member", "former"]), st.sampled_from(DATES)), max_size=3),
    st.dates(date(1940, 1, 1), date(2030, 1, 1)),
)
def test_a_status_on_a_day_is_never_more_certain_than_its_events(events, day):
    timeline = tuple(Event(status, when) for status, when in sorted(events, key=lambda e: dates.sort_key(e[1])))
    found = status_on(Fact("membership", "AM", "Armenia", {}, "settled", "articles", {}, (), timeline), day)
    if found:
        begun = [event for event in timeline if dates.bounds(event.date).earliest <= day]
        assert found == begun[-1].status
        assert any(event.status == found and dates.bounds(event.date).latest <= day for event in begun)


@given(ARTICLES, OVERRIDES, ROWS, LISTINGS, st.dates(date(1985, 1, 1), date(2030, 1, 1)))
def test_the_past_adds_days_before_all_others_and_nothing_else(articles, overrides, listed, past, day):
    def about(sheets):
        members = (fact for sheet in sheets for fact in sheet.facts if (sheet.id, fact.kind) == ("csto", "membership"))
        return {fact.value: fact for fact in members}

    before, after = about(settled(articles, overrides, listed)), about(settled(articles, overrides, listed, past))
    for value, fact in before.items():
        claims = tuple(claim for claim in after[value].claims if not claim.lapsed)
        assert replace(after[value], events=fact.events, claims=claims) == fact
        told = dates.bounds(when(fact.events[0]))
        if day >= told.latest:
            assert status_on(after[value], day) == status_on(fact, day)
        elif day >= told.earliest:
            assert status_on(after[value], day) in (status_on(fact, day), None)


@given(LISTINGS, st.dates(date(1985, 1, 1), date(2030, 1, 1)))
def test_an_edition_is_believed_for_its_own_time_alone(past, day):
    for fact in (fact for sheet in settled(past) for fact in sheet.facts):
        status = status_on(fact, day)
        periods = [
            period.split("/") for claim in fact.claims if claim.get("status") == status for period in claim.listed.split()
        ]
        assert status is None or any(int(a) <= day.year <= int(b) + 1 for a, b in periods)


PIECES = (
    "| |-|, |. |'|1949|2002|1990s|4|25th|31|half|first|decade|May|mar|Sept.|december|monday|sundays|on|late|the|following"
    "|year|same|that|ten|a|years|later|more than|ago|anniversary|annual|yearlong|today|last|this|after|its|summit|of|since"
    "|Mayor|July"
).split("|")


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.booleans())
@settings(max_examples=300)
def test_a_date_begins_only_where_a_word_or_a_number_of_its_patterns_does(pieces, spaced):
    text = (" " if spaced else "").join(pieces)
    found = [*times.expressions(text)]
    anywhere, times._begun_by = times._begun_by, lambda _: range(len(times._PATTERNS))
    try:
        assert found == [*times.expressions(text)]
    finally:
        times._begun_by = anywhere
