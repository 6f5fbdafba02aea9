"""The plug is pulled at every moment at which a build or a decision touches the disk: nothing is lost or left half done."""

import os
import re
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import soak
from conftest import KINDS, NAMES, a_claim, a_project, write_files

from generator import build, content, disk

TODAY = date(2026, 7, 2)
OVERRIDE = """# Kept by hand: the order and this line stay.
- kind: membership
  value: GE
  status: member
  why: Known to the editor.
"""
ENTRY = "- deny: {kind: membership, value: BY}\n  why: Left long ago.\n"
SOME = [a_claim(value=value, article=f"on-{value}", said="2025-03-01") for value in ("AM", "BY", "RU")]
SOME += [a_claim(subject="nato", value=value, article=f"on-{value}", said="2025-03-01") for value in ("SE", "FI")]


@pytest.fixture
def before(tmp_path):
    """Facts are saved; since then a person corrected one sheet, began another, and withdrew an article."""
    root = a_project(tmp_path / "before", SOME, {"content/overrides/organisations/nato.yml": OVERRIDE.replace("GE", "NO")})
    (root / "content" / "overrides" / "organisations" / "csto.yml").write_text(OVERRIDE)
    (root / "content" / "overrides" / "organisations" / "eu.yml").write_text(OVERRIDE.replace("GE", "FR"))
    (root / "content" / "articles" / "on-SE.md").unlink()
    return root


def a_build(root):
    build.build(root, today=TODAY)


def a_decision(root):
    """Taken once, however often it is tried."""
    if ENTRY not in (root / "content/overrides/organisations/csto.yml").read_text():
        content.append_override(root, "organisations/csto.yml", ENTRY, KINDS, NAMES)


def holds(root, *folders):
    """Every file of these folders of the content, with its bytes."""
    places = [path for folder in folders for path in sorted((root / "content" / folder).rglob("*")) if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in places}


def killed(work, root, moment):
    """Does the work in a process that kills itself with SIGKILL just before it touches the disk for the nth time; False
    where it came to its end before.
    """
    if not (process := os.fork()):
        left = moment

        def count(event, values):
            nonlocal left
            writes = event == "open" and isinstance(values[0], (int, str)) and values[2] & (os.O_WRONLY | os.O_RDWR)
            ours = isinstance(values[0], int) or str(values[0]).startswith(str(root)) if values else False
            if ours and (writes or event in ("os.rename", "os.remove", "os.mkdir", "os.chmod", "os.rmdir")):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            work(root)
        finally:
            os._exit(0)
    _, status = os.waitpid(process, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("work", [a_build, a_decision])
def test_a_plug_pulled_at_any_moment_loses_nothing_and_the_next_run_makes_it_whole(work, before, tmp_path):
    people = ("articles", "overrides") if work is a_build else ("articles",)
    written = holds(before, *people)
    work(undisturbed := shutil.copytree(before, tmp_path / "undisturbed"))
    wanted = holds(undisturbed, "facts", "changes", "overrides")
    moment, faults = 0, 0
    while killed(work, root := shutil.copytree(before, tmp_path / "killed"), moment):
        faults += 1
        assert holds(root, *people) == written
        if work is a_decision:
            assert (root / "content/overrides/organisations/csto.yml").read_text() in (OVERRIDE, OVERRIDE + ENTRY)
        work(root)
        assert holds(root, "facts", "changes", "overrides") == wanted, (
            f"killed before touching the disk for the {moment}th time"
        )
        assert not [*(root / "content").rglob("*.tmp")]
        shutil.rmtree(root)
        moment += 1
    assert faults >= (12 if work is a_build else 4)


def test_what_is_written_reaches_the_disk_before_its_name_does(tmp_path, monkeypatch):
    """A process that is killed cannot show this, a power cut would: the text, then its name, then the folder that has it."""
    done, sync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (done.append(os.fstat(descriptor).st_ino), sync(descriptor)))
    monkeypatch.setattr(os, "replace", lambda old, new: (done.append("renamed"), replace(old, new)))
    disk.write(tmp_path / "facts" / "x.yml", "text\n")
    assert done == [(tmp_path / "facts" / "x.yml").stat().st_ino, "renamed", (tmp_path / "facts").stat().st_ino]


@pytest.mark.parametrize("room", [0, 100, 1000])
def test_a_full_disk_leaves_every_file_as_it_was_or_whole(room, before, tmp_path):
    """As a limit on the size of files: writing beyond it fails as on a full disk."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from datetime import date; from pathlib import Path; from generator import build, errors\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
        "try: build.build(Path(sys.argv[1]), today=date(2026, 7, 2))\n"
        "except errors.FactsheetsError as error: sys.exit(f'told: {error}')\n"
    )
    written, facts = holds(before, "articles", "overrides"), holds(before, "facts")
    done = subprocess.run([sys.executable, "-c", code, str(before)], capture_output=True, text=True, cwd=Path.cwd())
    assert done.returncode == 1, done.stderr
    assert "told: " in done.stderr
    assert "Traceback" not in done.stderr
    assert holds(before, "articles", "overrides") == written
    undisturbed = shutil.copytree(before, tmp_path / "undisturbed")
    a_build(undisturbed)
    new = holds(undisturbed, "facts")
    for name, data in holds(before, "facts").items():
        assert data in (facts.get(name), new.get(name)), name
    a_build(before)
    assert holds(before, "facts") == new


def test_a_clock_that_runs_back_changes_no_fact_and_loses_no_record(before):
    a_build(before)
    root = before / "content"
    facts, record = holds(before, "facts"), holds(before, "changes")
    build.build(before, today=date(2020, 1, 1))
    assert holds(before, "facts") == facts
    assert holds(before, "changes") == record
    (root / "overrides" / "organisations" / "eu.yml").write_text(OVERRIDE.replace("GE", "DE"))
    build.build(before, today=date(2020, 1, 1))
    (path,) = (root / "changes").iterdir()
    assert path.read_bytes().startswith(record[f"content/changes/{path.name}"])
    days = re.findall(r"^- 'on': (.*)$", path.read_text(), re.M)
    assert days == sorted(days), "what came later stands later"
    assert len(days) > record[f"content/changes/{path.name}"].count(b"- 'on': ")


def test_a_network_lost_midway_adds_nothing(tmp_path):
    with soak.network({"lost": True}) as server:
        write_files(tmp_path, {"content/feeds.yml": f"- url: {server}/feed\n"})
        for words in (["add", f"{server}/news"], ["feed", "pull"]):
            done = soak.factsheets(tmp_path, *words, "--yes", "--allow-private")
            assert done.returncode == 1
            assert "broke off" in done.stderr
    assert [path.name for path in tmp_path.glob("content/**/*")] == ["feeds.yml"]


def test_a_disk_that_is_full_for_others_who_write_is_told_in_words(tmp_path):
    """What guesses the language of a text unpacks its model into a temporary file."""
    (tmp_path / "content").mkdir()
    (tmp_path / "page.txt").write_text("Armenia is a member of the CSTO, it was said on Monday after long talks.\n" * 5)
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from generator.__main__ import main; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); main()"
    )
    command = [sys.executable, "-c", code, "add", "page.txt", "--yes"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "cannot be written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [*tmp_path.glob("content/articles/*")]
