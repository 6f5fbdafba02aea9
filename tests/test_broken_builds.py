"""The builds that are broken on purpose keep up with the program and with the threat model; some are run here."""

import re

import pytest
from broken_builds import BREAKS, ROOT, apply, copied, killed

MODEL = (ROOT / "docs/development/threat-model.md").read_text("utf-8")
QUICK = ("YAML may be nested without end", "files are written in place", "the lock is ignored")
"""Broken here as well: without a browser and the engine they take seconds."""


def test_no_promise_of_the_threat_model_is_without_a_broken_build():
    rows = re.findall(r"^\| (?!door)(.+?) \| (.+?) \| (.+?) \|$", MODEL, re.M)
    broken = {one.test.partition("::")[2] for one in BREAKS}
    proofs = [re.findall(r"`(test_\w+)`", proof) for _, _, proof in rows]
    assert len(rows) >= 20
    for (_, promise, _), named in zip(rows, proofs, strict=True):
        assert named, promise
        assert broken & set(named), f"nothing breaks: {promise}"
    assert broken <= {name for named in proofs for name in named}, "the threat model does not name what these prove"


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.what)
def test_what_is_broken_is_there_once_and_so_is_the_test(one):
    assert (ROOT / one.file).read_text("utf-8").count(one.old) == 1
    assert one.new != one.old
    file, _, name = one.test.partition("::")
    assert f"def {name}(" in (ROOT / "tests" / file).read_text("utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return copied(tmp_path_factory.mktemp("broken") / "copy")


@pytest.mark.parametrize("one", [one for one in BREAKS if one.what in QUICK], ids=lambda one: one.what)
def test_a_broken_build_is_noticed(one, copy):
    dead, said = killed(one, copy)
    assert dead, said
    assert one.test.partition("::")[2] in said


def test_a_whole_build_is_none(copy):
    """Nothing is noticed where nothing is broken, and a copy is whole again after it was."""
    one = next(one for one in BREAKS if one.what == "the lock is ignored")
    assert not killed(one._replace(new=one.old), copy)[0]
    before = apply(one, copy)
    (copy / one.file).write_text(before, "utf-8")
    assert before == (ROOT / one.file).read_text("utf-8")
