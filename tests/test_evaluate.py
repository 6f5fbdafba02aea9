"""Evaluation judges as a fair reader does, and as the independent scorer of the shared gold does."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from generator import content, evaluate
from generator.errors import ContentError
from generator.export import claim_line
from generator.extract import extract
from generator.gazetteer import load_built_in
from generator.kinds import load_built_in as load_kinds
from generator.model import Claim

SHARED = Path(__file__).parents[1] / "../shared/eval"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared gold is not beside this checkout")


def claim(kind="membership", subject="NATO", value="Finland", confidence=0.9, rule="test/rule", **fields):
    date = value if kind == "founding" else None
    return Claim(kind, subject, subject, "organisation", date, value, fields, rule=rule, confidence=confidence)


def member(value="Finland", status="member", **more):
    return {"kind": "member", "org": "North Atlantic Treaty Organization", "aliases": ["NATO"], "value": value,
            "status": status, **more}  # fmt: skip


def verdicts(claims, facts, strict=True):
    return [j.verdict for j in evaluate.judge({"a": claims}, {"a": facts}, strict=strict)]


def test_an_acronym_and_the_full_name_are_one_organisation():
    assert verdicts([claim()], [member()]) == ["right"]


def test_an_adjective_names_its_country():
    assert verdicts([claim(value="Finnish")], [member()]) == ["right"]


def test_a_wrong_status_is_wrong_strictly_and_right_leniently():
    applied = [claim(status="candidate")]
    assert verdicts(applied, [member()]) == ["wrong", "missed"]
    assert verdicts(applied, [member()], strict=False) == ["right"]


def test_a_suspended_member_counts_as_a_member():
    assert verdicts([claim(status="suspended")], [member()]) == ["right"]


def test_an_optional_fact_is_neither_right_nor_missed():
    assert verdicts([claim(status="candidate")], [member(optional="true")]) == ["neutral"]
    assert verdicts([], [member(optional="true")]) == []


def test_a_repeated_claim_counts_once():
    assert verdicts([claim(), claim(rule="test/other")], [member()]) == ["right"]


def test_a_vaguer_date_than_the_gold_is_wrong_and_a_more_exact_one_right():
    gold = [{"kind": "founded", "org": "NATO", "value": "1949-04", "event": "established"}]
    assert verdicts([claim("founding", value="1949")], gold) == ["wrong", "missed"]
    assert verdicts([claim("founding", value="1949-04-04")], gold) == ["right"]


def test_a_deputy_is_not_the_principal():
    gold = [{"kind": "official", "org_or_country": "NATO", "person": "Mircea Geoană",
             "position": "Deputy Secretary General"}]  # fmt: skip
    principal = claim("official", value="Mircea Geoana", post="Secretary General")
    assert verdicts([principal], gold) == ["wrong", "missed"]
    assert verdicts([principal], gold, strict=False) == ["right"]


def test_a_handover_must_name_the_right_giver_and_start():
    gold = [{"kind": "presidency", "org": "European Union", "to": "Spain", "from": "Sweden", "start": "2010-01-01"}]
    right = {"from": "SE", "since": "2010-01-01"}
    assert verdicts([claim("presidency", "European Union", "Spain", **right)], gold) == ["right"]
    assert verdicts([claim("presidency", "European Union", "Spain", **{**right, "from": "CZ"})], gold)[0] == "wrong"
    assert verdicts([claim("presidency", "European Union", "Spain", **{"from": "SE"})], gold)[0] == "wrong"


def test_figures_by_kind_and_micro():
    figures = evaluate.figures(evaluate.judge({"a": [claim(), claim(value="Sweden")]}, {"a": [member(), member("Italy")]}))
    assert figures["member"][:3] == figures["micro"][:3] == (1, 1, 1)
    assert figures["micro"].f1 == 0.5


def test_only_publishable_claims_make_the_figures_and_all_make_the_calibration():
    claims = {"a": [claim(), claim(value="Sweden", confidence=0.4)]}
    lines = list(evaluate.report(claims, {"a": [member()]}))
    assert "1 publishable" in lines[0]
    assert [line.split() for line in lines[-2:]] == [
        ["0.00", "to", "0.50", "precision", "0.000", "of", "1"],
        ["0.90", "to", "0.95", "precision", "1.000", "of", "1"],
    ]


def test_a_comparison_names_what_was_gained_and_lost():
    gold = {"a": [member(), member("Sweden")]}
    before = evaluate.run_file(evaluate.judge({"a": [claim(), claim(value="Malta")]}, gold))
    after = evaluate.judge({"a": [claim(value="Sweden")]}, gold)
    first, *rest = evaluate.compare(before, after, Path("run.txt"))
    assert first == "1 gained, 1 lost, 0 now wrong, 1 no longer wrong"
    assert [line.split()[0] for line in rest] == ["GAINED", "LOST", "NO"]


def test_a_file_that_is_no_saved_run_is_refused():
    with pytest.raises(ContentError, match="not a saved run"):
        list(evaluate.compare("[]", [], Path("run.txt")))


def test_every_judged_claim_and_every_missed_fact_is_a_line_of_json():
    judged = evaluate.judge({"a": [claim(value="Malta")]}, {"a": [member()]})
    wrong, missed = (json.loads(json.dumps(evaluate.judged_line(one))) for one in judged)
    assert (wrong["article"], wrong["verdict"], wrong["claim"]["value_name"], wrong["fact"]) == ("a", "wrong", "Malta", None)
    assert (missed["article"], missed["verdict"], missed["claim"], missed["fact"]) == ("a", "missed", None, member())


def test_broken_gold_is_refused_with_every_line(tmp_path):
    text = "facts:\n- kind: membr\n- kind: member\n  org: NATO\n  value: FI\n"
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        evaluate.load_gold([tmp_path])
    assert [problem.line for problem in caught.value.problems] == [2, 3]
    assert caught.value.problems[0].hint == "did you mean 'member'?"


def test_an_article_without_text_is_named(tmp_path):
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold/a.yml").write_text("facts: []\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"no article a\.md"):
        list(evaluate.article_paths(tmp_path / "gold", []))
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/a.txt").write_text("Text", encoding="utf-8")
    assert list(evaluate.article_paths(tmp_path / "gold", [])) == [tmp_path / "texts/a.txt"]


@needs_shared
@pytest.mark.parametrize("seed", range(4))
def test_the_figures_equal_those_of_the_independent_scorer(tmp_path, seed):
    """On claims made from the gold by leaving out, bending and inventing: no hit, miss or neutral case untried."""
    folders = [SHARED / "gold", SHARED / "newswire/gold"]
    gold = evaluate.load_gold(folders)
    rng = random.Random(seed)
    claims = {stem: [bent(fact, rng, facts) for fact in facts if rng.random() < 0.8] for stem, facts in gold.items()}
    lines = [line(stem, claim) for stem, some in claims.items() for claim in some]
    assert_scored_alike(claims, gold, lines, folders, tmp_path)


@needs_shared
def test_the_figures_of_what_extraction_reads_equal_those_of_the_independent_scorer(tmp_path):
    folders = [SHARED / "gold"]
    paths = evaluate.article_paths(folders[0], [])
    articles = [*content.read_articles(paths, [])]
    read = extract(articles, kinds=load_kinds(), gazetteer=load_built_in())
    claims = evaluate.published({article.id: some for article, some in zip(articles, read, strict=True)})
    lines = [claim_line(claim) for some in claims.values() for claim in some]
    assert_scored_alike(claims, evaluate.load_gold(folders), lines, folders, tmp_path)


def assert_scored_alike(claims, gold, lines, folders, tmp_path):
    (tmp_path / "claims.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    command = [sys.executable, SHARED / "score.py", tmp_path / "claims.jsonl", *folders, "--json"]
    theirs = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    for level in ("strict", "lenient"):
        ours = evaluate.figures(evaluate.judge(claims, gold, strict=level == "strict"))
        for kind, figure in ours.items():
            counts = tuple(theirs[level][kind][name] for name in ("tp", "fp", "fn"))
            assert figure[:3] == counts, (level, kind)


KINDS = {gold: ours for ours, gold in evaluate.GOLD_KINDS.items()}
BEND = {"status": "candidate", "event": "treaty-signed", "position": "deputy head", "value": "Germany", "to": "Germany",
        "person": "Kofi Annan", "start": "1999", "from": "Germany"}  # fmt: skip


def bent(fact, rng, facts):
    """A claim that says a fact, half the time with one thing changed, or under another of its names."""
    fact = dict(fact)
    if rng.random() < 0.5:
        name = rng.choice([name for name in fact if name in BEND])
        fact[name] = rng.choice([BEND[name], rng.choice(facts).get(name) or BEND[name]])
    names = [fact.get("org") or fact["org_or_country"], *fact.get("aliases", [])]
    fields = {"membership": ("status",), "founding": ("event",), "official": ("position",), "presidency": ("from", "start")}
    kind = KINDS[fact["kind"]]
    ours = {"position": "post", "start": "since"}
    value = fact.get("value") or fact.get("person") or fact["to"]
    kept = {ours.get(name, name): fact[name] for name in fields[kind] if fact.get(name)}
    return claim(kind, rng.choice(names), value, **kept)


def line(stem, claim):
    record = load_built_in().record(claim.get("from") or "")
    return {"article": stem, "kind": claim.kind, "subject_name": claim.subject_name, "value": claim.value,
            "value_name": claim.value_name, **claim.fields, "from_name": record.name if record else None}  # fmt: skip
