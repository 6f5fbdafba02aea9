"""The files for other programs, read by parsers that are not ours."""

import csv
import io
import json
from datetime import date

import icalendar
import jsonschema
import pytest
import rdflib
from conftest import KINDS, NAMES, TODAY, a_claim, an_override, write_files
from frictionless import Package
from hypothesis import given
from hypothesis import strategies as st

from generator import export
from generator.build import refresh
from generator.check import check
from generator.publish import data, publish
from generator.reconcile import reconcile

SITE = "https://example.org/x/"
CLAIMS = [
    a_claim("founding", value="2002-10-07", event="established", start=0),
    a_claim(value="AM", status="member", since="2002", start=80),
    a_claim(value="UZ", status="former", until="2012-12-19", article="b", start=160),
    a_claim("official", value="Ann Lee", value_name="Ann Lee", post="Secretary General", status="current", start=240),
    a_claim("presidency", value="RU", phase="took-over", since="2026-01-01", article="b", said="2026-01-02", start=320),
    a_claim("presidency", value="KZ", phase="will-take", since="2027", article="b", said="2026-01-02", start=400),
    a_claim(value="BY", status="member", article="b", confidence=0.4, start=480),
]


@pytest.fixture
def made(project):
    root = project(CLAIMS, {"content/overrides/organisations/csto.yml": "- {kind: membership, value: KG, why: It is.}\n"})
    published = publish(refresh(root, today=TODAY), site=SITE)
    return {page.path: page.text for page in (*published.pages.values(), *data(published.edition, SITE))}


def test_every_published_fact_has_its_sources_and_a_day(made):
    told, schema = (json.loads(made[f"data/facts{end}.json"]) for end in ("", ".schema"))
    assert told["$schema"] == "facts.schema.json"
    jsonschema.Draft7Validator(schema).validate(told)
    facts = told["facts"]
    assert {(f["kind"], f["value"]) for f in facts} == {
        ("founding", "2002-10-07"), ("membership", "AM"), ("membership", "UZ"), ("membership", "KG"),
        ("official", "Ann Lee"), ("presidency", "RU"), ("presidency", "KZ")}  # fmt: skip
    for fact in facts:
        assert fact["as_of"]
        assert all(source.keys() & {"article", "reference", "override"} for source in fact["sources"])
    russia = next(fact for fact in facts if fact["value"] == "RU")
    assert (russia["today"], russia["since"], russia["sources"][0]["article"]) == ("current", "2026-01-01", "b")


def test_none_is_said_only_with_a_source_and_where_there_is_none(project):
    expected = """- {expect: {kind: official, max: 0}, why: It has no office., source: articles/a}
- {expect: {kind: presidency, max: 0}, why: Nobody presides., source: articles/a}
- {expect: {kind: size, max: 0}, why: Nobody counted.}
- {expect: {kind: founding, event: established, max: 0}, why: By treaty alone., source: https://example.org/}
"""
    root = project([CLAIMS[5]], {"content/overrides/organisations/csto.yml": expected})
    published = publish(refresh(root, today=TODAY), site=SITE)
    (none,) = json.loads(next(data(published.edition)).text)["none"]
    assert (none["subject"], none["kind"], none["as_of"]) == ("csto", "official", TODAY.isoformat())
    assert none["sources"] == [{"override": "organisations/csto.yml", "why": "It has no office.", "address": "articles/a"}]
    page = published.pages["organisations/csto.md"].text
    assert "None. It has no office&#46;" in page or "None. It has no office." in page
    assert "Nobody presides" not in page
    gone = expected.replace("articles/a", "articles/gone")
    write_files(root, {"content/overrides/organisations/csto.yml": gone})
    assert "there is no articles/gone" in " ".join(str(problem) for problem in check(root, today=TODAY))


def test_the_tables_are_a_valid_frictionless_package(made, tmp_path):
    write_files(tmp_path, {path: text for path, text in made.items() if path.startswith("data/")})
    report = Package(str(tmp_path / "data" / "datapackage.json")).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldNumber", "message"])
    members = [*csv.DictReader(io.StringIO(made["data/membership.csv"]))]
    assert {(row["value"], row["today"], row["sources"]) for row in members} == {
        ("AM", "member", "a"), ("UZ", "former", "b"), ("KG", "member", "organisations/csto.yml")}  # fmt: skip


def test_the_calendar_holds_the_handovers_whose_day_is_known(made):
    (event,) = icalendar.Calendar.from_ical(made["data/handovers.ics"]).walk("VEVENT")
    assert event.decoded("dtstart") == date(2026, 1, 1)
    assert str(event["summary"]) == "Collective Security Treaty Organization: Russia"


def test_search_engines_read_who_belongs_and_who_leads(made):
    page = made["organisations/csto.md"]
    text = page.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    about = json.loads(text)
    about["@context"] = {"@vocab": "https://schema.org/", "name": "https://schema.org/name"}  # no network here
    graph = rdflib.Graph().parse(data=json.dumps(about), format="json-ld")
    names = {str(name) for name in graph.objects(None, rdflib.URIRef("https://schema.org/name"))}
    assert names == {"Collective Security Treaty Organization", "Armenia", "Kyrgyzstan", "Ann Lee", "Russia"}
    assert (about["foundingDate"], about["url"]) == ("2002-10-07", SITE + "organisations/csto/")


HOSTILE = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20).map(
    lambda text: text + "</script>\r\nX:1,=1"
)


@given(HOSTILE, st.sampled_from("=+-@\t"))
def test_no_name_gets_out_of_its_place(name, sign):
    claims = [a_claim("official", value=name, value_name=sign + name, post=name, status="current"),
              a_claim("presidency", value="AM", value_name=name, phase="holds", since="2026-01-01"),
              an_override("official", value=name, post=sign)]  # fmt: skip
    sheets = reconcile(claims, KINDS, NAMES)
    found = [(sheet, KINDS[fact.kind], fact, "current") for sheet in sheets for fact in sheet.facts]
    lines, tables = export.lines(found, TODAY)
    assert len(json.loads("".join(export.facts_json([lines, ""], [], TODAY)))["facts"]) == len(found)
    assert "</" not in export.json_ld(sheets[0], found, TODAY, SITE, name)
    terms = [standing for standing in found if standing[1].name == "presidency"]
    assert len(icalendar.Calendar.from_ical(export.calendar(terms, name, TODAY)).walk("VEVENT")) == 1
    for kind in KINDS.values():
        rows = [*csv.reader(io.StringIO("".join(export.table([tables[kind.name]], kind)), newline=""))]
        assert len({len(row) for row in rows}) == 1
        assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]
