"""What held on a day: never more certain than the dates, and the same however it is asked."""

from datetime import date

import pytest
from conftest import KINDS, a_claim, an_override, settle
from hypothesis import given
from hypothesis import strategies as st

from generator import timeline
from generator.model import Event, Fact
from generator.timeline import during, standings, status_on

WRITTEN = st.sampled_from(["2014", "2014-06", "2015-01-31", "2015~", "[2014-02-01,2016-02-01]", "2016"])
DAYS = st.dates(date(2012, 1, 1), date(2018, 12, 31))


def spans(facts, kinds):
    return [timeline.span(fact, timeline.later(fact, facts, kinds)) for fact in facts]


def claims():
    fields = st.fixed_dictionaries({}, optional={"since": WRITTEN, "until": WRITTEN})
    phases = st.sampled_from(["holds", "will-take", "took-over", "hands-over"])
    terms = st.builds(
        lambda f, phase, value, said, n: a_claim("presidency", value=value, article=f"a{n}", said=said, phase=phase, **f),
        fields, phases, st.sampled_from(["AM", "RU"]), st.none() | WRITTEN, st.integers(0, 3))  # fmt: skip
    offices = st.builds(
        lambda f, status, name, said, n: a_claim(
            "official", value=None, value_name=name, article=f"a{n}", said=said, post="Head", status=status, **f),
        fields, st.sampled_from(["current", "former", "elect"]), st.sampled_from(["Ann Lee", "Bo Ek"]), WRITTEN,
        st.integers(0, 3))  # fmt: skip
    members = st.builds(
        lambda f, status, said, n: a_claim(article=f"a{n}", said=said, status=status, **f),
        fields, st.sampled_from(["member", "former", "candidate", "suspended"]), WRITTEN, st.integers(0, 3))  # fmt: skip
    return st.lists(terms | offices | members, min_size=1, max_size=6)


@given(claims(), DAYS)
def test_spans_say_on_any_day_what_the_fact_says(found, day):
    facts = settle(*found)
    for fact, span, state in zip(facts, spans(facts, KINDS), standings(facts, KINDS, day), strict=True):
        said = (status_on(fact, day) or "not known") if fact.events else state
        if said == "announced" and not any(claim.said for claim in fact.claims):
            said = "not begun"
        assert not span or during(span, day.isoformat()) == [said]


@given(claims(), DAYS)
def test_nothing_is_known_before_the_first_date_of_any_source(found, day):
    facts = settle(*found)
    for span in spans(facts, KINDS):
        if span:
            assert span[0][0] == date.min
            assert span[0][1] in ("not known", "not begun")


@pytest.mark.parametrize(
    ("day", "state"),
    [("2012-12-31", "not known"), ("2013-06-01", "current"), ("2014-06-01", "current"), ("2015-06-01", "possibly over"),
     ("2016-06-01", "over")],
)  # fmt: skip
def test_an_office_left_at_a_time_not_told_was_held_until_the_last_source_that_said_so(day, state):
    office = {"kind": "official", "value": None, "value_name": "Ann Lee", "post": "Head"}
    facts = settle(
        a_claim(**office, article="a", said="2013-01-01", status="current"),
        a_claim(**office, article="b", said="2014-12-31", status="current"),
        a_claim(**office, article="c", said="2016-01-01", status="former"),
    )
    assert standings(facts, KINDS, date.fromisoformat(day)) == [state]


@pytest.mark.parametrize(("day", "states"), [("2013-06-01", ["current", "not known"]), ("2016-06-01", ["over", "current"])])
def test_a_successor_ends_an_office_only_from_the_day_it_is_seen(day, states):
    office = {"kind": "official", "value": None, "post": "Head", "status": "current"}
    facts = settle(
        a_claim(**office, value_name="Ann Lee", article="a", said="2013-01-01"),
        a_claim(**{**office, "post": "head"}, value_name="Bo Ek", article="b", said="2016-01-01"),
    )
    assert standings(facts, KINDS, date.fromisoformat(day)) == states


def test_a_year_leaves_all_of_it_open_until_a_source_has_told():
    (fact,) = settle(a_claim("presidency", value="AM", said="2014-09-01", phase="took-over", since="2014"))
    days = ("2013-12-31", "2014-05-01", "2014-09-01")
    assert [standings([fact], KINDS, date.fromisoformat(day)) for day in days] == [
        ["not begun"], ["possibly begun"], ["current"]]  # fmt: skip


def test_a_period_in_which_it_changes_shows_both():
    facts = settle(a_claim(status="member", since="2002-10-07", until="2012-06-28", said="2013"))
    assert during(spans(facts, KINDS)[0], "2012") == ["member", "former"]
    assert during(spans(facts, KINDS)[0], "2001") == ["not known"]


def test_what_nobody_dated_is_not_known_on_any_day():
    facts = settle(an_override(status="member"))
    assert during(spans(facts, KINDS)[0], "2020") == ["not known"]


def a_membership(*events):
    return Fact("membership", "AM", "Armenia", {}, "settled", "articles", {}, (), tuple(Event(*event) for event in events))


def test_two_changes_whose_order_is_open_leave_the_status_open():
    left = a_membership(("former", "2012"), ("member", "2012-06-01"))
    assert [status_on(left, date(year, 12, 31)) for year in (2011, 2012, 2020)] == [None, None, None]
    seen = a_membership(("former", "2012", "2018"), ("member", None, "2012-06-01"))
    assert status_on(seen, date(2013, 1, 1)) is None
    assert status_on(seen, date(2020, 1, 1)) == "former", "it was seen as that last"


def test_of_two_terms_whose_order_is_open_neither_is_certain():
    terms = settle(a_claim("presidency", value="AM", since="2011", said="2011-12-01", phase="holds"),
                   a_claim("presidency", value="RU", since="2011-06", said="2011-12-01", phase="holds",
                           article="b"))  # fmt: skip
    assert standings(terms, KINDS, date(2012, 6, 1)) == ["possibly over", "possibly over"]
    earlier = settle(a_claim("presidency", value="AM", since="2011", until="2011-05", said="2011-12-01"),
                     a_claim("presidency", value="RU", since="2011-06", said="2011-12-01", article="b"))  # fmt: skip
    assert standings(earlier, KINDS, date(2012, 6, 1)) == ["over", "current"]
