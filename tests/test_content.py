"""Reading what people write, and saying what is wrong with it."""

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from conftest import KINDS, NAMES, a_claim, an_override, write_files
from hypothesis import given
from hypothesis import strategies as st

from generator import articlefile, content, disk, sheetfile, strict_yaml
from generator.content import MadeFrom
from generator.errors import ContentError
from generator.model import Sheet
from generator.reconcile import reconcile


@given(
    st.text(
        st.one_of(st.characters(), st.sampled_from("a e\u0301\n\r\t\x0b\x85\u00a0\u2028\u200b\ufeff\u00adé")), max_size=8
    )
)
def test_a_text_is_normalised_the_same_whether_or_not_it_needs_to_be(text):
    plain = unicodedata.normalize("NFC", strict_yaml.UNSEEN.sub("", articlefile._BREAKS.sub("\n", text)))
    assert articlefile.normalise(text) == plain


def complaints(load, *args):
    """Every problem that loading tells or raises, as `path:line: message` with its hint."""
    try:
        problems = load(*args)[1]
    except ContentError as error:
        problems = error.problems
    return [str(problem) for problem in problems]


def article(root, name, text):
    write_files(root, {f"content/articles/{name}": text})
    return content.load_articles(root)[0][0]


def overrides(root, text, path="organisations/csto.yml"):
    write_files(root, {f"content/overrides/{path}": text})
    found = content.load_overrides(root, KINDS, NAMES)
    assert not found.problems
    return found.claims


def broken(root, text, path="organisations/csto.yml"):
    write_files(root, {f"content/overrides/{path}": text})
    return [str(problem) for problem in content.load_overrides(root, KINDS, NAMES).problems]


def test_front_matter_is_kept_out_of_the_text(tmp_path):
    read = article(
        tmp_path,
        "a.md",
        "---\ntitle: On Norway\npublished: 2024-07-01\nmood: NO\nbased_on: https://x.org/\n---\n\nIt joined.\n",
    )
    assert (read.title, read.published, read.text) == ("On Norway", "2024-07-01", "It joined.")
    assert read.based_on == ("https://x.org/",)


def test_plain_text_keeps_its_headlines_and_takes_its_title_from_the_first(tmp_path):
    read = article(tmp_path, "a.txt", "\n\nTalks in Minsk\n\nMINSK, May 3. It joined.\n")
    assert read.title == "Talks in Minsk"
    assert read.text == "Talks in Minsk\n\nMINSK, May 3. It joined."


def test_a_sidecar_names_a_plain_text(tmp_path):
    write_files(tmp_path, {"content/articles/a.yml": "title: Another\npublished: 2015-09\nsource: kept and ignored\n"})
    read = article(tmp_path, "a.txt", "Talks\n\nIt joined.\n")
    assert (read.title, read.published) == ("Another", "2015-09")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\u0085b\u2028c\u2029d\x0be", "a\nb\nc\nd\ne"),
        ("\ufeffa\u200bb\u00adc\x00d\u202ee", "abcde"),
        ("e\u0301", "é"),
        ("tab\tstays", "tab\tstays"),
    ],
)
def test_text_is_normalised_before_anything_is_counted(written, read):
    assert articlefile.normalise(written) == read


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.md", b"---\ntitle: x\n---\nCaf\xe9\n", "content/articles/a.md:4: not UTF-8 text"),
        ("a.md", "", "content/articles/a.md: has no text"),
        ("a.md", "---\ntitle: x\n---\n \n", "content/articles/a.md: has no text"),
        ("a.md", "---\ntitle: x\nIt joined.\n", "content/articles/a.md:1: the front matter does not end"),
        ("a.md", "---\ntitle: x\ntitle: y\n---\nIt.\n", "content/articles/a.md:3: the key 'title' stands twice"),
        ("a.md", "---\npublished: 2024-02-30\n---\nIt.\n", "a.md:2: published: '2024-02-30' is not a day that exists"),
        ("a.md", "---\ntitle: [x]\n---\nIt.\n", "a.md:2: title must be text"),
        ("a.md", "---\nurl: javascript:alert(1)\n---\nIt.\n", "a.md:2: url: 'javascript:alert(1)' is not a web address"),
        ("a.md", "---\n- x\n---\nIt.\n", "content/articles/a.md:1: the file must be a mapping"),
        ("a b.md", "It.\n", "'a b' cannot be the id of an article"),
        ("a.pdf", "It.\n", "content/articles/a.pdf: is not an article"),
        ("a.yml", "title: x\n", "content/articles/a.yml: belongs to no article"),
        ("sub/a.md", "It.\n", "content/articles/sub: folders in content/articles are not read"),
    ],
)
def test_an_article_that_cannot_be_used_says_why_and_where(tmp_path, name, text, complaint):
    write_files(tmp_path, {f"content/articles/{name}": text})
    (found,) = complaints(content.load_articles, tmp_path)
    assert complaint in found


def test_two_articles_of_one_name_are_refused(tmp_path):
    write_files(tmp_path, {"content/articles/a.md": "It.\n", "content/articles/A.txt": "It.\n"})
    assert len(complaints(content.load_articles, tmp_path)) == 2


def test_all_problems_are_told_at_once(tmp_path):
    write_files(tmp_path, {f"content/articles/{name}.md": "" for name in "abc"})
    assert len(complaints(content.load_articles, tmp_path)) == 3


def test_an_override_is_a_claim_with_ids_for_names(tmp_path):
    (claim,) = overrides(tmp_path, "- {kind: membership, value: Armenia, status: member, why: Known.}\n")
    assert (claim.subject, claim.value, claim.value_name, claim.fields) == ("csto", "AM", "Armenia", {"status": "member"})
    assert (claim.override, claim.why, claim.denies) == ("organisations/csto.yml", "Known.", False)


def test_a_denial_is_a_claim_too_and_may_name_what_has_no_id(tmp_path):
    (claim,) = overrides(tmp_path, "- deny: {kind: membership, value: Ingushetia}\n  why: A region.\n")
    assert (claim.denies, claim.value, claim.value_name) == (True, None, "Ingushetia")


@pytest.mark.parametrize(("kind", "name", "id"), [("membership", "Guinea", "GN"), ("presidency", "Guam", "GU")])
def test_a_name_that_is_part_of_others_or_a_body_s_too_means_what_its_field_can_hold(tmp_path, kind, name, id):
    (claim,) = overrides(tmp_path, f"- {{kind: {kind}, value: {name}, why: Known.}}\n")
    assert claim.value == id


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- {kind: membership, value: AM, status: member}\n", "csto.yml:1: 'why' is missing"),
        (
            "- {kind: membership, value: Armania, why: x}\n",
            "csto.yml:1: value: no country or organisation is called 'Armania'\n  hint: did you mean 'Armenia'?",
        ),
        (
            "- {kind: membership, value: tj, why: x}\n",
            "csto.yml:1: value: no country or organisation is called 'tj'\n  hint: did you mean 'TJ'?",
        ),
        (
            "- {kind: membership, value: Korea, why: x}\n",
            "csto.yml:1: value: 'Korea' may mean more than one country or organisation\n"
            "  hint: one of: KP (North Korea), KR (South Korea)",
        ),
        (
            "- {deny: {kind: presidency, value: Congo}, why: x}\n",
            "value: 'Congo' may mean more than one country\n  hint: one of: CD (DR Congo), CG (Republic of the Congo)",
        ),
        (
            "- kind: membership\n  value: AM\n  sinse: 2002\n  why: x\n",
            "csto.yml:3: unknown key 'sinse'\n  hint: did you mean 'since'?",
        ),
        (
            "- kind: membership\n  value: AM\n  status: membre\n  why: x\n",
            "csto.yml:3: status cannot be 'membre'\n  hint: did you mean 'member'?",
        ),
        (
            "- kind: member\n  value: AM\n  why: x\n",
            "csto.yml:1: kind cannot be 'member'\n  hint: did you mean 'membership'?",
        ),
        (
            "- kind: founding\n  event: established\n  value: 2002-13\n  why: x\n",
            "csto.yml:3: value: '2002-13' is not a day that exists",
        ),
        ("- kind: membership\n  value: AM\n  since:\n  why: x\n", "csto.yml:3: since is empty"),
        ("- kind: membership\n  status: member\n  why: x\n", "csto.yml:1: 'value' is missing"),
        (
            "- deny: {kind: membership, valu: AM}\n  why: x\n",
            "csto.yml:1: unknown key 'valu'\n  hint: did you mean 'value'?",
        ),
        ("- expect: {kind: membership, mim: 6}\n  why: x\n", "csto.yml:1: unknown key 'mim'\n  hint: did you mean 'min'?"),
        (
            "- expect: {kind: membership, max: six}\n  why: x\n",
            "csto.yml:1: max: 'six' is not a whole number\n  hint: in figures, e.g. 6",
        ),
        (
            "- {kind: size, of: members, value: lots, why: x}\n",
            "csto.yml:1: value: 'lots' is not a whole number\n  hint: in figures, e.g. 6",
        ),
        (
            "- kind: membership\n  value: AM\n  since: 1.5.2020\n  why: x\n",
            "csto.yml:3: since: '1.5.2020' is not a date in EDTF\n  hint: write 2020-05-01",
        ),
        ("- {kind: membership, value: AM, since: May 2020, why: x}\n", "is not a date in EDTF\n  hint: write 2020-05"),
        ("- {kind: membership, value: AM, since: 1/5/2020, why: x}\n", "is not a date in EDTF\n  hint: e.g. 2002, 2002-10"),
        ("- expect: {kind: membership, min: 6}\n", "csto.yml:1: 'why' is missing"),
        ("- {expect: {kind: headquarter}, why: x}\n", "csto.yml:1: kind cannot be 'headquarter'"),
        ("- {deny: {kind: membership}, value: AM, why: x}\n", "csto.yml:1: unknown key 'value'"),
        ("kind: membership\n", "csto.yml:1: the file must be a list"),
        ("- {kind: membership, value: AM, why: x}\n" * 2, "csto.yml:2: this override stands twice"),
        (
            "- {kind: presidency, value: AM, duration: one year, why: x}\n",
            "duration: 'one year' is not an ISO 8601 duration\n  hint: e.g. P1Y for a year, P6M for six months",
        ),
        ("- {kind: founding, value: '2001', why: x}\n", "csto.yml:1: 'event' is missing"),
        ("- {kind: official, value: Ann Lee, why: x}\n", "csto.yml:1: 'post' is missing"),
        (
            "- kind: membership\n  value: AM\n  since: 2010\n  until: 2001-06\n  why: x\n",
            "csto.yml:4: until 2001-06 lies before since 2010",
        ),
        (
            "- {kind: membership, value: csto, why: x}\n",
            "csto.yml:1: Collective Security Treaty Organization cannot be said of",
        ),
    ],
)
def test_an_override_that_cannot_be_used_says_why_and_where(tmp_path, text, complaint):
    (found,) = broken(tmp_path, text)
    assert complaint in found


TWICE = "- {%s, why: x}\n# as we know now\n- {%s, why: y}\n"
FOUNDED = "kind: founding, event: established"
MEMBER, CHAIR = "kind: membership, value: AM", "kind: presidency, value: KZ"
HEAD = "kind: official, post: Chair, value: Ann Lee"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{FOUNDED}, value: '2002'", f"{FOUNDED}, value: '2003'"),
        (f"{MEMBER}, status: member", "kind: membership, value: Armenia, status: observer"),
        (f"{MEMBER}, since: 1993", f"{MEMBER}, since: 1994"),
        (f"{CHAIR}, since: 2015, until: 2016", f"{CHAIR}, since: 2015, until: 2017"),
        (f"{HEAD}, since: 2015", "kind: official, post: chair, value: Ann Lee, since: 2016"),
        (f"{FOUNDED}, value: '2002'", f"deny: {{{FOUNDED}, value: '2002'}}"),
        (f"deny: {{{MEMBER}}}", MEMBER),
    ],
)
def test_of_two_overrides_that_contradict_each_other_the_second_is_named(tmp_path, one, other):
    assert broken(tmp_path, TWICE % (one, other)) == [
        "content/overrides/organisations/csto.yml:3: this override contradicts another\n"
        "  hint: it is on line 1; keep one of the two"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{FOUNDED}, value: '2002'", "kind: founding, event: treaty-signed, value: '1992'"),
        (f"{MEMBER}, since: 1993", f"{MEMBER}, status: suspended, since: 2020"),
        (f"{MEMBER}, status: member, since: 1993", f"{MEMBER}, status: former, until: 2012"),
        (f"{MEMBER}, since: 1993", f"{MEMBER}, status: member"),
        (f"{CHAIR}, since: 2015", f"{CHAIR}, since: 2021"),
        (f"{HEAD}, since: 2015", "kind: official, post: Chair, value: Bea Moe, since: 2020"),
        (f"deny: {{{MEMBER}}}", f"{MEMBER}, status: observer"),
        (f"deny: {{{FOUNDED}, value: '2001'}}", f"{FOUNDED}, value: '2002'"),
        (f"deny: {{{FOUNDED}, value: '2001'}}", f"deny: {{{FOUNDED}, value: '2003'}}"),
    ],
)
def test_overrides_on_one_subject_that_go_together_contradict_nothing(tmp_path, one, other):
    assert len(overrides(tmp_path, TWICE % (one, other))) == 2


def test_a_denial_need_not_say_which_event_and_a_folder_is_no_override_file(tmp_path):
    (claim,) = overrides(tmp_path, "- {deny: {kind: founding, value: '2001'}, why: x}\n")
    assert claim.denies
    (tmp_path / "content/overrides/organisations/sco.yml").mkdir()
    assert [str(problem) for problem in content.load_overrides(tmp_path, KINDS, NAMES).problems] == [
        "content/overrides/organisations/sco.yml: cannot be read: Is a directory"
    ]


def test_norway_stays_norway(tmp_path):
    (claim,) = overrides(tmp_path, "- {kind: membership, value: NO, status: member, why: x}\n", "organisations/nato.yml")
    assert claim.value == "NO"


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("organisations/csot.yml", "no organisation has the id 'csot'\n  hint: did you mean 'csto'?"),
        ("countries/Armenia.yml", "no country has the id 'Armenia'\n  hint: did you mean AM.yml?"),
        ("organisations/csto.yaml", "is not an override file"),
        ("csto.yml", "is not an override file"),
        ("countries/AM.yml", "membership is not kept here\n  hint: it belongs in the file of the organisation"),
    ],
)
def test_an_override_file_in_the_wrong_place_says_where_it_belongs(tmp_path, path, complaint):
    (found,) = broken(tmp_path, "- {kind: membership, value: AM, why: x}\n", path)
    assert complaint in found


def test_a_project_adds_organisations_of_its_own(tmp_path):
    write_files(tmp_path, {"content/organisations/own.yml": "- {id: bread, name: Bread Union, acronyms: [BRU]}\n"})
    assert content.load_gazetteer(tmp_path).find("BRU").id == "bread"


def test_a_settings_file_knows_few_keys(tmp_path):
    write_files(tmp_path, {"content/settings.yml": "modle: x\n"})
    (found,) = complaints(content.load_settings, tmp_path)
    assert found == "content/settings.yml:1: unknown key 'modle'\n  hint: did you mean 'model'?"


def some_sheets():
    claims = [
        a_claim(value="AM", status="member", since="2002"),
        a_claim(value="UZ", status="former", until="2012", text='He said: "no" – it’s #1\nand\tleft'),
        a_claim(value="BY", status="member", subject_name="the bloc", confidence=0.5),
        an_override(value="UZ", status="member", denies=True),
        an_override(value="KZ", since="2002"),
        a_claim("official", "TJ", "Emomali Rahmon", post="President", said=None),
        a_claim("membership", "bread-union", "AM", status="member"),
    ]
    return reconcile(claims, KINDS, NAMES)


def test_sheets_come_back_as_they_were_saved(tmp_path):
    sheets = some_sheets()
    content.save_sheets(tmp_path, content.outdated(tmp_path, sheets), MadeFrom("e", {"a": "d"}, {"a": "s"}))
    assert content.load_sheets(tmp_path)[0] == sorted(sheets, key=lambda s: (s.type != "organisation", s.type, s.id))
    assert content.load_made_from(tmp_path) == ("e", {"a": "d"}, {"a": "s"})


def test_saving_the_same_twice_touches_nothing(tmp_path):
    made_from = MadeFrom("e", {}, {})
    assert len(content.save_sheets(tmp_path, content.outdated(tmp_path, some_sheets()), made_from)) == 4
    assert content.save_sheets(tmp_path, content.outdated(tmp_path, some_sheets()), made_from) == []


def test_the_file_of_a_subject_that_is_gone_is_removed(tmp_path):
    content.save_sheets(tmp_path, content.outdated(tmp_path, some_sheets()), MadeFrom())
    touched = content.save_sheets(tmp_path, content.outdated(tmp_path, some_sheets()[1:]), MadeFrom())
    assert [path.as_posix() for path in touched] == ["content/facts/countries/TJ.yml"]
    assert not (tmp_path / touched[0]).exists()


def test_the_first_line_says_where_corrections_go():
    first = sheetfile.dump(Sheet("csto", "CSTO", "organisation")).splitlines()[0]
    assert "content/overrides/organisations/csto.yml" in first


def test_a_claim_in_the_file_says_only_where_it_differs():
    claims = [a_claim(value="AM", status="member"), a_claim(value="AM", status="member", since="2002", article="b")]
    (sheet,) = reconcile(claims, KINDS, NAMES)
    text = sheetfile.dump(sheet)
    assert text.count("status: member") == 2  # the fact's field and its event
    assert "says:\n      since: null\n" in text


def test_a_facts_file_that_is_not_ours_is_named(tmp_path):
    write_files(tmp_path, {"content/facts/organisations/csto.yml": "<<<<<<< HEAD\n"})
    (found,) = complaints(content.load_sheets, tmp_path)
    assert "content/facts/organisations/csto.yml" in found
    assert "factsheets build" in found


def test_a_write_that_dies_half_way_leaves_the_old_file(tmp_path, monkeypatch):
    disk.write(tmp_path / "x.yml", "old\n")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        disk.write(tmp_path / "x.yml", "new\n")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("x.yml", "old\n")]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    write_files(tmp_path, {"content/facts": "a file where a folder should be"})
    (found,) = complaints(content.save_sheets, tmp_path, {Path("content/facts/organisations/csto.yml"): "x"}, MadeFrom())
    assert "cannot be written" in found


def test_only_one_build_at_a_time(tmp_path):
    code = (
        "from pathlib import Path; from generator import disk, errors\n"
        "try:\n with disk.lock(Path('.'), 0.1): print('free')\nexcept errors.FactsheetsError as e: print(e)"
    )
    with disk.lock(tmp_path):
        told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "another build is at work" in told.stdout
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout == "free\n"


def test_reading_content_needs_no_spacy_nor_mkdocs():
    code = "import sys, generator, generator.build, generator.__main__; print({'spacy', 'mkdocs'} & sys.modules.keys())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
