"""The rules of preference: cases in words in tests/settle/, and what they cannot say."""

import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import KINDS, NAMES, TODAY, a_claim, an_override, one, settle

from generator import strict_yaml
from generator.model import Claim
from generator.reconcile import idle_overrides, reconcile
from generator.timeline import started, state

FILES = sorted(Path(__file__).parent.glob("settle/*.yml"))
CASES = [case for path in FILES for case in strict_yaml.read(path)[0]]


def claim_of(item):
    item = dict(item)
    kind, subject, value = item.pop("kind"), item.pop("subject", "csto"), item.pop("value")
    if item.pop("override", None):
        return an_override(kind, subject, value, **{**item, "denies": item.get("denies") == "yes"})
    typed = {"confidence": float, "start": int}
    return a_claim(kind, subject, value, **{key: typed.get(key, str)(text) for key, text in item.items()})


def in_words(fact):
    events = "; ".join(f"{e.status} {e.date}" if e.date else f"{e.status} seen {e.as_of}" for e in fact.events)
    own = {name: getattr(fact, name) for name in ("kind", "value", "verdict", "decided_by", "confirmed")}
    own["reason"] = "; ".join(f"{rule} {says}" for rule, says in fact.reason.items())
    return {**own, **fact.fields, "events": events}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_claims_settle_as_told(case):
    found = [in_words(fact) for fact in settle(*map(claim_of, case["claims"]))]
    assert len(found) == len(case["facts"]), found
    for wanted, got in zip(case["facts"], found, strict=True):
        for name, text in wanted.items():
            assert text in got["reason"] if name == "reason" else got.get(name) == text, f"{name}: {got}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_every_claim_is_kept_whatever_becomes_of_it(case):
    claims = [claim_of(item) for item in case["claims"]]
    (sheet,) = reconcile(claims, KINDS, NAMES)
    kept = [claim for fact in sheet.facts for claim in fact.claims] + list(sheet.denied)
    assert sorted(claim.id for claim in kept) == sorted(claim.id for claim in claims)


def test_the_winner_stands_first_among_the_claims():
    fact = one(a_claim("founding", value="2003", event="established", article="x"),
               a_claim("founding", value="2002", event="established", article="b"),
               a_claim("founding", value="2002", event="established", article="c"))  # fmt: skip
    assert [claim.value for claim in fact.claims] == ["2002", "2002", "2003"]


def test_a_member_without_a_record_is_settled_by_name():
    claim = a_claim("membership", "plg", None, value_name="Bougainville", status="observer")
    assert (one(claim).value, one(claim).value_name) == (None, "Bougainville")


def test_a_reason_counts_sources_and_names_neither_articles_nor_dates():
    fact = one(a_claim("founding", value="2002", event="established", article="b"),
               a_claim("founding", value="2002-10", event="established", article="c"),
               a_claim("founding", value="2003", event="established", article="d"))  # fmt: skip
    told = {"sources": "2", "vaguer": "1", "chosen": "said by more sources", "otherwise": "1", "disputed": "value"}
    assert fact.reason == told


def test_an_override_of_a_post_in_another_spelling_is_about_the_same_office():
    said = a_claim("official", "RU", "Andrei Belousov", post="defense minister", status="current")
    override = an_override("official", "RU", "Andrei Belousov", post="Defence Minister", since="2024-05-14")
    assert one(said, override).claims == (override, said)
    plain = an_override("official", "RU", "Andrei Belousov", post="Defence Minister")
    assert idle(said, plain) == ["the articles now say the same"]
    denial = an_override("official", "RU", "Andrei Belousov", post="Defence-Minister", denies=True)
    assert settle(said, denial) == []


def test_who_hands_over_held_the_presidency_until_then():
    holds = a_claim("presidency", value="TJ", phase="holds", since="2014-12", article="a", said="2015-02-01")
    gives = a_claim("presidency", value="TJ", phase="hands-over", until="2015-09-15", article="b", said="2015-09-20")
    assert (one(holds, gives).get("since"), one(holds, gives).get("until")) == ("2014-12", "2015-09-15")
    assert started(one(gives)) == "2015-09-15"
    assert state(one(gives), TODAY) == "over"
    undated = a_claim("presidency", value="TJ", phase="hands-over", said="2015-09-20")
    assert state(one(undated), TODAY) == "possibly over"


def test_a_reference_alone_says_so():
    claim = a_claim("membership", value="AM", ref="factbook-2025#csto/AM", status="member")
    assert one(claim).decided_by == "reference"


def test_claims_of_a_kind_that_is_gone_are_left_out():
    assert settle(Claim("weather", "csto", "CSTO", "organisation", "rain", "rain")) == []


def idle(*claims):
    return [message.split(";")[0] for _, message in idle_overrides(claims, KINDS, NAMES)]


def test_a_denial_of_what_nobody_says_is_reported():
    denial = an_override(value="UZ", status="member", denies=True)
    assert idle(a_claim(value="AM", status="member"), denial) == ["this denial matches nothing that an article says"]
    assert idle(a_claim(value="UZ", status="member"), denial) == []


def test_a_correction_that_articles_now_agree_with_is_reported():
    override = an_override("founding", value="2002-10-07", event="established")
    vague, exact = (a_claim("founding", value=value, event="established") for value in ("2002", "2002-10-07"))
    assert idle(vague, override) == []
    assert idle(vague, exact, override) == ["the articles now say the same"]


def test_an_older_source_of_an_earlier_status_is_history_and_no_contradiction():
    was = [a_claim(status=status, said=said, article=said) for status, said in (("observer", "1999"), ("candidate", "2001"))]
    now = [
        a_claim(status="member", since="2004-05-01", said="2004-05-02"),
        a_claim(status="member", said="2020", article="b"),
    ]
    assert one(*was, *now).reason == {"sources": "2", "earlier": "2"}
    later = a_claim(status="observer", said="2004", article="c")
    told = {"sources": "2", "otherwise": "1", "earlier": "2"}
    assert one(*was, *now, later).reason == told, "it may have been a member by then"
    unheard_of = a_claim(status="partner", said=None, article="d")
    assert one(*was, *now, unheard_of).reason["otherwise"] == "1", "nobody knows when that was said"


def test_that_it_has_ended_without_a_source_that_says_former_makes_no_contradiction_of_an_older_one():
    left = a_claim(value="UZ", status="member", since="1999", until="2012-06", said="2013", article="b")
    was = a_claim(value="UZ", status="member", said="2006", article="a")
    fact = one(was, left)
    assert (fact.get("status"), fact.claims[0]) == ("former", left)
    assert fact.reason == {"sources": "1", "earlier": "1"}


def test_a_dispute_says_what_put_the_value_shown_first_first():
    def why(*claims):
        return one(*(claim for claim in claims)).reason["chosen"]

    def founded(value, article, said="2015", **more):
        return a_claim("founding", value=value, event="established", article=article, said=said, **more)

    assert why(founded("2002", "a"), founded("2003", "b"), founded("2002", "c")) == "said by more sources"
    assert why(founded("2002", "a", "2016"), founded("2003", "b")) == "said last"
    assert why(founded("2002", "a", confidence=0.95), founded("2003", "b", confidence=0.9)) == "surer"
    assert why(founded("2002", "a"), replace(founded("2003", "b"), quote=None, ref="t#b")) == "said by an article"
    assert "chosen" not in one(founded("2002-10-07", "a"), founded("2002", "b")).reason


def test_a_fact_with_thousands_of_sources_takes_no_more_work_for_each():
    """Counted in calls of functions, which no busy machine disturbs: four times the sources, some four times the calls."""

    def calls(number):
        days = [(date(2015, 1, 1) + timedelta(days=n * 3 % 3_000)).isoformat() for n in range(number)]
        told = [
            claim
            for n, day in enumerate(days)
            for claim in (
                a_claim(
                    "membership", value="AM", article=f"a-{n}", said=day, status="candidate" if n % 50 == 7 else "member"
                ),
                a_claim("presidency", value="TJ", article=f"b-{n}", said=f"2015-01-{1 + n % 28:02}", phase="holds"),
                a_claim("official", value=f"Ann Lee {n % 20}", article=f"c-{n}", said=day, post="spokesman"),
                a_claim("founding", value="2002" if n % 3 else "2002-10", article=f"d-{n}", said=day, event="established"),
                a_claim("size", value=str(6 + n % 2), article=f"e-{n}", said=day),
                a_claim("membership", value="RS", article=f"f-{n}", said=day, status="observer"),
                a_claim(
                    "official",
                    value="Bea Roe",
                    article=f"g-{n}",
                    said=day,
                    post="head",
                    status="former" if day > "2015-06" else "current",
                ),
            )
        ]
        told.append(an_override(value="RS", denies=True, status="observer"))
        count = 0

        def counted(frame, event, arg):
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(counted)
        try:
            stood = [state(fact, date(2015, 3, 1)) for fact in settle(*told)]
        finally:
            sys.setprofile(None)
        assert len(stood) > 20
        return count

    calls(1_600)  # what is found out once of dates and names
    few, many = calls(400), calls(1_600)
    assert many < 5 * few
