"""What a person types, what they see, and the exit code."""

import json
import os
import subprocess
import sys
from itertools import pairwise

import pytest
from conftest import a_claim, write_files

MEMBER = a_claim(value="AM", status="member", since="2002")
SENTENCE = "Belarus is a member of the Collective Security Treaty Organization.\n"


def typed(root, *words):
    """The finished `factsheets` process, run in a folder."""
    env = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "generator", *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=env)
    assert "Traceback" not in done.stderr
    return done


def test_a_build_says_what_it_did(project):
    root = project([MEMBER])
    write_files(root, {"content/overrides/organisations/csto.yml": "- {kind: membership, value: BY, why: It is.}\n"})
    done = typed(root, "build")
    assert done.returncode == 0
    assert done.stdout.startswith("Collective Security Treaty Organization · membership: Belarus, status member: new")
    assert done.stderr == "0 articles read, 1 fact changed, 2 files written or removed\n"


def test_a_build_works_from_any_folder_of_the_project(project):
    root = project([MEMBER])
    assert typed(root / "content" / "articles", "build").returncode == 0


def test_a_build_of_bad_content_ends_in_one_line_a_problem(project):
    root = project([MEMBER], {"content/articles/b.md": b"\xff", "content/articles/c.txt": ""})
    done = typed(root, "build")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == "error: content/articles/b.md:1: not UTF-8 text (byte 0)"
    assert "error: content/articles/c.txt: has no text" in done.stderr


def test_no_project_is_wrong_usage(tmp_path):
    done = typed(tmp_path, "build")
    assert done.returncode == 2
    assert "no project here" in done.stderr


@pytest.mark.parametrize("words", [["nonsense"], ["build", "--fast"], ["extract", "nowhere.md"], ["render"]])
def test_wrong_usage_exits_with_2(project, words):
    assert typed(project(), *words).returncode == 2


def test_extract_prints_one_json_object_a_line_and_nothing_else(tmp_path):
    write_files(tmp_path, {"Some name.txt": SENTENCE, "notes.yml": "a: b\n", "other.yml": "x"})
    done = typed(tmp_path, "extract", ".", "--jsonl")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["article"] for line in lines} == {"Some name"}
    assert {(line["subject"], line["value"], line["status"]) for line in lines} == {("csto", "BY", "member")}
    assert done.stderr == ""


def test_extract_reads_the_other_files_and_exits_with_1_where_one_is_broken(tmp_path):
    write_files(tmp_path, {"a.txt": SENTENCE, "b.txt": b"\xff"})
    done = typed(tmp_path, "extract", "a.txt", "b.txt", "--jsonl")
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 1)
    assert "b.txt:1: not UTF-8" in done.stderr


def test_check_tells_errors_from_warnings(project):
    root = project([MEMBER], {"content/overrides/organisations/csto.yml": "- {deny: {kind: founding}, why: x}\n"})
    done = typed(root, "check")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "0 errors, 2 warnings")
    write_files(root, {"content/overrides/organisations/csto.yml": "- {deny: {kind: founding}}\n"})
    done = typed(root, "check")
    assert done.returncode == 1
    assert "content/overrides/organisations/csto.yml:1: 'why' is missing" in done.stderr


def test_explain_shows_the_value_its_reason_and_every_claim(project):
    root = project([MEMBER, a_claim("founding", value="2002", event="established", start=60)])
    done = typed(root, "explain", "Collective Security Treaty Organization", "membership")
    assert done.returncode == 0
    assert "membership: Armenia, status member, since 2002" in done.stdout
    assert "why: sources 1" in done.stdout
    assert "“AM membership" in done.stdout
    assert "founding" not in done.stdout


def test_explain_says_how_a_term_stands_today_and_nothing_of_a_founding(project):
    terms = [a_claim("presidency", value="TJ", phase="took-over", since="2014-09-15", said="2014-09-20"),
             a_claim("presidency", value="AM", phase="took-over", since="2015-09-15", start=80)]  # fmt: skip
    root = project([*terms, a_claim("founding", value="2002", event="established", start=160)])
    lines = typed(root, "explain", "csto").stdout.splitlines()
    told = {line[:22]: following for line, following in pairwise(lines)}
    assert "; over; " in told["presidency: Tajikistan"]
    assert "; current; " in told["presidency: Armenia, p"]
    assert "decided by articles; last confirmed" in told["founding: 2002, event "]


HEADQUARTERS = """
kind: headquarters
cardinality: many
subject: organisation
value: country
fields:
  organisation: {type: organisation}
  country: {type: country}
phrases:
  - {id: based, match: "(?P<organisation><organisation>) is based in (?P<country><country>)"}
  - {id: never, match: "(?P<organisation><organisation>) never matches (?P<country><country>)"}
examples:
  - text: The CSTO is based in Russia.
    claims: [{subject: csto, value: AM|RU}]
  - text: NATO is based in Belgium.
    claims: [{subject: nato, value: FR}]
not:
  - The SCO is based in China.
  - The SCO was never based in Belgium.
"""


def test_the_examples_of_a_kind_are_run_and_every_rule_needs_one(tmp_path):
    from generator import content
    from generator.check import failing_examples

    write_files(tmp_path, {"content/kinds/headquarters.yml": HEADQUARTERS})
    own = {"headquarters": content.load_kinds(tmp_path)["headquarters"]}
    told = [problem.message for problem in failing_examples(own, content.load_gazetteer(tmp_path), None)]
    assert [message.split(": ")[0] for message in told] == [
        "not read", "should not be read", "should not be read", "no example shows the rule 'never' at work",
    ]  # fmt: skip
    assert "NATO" in told[0]
    assert "SCO is based" in told[2]


def test_explaining_the_unknown_gives_a_hint(project):
    root = project([MEMBER])
    assert "hint: did you mean 'csto'?" in typed(root, "explain", "cstoo").stderr
    assert typed(root, "explain", "csto", "member").returncode == 2


def test_hostile_text_is_printed_as_it_is(project):
    root = project([a_claim("official", "TJ", "[red]Rah\\[mon", post="President", text="[bold]x[/] :smile:")])
    done = typed(root, "explain", "TJ")
    assert "[red]Rah\\[mon" in done.stdout
    assert "[bold]x[/] :smile:" in done.stdout


def test_render_writes_the_pages_to_a_folder(project):
    root = project([MEMBER])
    done = typed(root, "render", "--to", "out")
    assert done.returncode == 0, done.stderr
    assert "Armenia" in (root / "out/organisations/csto.md").read_text()


@pytest.mark.parametrize("command", ["build", "extract", "check", "explain", "render", "evaluate"])
def test_every_command_has_an_example(tmp_path, command):
    done = typed(tmp_path, command, "--help")
    assert done.returncode == 0
    assert f"factsheets {command}" in done.stdout


def test_a_claim_line_has_the_keys_that_others_rely_on():
    from generator.export import claim_line

    line = claim_line(a_claim("presidency", value="AM", **{"from": "TJ"}, phase="took-over", since="2015-09-15"))
    assert list(line) == [
        "article", "kind", "subject", "subject_name", "value", "value_name", "status", "event", "post", "from", "phase",
        "since", "until", "duration", "from_name", "quote", "start", "end", "rule", "confidence", "derivation",
    ]  # fmt: skip
    assert (line["from"], line["from_name"], line["post"]) == ("TJ", "Tajikistan", None)


@pytest.mark.parametrize("module", ["generator.cache", "typer", "generator.check", "generator.gazetteer"])
def test_who_is_interrupted_while_it_starts_ends_without_a_traceback(module):
    code = (
        "import os, signal, sys\nclass Interrupt:\n    def find_spec(self, name, *_):\n"
        f"        name == {module!r} and os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\nfrom generator.__main__ import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code, "check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_check_and_build_name_the_later_of_two_overrides_that_contradict_each_other(project):
    entry = "- {kind: founding, event: established, value: '%s', why: x}\n"
    root = project([MEMBER], {"content/overrides/organisations/csto.yml": entry % 2002 + entry % 2003})
    for command in ("check", "build"):
        done = typed(root, command)
        assert done.returncode == 1
        assert (
            "content/overrides/organisations/csto.yml:2: this override contradicts another\n  hint: it is on line 1"
            in done.stderr
        )


def test_show_says_of_whom_no_end_is_known_when_he_was_last_confirmed(project):
    clerk = a_claim("official", value="Bea Moe", post="Clerk", until="2030", start=100)
    root = project([a_claim("official", value="Ann Lee", post="Chair"), clerk])
    for day, told in ("2024-05", ", last confirmed 2015-09-14"), ("2015-09-14", ""):
        lines = [line.partition("official: ")[2] for line in typed(root, "show", "csto", "--as-of", day).stdout.splitlines()]
        assert lines[1:] == [f"Ann Lee, post Chair, status current{told}", "Bea Moe, post Clerk, status current, until 2030"]


def test_show_says_what_was_known_of_a_time(project):
    root = project([a_claim(value="AM", status="member"), a_claim(value="UZ", status="former", until="2012", start=50)])
    done = typed(root, "show", "csto", "--as-of", "2015-10")
    assert done.stdout.splitlines()[1:] == ["  member: membership: Armenia, status member",
                                            "  former: membership: Uzbekistan, status former, until 2012"]  # fmt: skip
    early = typed(root, "show", "CSTO", "--as-of", "2001")
    assert (early.stdout.splitlines()[1:], early.stderr) == ([], "2 facts not known for that time\n")
    assert "2999, still to come" in typed(root, "show", "csto", "--as-of", "2999").stdout
    for date, complaint in (
        ("june", "'june' is not a date in EDTF: e.g. 2002, 2002-10 or 2002-10-07"),
        ("2014-13", "'2014-13' is not a day that exists: e.g. 2002, 2002-10"),
        ("June 2014", "'June 2014' is not a date in EDTF: write 2014-06"),
    ):
        wrong = typed(root, "show", "csto", "--as-of", date)
        assert wrong.returncode == 2
        assert complaint in " ".join(wrong.stderr.replace("│", " ").split())
