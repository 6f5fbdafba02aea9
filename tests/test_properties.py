"""What holds for any claims at all."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from conftest import KINDS, NAMES, a_claim, an_override
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import content, dates, sheetfile, strict_yaml
from generator.model import Event, Fact
from generator.reconcile import reconcile, source_claims
from generator.timeline import state, status_on

settings.register_profile("factsheets", deadline=None, max_examples=60)
settings.load_profile("factsheets")

DATES = st.sampled_from(["1949", "1949-04-04", "1949-04", "2002", "2002~", "2002-10-07", "2003", "2015-09-15", "2024-40"])
SAID = st.none() | st.sampled_from(["2003-01-01", "2015-09-14", "2015", "2024-06-01"])
STATES = st.sampled_from(["AM", "BY", "UZ"])
NASTY = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=30)


def some(strategy):
    return st.none() | strategy


def a_kind(name, values, **fields):
    return st.tuples(st.just(name), values, st.fixed_dictionaries(fields))


def kind_fields():
    statuses = st.sampled_from(KINDS["membership"].fields["status"].values)
    offices = some(st.sampled_from(["current", "former", "acting"]))
    span = {"since": some(DATES), "until": some(DATES)}
    phases = st.sampled_from(["holds", "will-take", "took-over"])
    people, posts = st.sampled_from(["Ann Lee", "Lee", "Bo Ek"]), st.sampled_from(["President", "Deputy Chief"])
    return st.one_of(
        a_kind("membership", STATES, status=statuses, **span),
        a_kind("founding", DATES, event=st.sampled_from(["established", "treaty-signed"])),
        a_kind("official", people, post=posts, status=offices, **span),
        a_kind("presidency", STATES, phase=phases, since=some(DATES), duration=some(st.just("P1Y"))),
    )


@st.composite
def claims(draw, make=a_claim):
    kind, value, fields = draw(kind_fields())
    fields = {name: text for name, text in fields.items() if text}
    if make is an_override:
        return an_override(kind, "csto", value, denies=draw(st.booleans()), **fields)
    return a_claim(
        kind, "csto", value, article=draw(st.sampled_from("abcd")), said=draw(SAID),
        confidence=draw(st.sampled_from([0.5, 0.9, 0.95])), start=draw(st.integers(0, 3)) * 200, **fields,
    )  # fmt: skip


ARTICLES = st.lists(claims(), max_size=8)


@st.composite
def rows(draw):
    claim = draw(claims())
    key = "/".join([claim.subject, claim.value, claim.get("event") or claim.get("post") or ""])
    said = draw(st.sampled_from(["2004", "2020-12-17", "2025"]))
    return replace(claim, quote=None, rule="", ref=f"{draw(st.sampled_from(['one', 'two']))}#{key}", said=said)


ROWS = st.lists(rows(), max_size=4)
OVERRIDES = st.lists(claims(an_override), max_size=2)


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
    texts = [sheetfile.dump(sheet) for sheet in sheets]
    read = [sheetfile.parse(strict_yaml.parse(t, Path())[0], s.type, Path()) for t, s in zip(texts, sheets, strict=True)]
    assert [sheetfile.dump(sheet) for sheet in settled(source_claims(read), overrides, listed)] == texts


@given(ARTICLES, OVERRIDES)
def test_no_claim_is_ever_lost(articles, overrides):
    kept = {claim.id for claim in source_claims(settled(articles, overrides))}
    assert kept == {claim.id for claim in articles}


@given(ARTICLES, claims(an_override))
def test_an_override_always_wins(articles, override):
    found = [fact for sheet in settled(articles, [override]) for fact in sheet.facts]
    if override.denies:
        for fact in found:
            assert fact.value != override.value or any(
                (fact.get(name) != text and all(c.get(name) != text for c in fact.claims)) or name in override.fields
                for name, text in (override.fields or {"": ""}).items()
            )
    else:
        (fact,) = [fact for fact in found if fact.decided_by == "override"]
        assert fact.kind == override.kind
        assert fact.value == override.value or override.value in fact.value
        assert {**fact.fields, **override.fields} == dict(fact.fields)


@given(ARTICLES)
def test_what_the_winner_says_said_once_more_changes_no_value(articles):
    for fact in [fact for sheet in settled(articles) for fact in sheet.facts if fact.verdict == "settled"]:
        winner = fact.claims[0]
        again = replace(winner, quote=replace(winner.quote, article="z"))
        after = [f for sheet in settled(articles, [again]) for f in sheet.facts]
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


@given(ARTICLES)
def test_without_an_article_the_facts_are_as_if_it_had_never_been(articles):
    left = [claim for claim in articles if claim.quote.article != "a"]
    after = [claim for claim in source_claims(settled(articles)) if claim.quote.article != "a"]
    assert settled(after) == settled(left)


@given(NASTY, NASTY, NASTY)
def test_any_text_comes_back_from_the_file_as_it_went_in(quote, name, why):
    articles = [a_claim("official", "TJ", name, post=why, text=quote)]
    (sheet,) = settled(articles, [an_override("official", "TJ", name, post=why)])
    text = sheetfile.dump(sheet)
    assert sheetfile.parse(strict_yaml.parse(text, Path())[0], sheet.type, Path()) == sheet


@given(st.text())
def test_normalising_twice_is_normalising_once(text):
    once = content.normalise(text)
    assert content.normalise(once) == once
    assert not set(once) & set("\r\x85\u2028\u2029\ufeff\x00")


@given(some(DATES), some(DATES), st.dates(date(1940, 1, 1), date(2030, 1, 1)))
def test_a_state_is_never_more_certain_than_its_dates(since, until, today):
    fields = {name: text for name, text in (("since", since), ("until", until)) if text}
    found = state(Fact("presidency", "AM", "Armenia", fields, "settled", "articles", {}, ()), today)
    if found == "over":
        assert until
        assert dates.bounds(until).latest <= today
    if found == "current" and since:
        assert dates.bounds(since).earliest <= today


@given(
    st.lists(st.tuples(st.sampled_from(["member", "former"]), DATES), max_size=3),
    st.dates(date(1940, 1, 1), date(2030, 1, 1)),
)
def test_a_status_on_a_day_is_never_more_certain_than_its_events(events, day):
    timeline = tuple(Event(status, when) for status, when in sorted(events, key=lambda e: dates.sort_key(e[1])))
    found = status_on(Fact("membership", "AM", "Armenia", {}, "settled", "articles", {}, (), timeline), day)
    if found:
        begun = [event for event in timeline if dates.bounds(event.date).earliest <= day]
        assert found == begun[-1].status
        assert any(event.status == found and dates.bounds(event.date).latest <= day for event in begun)
