"""What waits for a person, the decisions that settle it, and that a person's file survives them byte for byte."""

import json
import re
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
import yaml
from conftest import KINDS, NAMES, TODAY, a_claim, a_project, write_files
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from test_cli import typed
from test_properties import CLAIMS
from test_render import Read, csto, pages, text_of

from generator import build, content, dates, referencefile, review, schemas
from generator import kinds as kind_files
from generator.errors import ContentError, FactsheetsError
from generator.export import claim_line
from generator.reconcile import reconcile
from generator.render.evidence import QUOTED

ROOT = Path(__file__).parent.parent
EMPTY = build.refresh(Path("nowhere"), today=TODAY)
CSTO = "content/overrides/organisations/csto.yml"
WEAK = a_claim(value="BY", status="member", confidence=0.5)
ANNOUNCED = a_claim("presidency", value="RU", phase="will-take", since="2026-01-01", said="2025-11-01", article="b")


def refreshed(root, today=TODAY):
    return build.refresh(root, today=today)


def waiting(root, today=TODAY):
    return review.queue(refreshed(root, today), today)


def decide(root, item, text=None):
    content.append_override(root, item.place, text or item.override, KINDS, NAMES)


def fact_of(root, kind, value):
    found = [fact for sheet in refreshed(root).sheets for fact in sheet.facts]
    return next((fact for fact in found if (fact.kind, fact.value) == (kind, value)), None)


def test_what_readers_see_and_may_be_wrong_comes_before_what_they_do_not_see(project):
    signed = [a_claim("founding", value=v, event="treaty-signed", article=a) for v, a in (("1992", "c"), ("1993", "d"))]
    root = project([WEAK, ANNOUNCED, *signed])
    assert [item.reason for item in waiting(root)] == ["overdue", "disputed", "unsure"]


def test_an_accepted_reading_becomes_a_fact_and_is_not_asked_again(project):
    root = project([WEAK])
    (item,) = waiting(root)
    assert fact_of(root, "membership", "BY").verdict == "needs-review"
    decide(root, item)
    assert fact_of(root, "membership", "BY").verdict == "settled"
    assert waiting(root) == []


def test_a_rejected_reading_is_denied_and_is_not_asked_again(project):
    root = project([WEAK])
    (item,) = waiting(root)
    decide(root, item, review.reject(item, KINDS, "A slip of the reporter's."))
    assert fact_of(root, "membership", "BY") is None
    assert waiting(root) == []


def test_rejecting_one_side_of_a_dispute_leaves_the_other(project):
    root = project([a_claim("founding", value=v, event="established", article=a) for v, a in (("1992", "c"), ("1993", "d"))])
    (item,) = waiting(root)
    decide(root, item, review.reject(item, KINDS, "A misprint."))
    other = {"1992": "1993", "1993": "1992"}[item.says.value]
    assert fact_of(root, "founding", other).verdict == "settled"
    assert fact_of(root, "founding", item.says.value) is None


def test_a_handover_is_overdue_from_the_day_after_its_day_until_somebody_confirms_it(project):
    root = project([ANNOUNCED])
    assert waiting(root, date(2026, 1, 1)) == []
    (item,) = waiting(root, date(2026, 1, 2))
    assert (item.reason, item.says.fields["phase"]) == ("overdue", "took-over")
    decide(root, item)
    assert waiting(root) == []


def test_an_announced_exit_whose_day_has_passed_is_overdue(project):
    leaving = a_claim(value="AM", status="member", until="2026-05-01", said="2026-04-01")
    root = project([leaving])
    (item,) = waiting(root)
    assert (item.reason, item.says.fields) == ("overdue", {"status": "former", "until": "2026-05-01"})
    decide(root, item)
    assert fact_of(root, "membership", "AM").fields["status"] == "former"
    assert waiting(root) == []


def test_a_term_that_others_have_followed_is_not_overdue(project):
    followed = a_claim("presidency", value="KZ", phase="took-over", since="2026-03-01", said="2026-03-02", article="c")
    assert waiting(project([ANNOUNCED, followed])) == []


def test_words_that_are_gone_from_their_article_wait(project):
    root = project([a_claim(value="AM", status="member")])
    path = root / "content/articles/a.md"
    path.write_text(path.read_text().replace("AM membership", "XX membership"))
    (item,) = waiting(root)
    assert (item.reason, item.says.value) == ("orphaned", "AM")


def test_a_decision_comes_back_only_when_what_speaks_against_it_changes(tmp_path):
    first = [a_claim("founding", value=v, event="established", article=a) for v, a in (("1992", "c"), ("1993", "d"))]
    root = a_project(tmp_path, first)
    (item,) = waiting(root)
    decide(root, item)
    agrees = a_claim("founding", value=item.says.value, event="established", article="e")
    assert waiting(a_project(root, [*first, agrees])) == []
    (again,) = waiting(a_project(root, [*first, a_claim("founding", value="1999", event="established", article="f")]))
    assert again.reason == "drifting"
    decide(root, again)
    assert waiting(root) == []


def test_a_denial_comes_back_when_a_further_source_says_what_it_denies(tmp_path):
    root = a_project(tmp_path, [WEAK])
    (item,) = waiting(root)
    decide(root, item, review.reject(item, KINDS, "No."))
    (again,) = waiting(a_project(root, [WEAK, a_claim(value="BY", status="member", article="wire")]))
    assert again.reason == "drifting"
    decide(root, again)
    assert waiting(root) == []


def test_an_id_stays_when_the_words_move_and_changes_when_a_source_joins(tmp_path):
    (one,) = waiting(a_project(tmp_path / "one", [WEAK]))
    moved = a_claim(value="BY", status="member", confidence=0.5, start=80, text=WEAK.quote.text)
    (two,) = waiting(a_project(tmp_path / "two", [moved]))
    (three,) = waiting(a_project(tmp_path / "three", [WEAK, replace(moved, said="2016-01-01")]))
    (four,) = waiting(
        a_project(tmp_path / "four", [WEAK, a_claim(value="BY", status="member", confidence=0.5, article="z")])
    )
    assert one.id == two.id
    assert four.id not in (one.id, three.id)


def test_a_corrected_value_takes_the_wrong_one_away(project):
    root = project([WEAK])
    (item,) = waiting(root)
    decide(root, item, review.accept(item, KINDS, "It is Kazakhstan.", {"value": "Kazakhstan"}))
    assert fact_of(root, "membership", "BY") is None
    assert fact_of(root, "membership", "KZ").decided_by == "override"
    assert waiting(root) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=st.lists(CLAIMS.filter(lambda c: c.subject == "csto" and c.kind in KINDS), min_size=1, max_size=6),
    how=st.sampled_from(["accept", "reject"]),
    pick=st.integers(0, 9),
)
def test_whatever_is_decided_is_not_asked_again(tmp_path_factory, found, how, pick):
    project = EMPTY
    project = replace(project, sheets=tuple(reconcile(found, KINDS, NAMES)))
    items = [item for item in review.queue(project, TODAY) if item.reason != "orphaned"]
    if not items:
        return
    item = items[pick % len(items)]
    since, until = item.says.get("since"), item.says.get("until")
    assume(not since or not until or not dates.precedes(until, since))  # a person has to mend that
    root = tmp_path_factory.mktemp("decided")
    decide(root, item, getattr(review, how)(item, KINDS, "Known."))
    overrides = content.load_overrides(root, KINDS, NAMES)
    assert not overrides.problems
    sheets = tuple(reconcile([*found, *overrides.claims], KINDS, NAMES))
    left = review.queue(replace(project, overrides=overrides, sheets=sheets), TODAY)
    assert item.id not in [other.id for other in left]
    assert not [other for other in left if other.reason == "drifting"]


FOUNDING = """- kind: founding
  event: established
  value: 2002  # about
  why: >-
    Long ago,

    it was."""
DENIAL = "- {deny: {kind: membership, value: AR}, why: 'No: # not'}"
ANOTHER = '- why: "Ünïcode"\n  value: KZ\n  kind: membership'
LINES = st.sampled_from(["# a note", "", "   ", "#", FOUNDING, DENIAL, ANOTHER])


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(LINES, unique=True), indent=st.sampled_from(["", "  "]), eol=st.sampled_from(["\n", "\r\n"]),
    head=st.sampled_from(["", "\ufeff", "---\n"]), end=st.sampled_from(["", "\n", "\n\n# the end\n"]),
)  # fmt: skip
def test_what_a_person_wrote_survives_byte_for_byte(tmp_path_factory, lines, indent, eol, head, end):
    root = tmp_path_factory.mktemp("files")
    text = head + "\n".join(indent + line.replace("\n", "\n" + indent) for line in lines) + end
    old = text.replace("\n", eol).encode()
    write_files(root, {CSTO: old})
    before = content.load_overrides(root, KINDS, NAMES)
    assert not before.problems
    (item,) = waiting_for(WEAK)
    decide(root, item)
    assert (root / CSTO).read_bytes().startswith(old)
    after = content.load_overrides(root, KINDS, NAMES)
    assert not after.problems
    assert [claim.value for claim in after.claims] == [*(claim.value for claim in before.claims), "BY"]


def waiting_for(*found):
    project = EMPTY
    return review.queue(replace(project, sheets=tuple(reconcile(found, KINDS, NAMES))), TODAY)


@pytest.mark.parametrize("text", ["[]\n", "- {kind: founding\n", "- {kind: membership, value: BY}\n"])
def test_a_file_that_cannot_be_added_to_stays_as_it_is(project, text):
    root = project([], {CSTO: text})
    (item,) = waiting_for(WEAK)
    with pytest.raises(ContentError):
        decide(root, item)
    assert (root / CSTO).read_text() == text


def test_a_correction_to_nothing_known_writes_nothing(project):
    root = project([WEAK])
    (item,) = waiting(root)
    with pytest.raises(ContentError, match="Belarusx"):
        decide(root, item, review.accept(item, KINDS, "So.", {"value": "Belarusx"}))
    assert not (root / CSTO).exists()


def test_a_new_file_begins_with_its_schema(project):
    root = project([WEAK])
    decide(root, waiting(root)[0])
    assert (root / CSTO).read_text().startswith("# yaml-language-server: $schema=../../schemas/overrides.json\n- kind: ")


def test_an_unknown_id_names_the_closest():
    items = waiting_for(WEAK)
    with pytest.raises(FactsheetsError, match="did you mean"):
        review.find(items, items[0].id[:-1] + "z")


def test_review_shows_a_short_quote_within_its_sentence(project):
    beside = a_claim(value="KZ", text=" from 2002 on, as does Kazakhstan. More.", start=WEAK.quote.end)
    root = project([WEAK, beside])
    assert "“BY membership status member” from 2002 on, as does Kazakhstan.\n" in typed(root, "review", "csto").stdout


def test_review_lists_and_accept_writes_and_says_what_changes(project):
    root = project([WEAK])
    listed = typed(root, "review").stdout
    assert "unsure\tCollective Security Treaty Organization\tmembership: Belarus, status member" in listed
    full = typed(root, "review", "csto").stdout
    assert "“BY membership status member”" in full
    assert "value: BY" in full
    item = listed.split("\t")[0]
    assert "say why" in typed(root, "accept", item).stderr
    done = typed(root, "accept", item, "--why", "The ministry says so.")
    assert done.returncode == 0, done.stderr
    assert "membership: Belarus, status member: changed (settled; The ministry says so." in done.stdout
    assert "why: The ministry says so." in (root / CSTO).read_text()
    assert typed(root, "reject", item, "--why", "x").returncode == 1


def test_correct_takes_fields_and_refuses_what_is_no_pair(project):
    root = project([WEAK])
    item = typed(root, "review").stdout.split("\t")[0]
    assert typed(root, "correct", item, "--why", "x").returncode == 2
    assert typed(root, "correct", item, "--field", "since", "--why", "x").returncode == 2
    assert "did you mean 'since'" in typed(root, "correct", item, "--field", "sinse=2002", "--why", "x").stderr
    assert typed(root, "correct", item, "--field", "since=2002", "--why", "x").returncode == 0
    assert fact_of(root, "membership", "BY").fields["since"] == "2002"


def test_the_review_page_shows_the_words_and_the_override_and_is_not_searched():
    (item,) = waiting_for(WEAK)
    page = pages(csto(), review=[item])["review/index.md"]
    assert "search:\n  exclude: true" in page.text
    assert item.override.strip() in Read(page.text).text
    assert "BY membership status member" in text_of(page)
    assert "review/index.md" not in pages(csto())


def test_hostile_words_stay_words_on_the_review_page():
    (item,) = waiting_for(a_claim("official", "TJ", "<script>x</script>", post="{{ 1 }}", text="</pre><b>", confidence=0.5))
    read = Read(pages(csto(), review=[item])["review/index.md"].text)
    assert "script" not in read.tags
    assert "<script>x</script>" in read.text
    assert "</pre><b>" in read.text


def test_each_fact_can_be_reported_with_the_override_that_states_it(tmp_path):
    page = pages(csto(), repository="https://github.com/example/factsheets/")["organisations/csto.md"]
    links = [link for link in Read(page.text).links if "/issues/new?" in link]
    assert len(links) == page.text.count("<details")
    for link in links:
        assert urlsplit(link).path == "/example/factsheets/issues/new"
        form = parse_qs(urlsplit(link).query)
        assert form["template"] == ["fact.yml"]
        assert form["title"][0].startswith("Collective Security Treaty Organization, ")
        (said,) = yaml.safe_load(form["override"][0])
        assert said["kind"] in KINDS
    sent = form["override"][0].replace("why: ''", "why: So.")
    write_files(tmp_path, {CSTO: sent})
    assert not content.load_overrides(tmp_path, KINDS, NAMES).problems


def test_facts_that_rest_on_a_table_alone_are_reported_by_one_link_a_table_and_page(project, tmp_path):
    table = {
        "content/references/list.yml": "title: A list\npublished: 2014\nlicence: CC0\nkind: membership\n",
        "content/references/list.csv": "organisation,party\ncsto,AM\ncsto,BY\n",
    }
    shown = refreshed(project([], table))
    made = pages(*shown.sheets, references=shown.references.tables, repository="https://example.org/facts")
    forms = {}
    for path in ("organisations/csto.md", "countries/AM.md"):
        (link,) = [link for link in Read(made[path].text).links if "/issues/new?" in link]
        forms[path] = {name: text for name, (text,) in parse_qs(urlsplit(link).query).items()}
    form = forms["organisations/csto.md"]
    assert form["title"] == "Collective Security Treaty Organization, membership: "
    assert form["override"] == "- kind: membership\n  value: ''\n  why: ''\n"
    write_files(tmp_path, {CSTO: form["override"].replace("value: ''", "value: KZ").replace("why: ''", "why: So.")})
    assert [claim.value for claim in content.load_overrides(tmp_path, KINDS, NAMES).claims] == ["KZ"]
    assert forms["countries/AM.md"]["title"] == "Armenia, membership: "
    assert "value: AM" in forms["countries/AM.md"]["override"]


def test_nothing_is_reported_to_no_repository_or_an_unsafe_one():
    for address in (None, "javascript:alert(1)"):
        assert "issues/new" not in pages(csto(), repository=address)["organisations/csto.md"].text


def test_the_form_has_the_field_that_the_link_fills_in():
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/fact.yml").read_text("utf-8"))
    assert "override" in [part.get("id") for part in form["body"]]


class Plain(yaml.SafeLoader):
    """YAML as an editor reads it: numbers are numbers, and there are no timestamps."""


Plain.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in found if not tag.endswith("timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def front(path):
    text = path.read_text("utf-8")
    return text if path.suffix == ".yml" else re.match(r"---\n(.*?\n)---\n", text, re.S)[1]


OURS = {
    "overrides": [*(ROOT / "content/overrides").rglob("*.yml")],
    "organisations": [*(ROOT / "content/organisations").glob("*.yml")],
    "kinds": [*(ROOT / "generator/kinds").glob("*.yml")],
    "article": [*(ROOT / "content/articles").glob("*.md"), *(ROOT / "content/articles").glob("*.yml")],
    "reference": [*(ROOT / "content/references").glob("*.yml")],
    "facts": [*(ROOT / "content/facts/organisations").glob("*.yml"), *(ROOT / "content/facts/countries").glob("*.yml")],
    "changes": [*(ROOT / "content/changes").glob("*.yml")],
}


@pytest.mark.parametrize(("name", "path"), [(name, path) for name in OURS for path in OURS[name]], ids=str)
def test_the_schemas_accept_our_own_files_as_an_editor_reads_them(name, path):
    schema = json.loads(schemas.files(KINDS)[f"{name}.json"])
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(yaml.load(front(path), Plain), schema, jsonschema.Draft7Validator)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("overrides", "- {kind: founding, event: established, value: 2002, why: It is.}"),
        ("organisations", "- {id: a-b, name: A B}"),
        ("overrides", "- {expect: {kind: membership, status: member, min: 6, max: 6}, why: Six signed.}"),
        ("kinds", "{kind: a, cardinality: one, subject: b, value: c, fields: {b: {type: text, optional: true}}}"),
        ("settings", "{model: en_core_web_sm}"),
    ],
)
def test_a_schema_takes_numbers_and_refuses_unknown_keys(name, good):
    check = jsonschema.Draft7Validator(json.loads(schemas.files(KINDS)[f"{name}.json"]))
    assert check.is_valid(yaml.load(good, Plain))
    assert not check.is_valid(yaml.load(good.replace("{", "{colour: red, ", 1), Plain))


def undescribed(schema, at=""):
    """The keys, at any depth, of which a schema does not say what they mean."""
    for key, inside in schema.items() if isinstance(schema, dict) else enumerate(schema if isinstance(schema, list) else ()):
        if key == "properties" and not at.endswith("/if"):
            yield from (f"{at}/{name}" for name, one in inside.items() if one is not True and "description" not in one)
        yield from undescribed(inside, f"{at}/{key}")


@pytest.mark.parametrize("name", schemas.files(KINDS))
def test_a_schema_says_what_each_key_means(name):
    schema = json.loads(schemas.files(KINDS)[name])
    assert {"title", "description"} <= set(schema)
    assert not [*undescribed(schema)]


def test_the_schema_of_claims_is_that_of_the_lines_we_print():
    schema = json.loads(schemas.files(KINDS)["claims.json"])
    lines = [claim_line(claim) for claim in (WEAK, ANNOUNCED, a_claim("treaty", value="x", place="Minsk"))]
    for line in json.loads(json.dumps(lines)):
        jsonschema.validate(line, schema)
        assert set(schema["properties"]) - set(line) <= {"fields", "review"}


def test_the_schema_of_tables_names_the_columns_that_are_no_field():
    assert set(schemas.reference(KINDS)["properties"]["columns"]["properties"]) == set(referencefile.ALSO)


def test_the_saved_schemas_are_those_we_read_by(project):
    for name, text in schemas.files(KINDS).items():
        assert (ROOT / "content/schemas" / name).read_text("utf-8") == text, "run: factsheets schemas"
    root = project()
    assert typed(root, "schemas").returncode == 0
    assert sorted(path.name for path in (root / "content/schemas").iterdir()) == sorted(schemas.files(KINDS))


def test_the_schema_of_kinds_knows_the_keys_that_kinds_knows():
    properties = schemas.WRITTEN["kinds"]["properties"]
    known = {field.name for field in fields(kind_files.Kind)} - {"name", "nots", "path"} | {"kind", "not"}
    assert set(properties) == known
    spec = properties["fields"]["additionalProperties"]["properties"]
    assert set(spec) == {field.name for field in fields(kind_files.Field)} - {"name"}
    assert properties["cardinality"]["enum"] == [*get_args(kind_files.Cardinality)]


def test_our_override_files_name_a_schema_that_is_there():
    for path in OURS["overrides"]:
        first = path.read_text("utf-8").partition("\n")[0]
        assert (path.parent / first.rpartition("=")[2]).resolve().is_file(), path


def test_an_item_of_many_sources_quotes_some_and_says_in_which_file_the_others_stand(project):
    """Not in the data of the site, which have nothing that waits for review."""
    root = project([replace(WEAK, quote=replace(WEAK.quote, article=f"a-{n}")) for n in range(20)])
    (item,) = waiting(root)
    page = pages(csto(), review=[item])["review/index.md"].text
    assert page.count("fs-claim") == QUOTED
    assert (
        f"{20 - QUOTED} more articles tell of it; their words are in <code>content/facts/organisations/csto.yml</code>"
        in page
    )
