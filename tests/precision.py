"""Measures each rule anew: `python tests/precision.py GOLD…` writes `generator/extract/precision.yml`."""

import sys
from collections import Counter
from pathlib import Path

from generator import content, evaluate, strict_yaml
from generator.extract import extract
from generator.gazetteer import load_built_in
from generator.kinds import load_built_in as load_kinds

FILE = Path(__file__).parents[1] / "generator/extract/precision.yml"
HEAD = "# Written by tests/precision.py: of each rule, claims right and judged.\n"


def precision(judged):
    """Of each rule, the claims that were right and all that were judged, as YAML."""
    told = [(one.claim.rule, one.verdict) for one in judged if one.claim and one.verdict in ("right", "wrong")]
    right, counts = Counter(rule for rule, verdict in told if verdict == "right"), Counter(rule for rule, _ in told)
    return HEAD + strict_yaml.dump({rule: {"right": right[rule], "judged": n} for rule, n in sorted(counts.items())})


def main():
    folders = [Path(name) for name in sys.argv[1:]]
    paths = [path for folder in folders for path in evaluate.article_paths(folder, ())]
    articles = [*content.read_articles(paths, problems := [])]
    assert not problems, problems
    read = extract(articles, kinds=load_kinds(), gazetteer=load_built_in())
    claims = {article.id: some for article, some in zip(articles, read, strict=True)}
    FILE.write_text(precision(evaluate.judge(claims, evaluate.load_gold(folders))), "utf-8")


if __name__ == "__main__":
    main()
