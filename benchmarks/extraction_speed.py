"""Words a second of the whole extraction beside those of the bare model, on the same text in one process, in turn.

Run it from the project: `python benchmarks/extraction_speed.py [ROUNDS]`. It prints each round and the median ratio.
"""

import statistics
import sys
import time
from datetime import date
from pathlib import Path

import spacy

from generator import content, gazetteer, kinds
from generator.extract import DEFAULT_MODEL, extract
from generator.extract.pipeline import load

ROOT = Path(__file__).parents[1]


def main(rounds: int) -> None:
    """Time both on the sample articles, four times over, after one round that does not count."""
    articles, _ = content.load_articles(ROOT)
    articles = [article for article in articles for _ in range(4)]
    words = sum(len(article.text.split()) for article in articles)
    known = {"kinds": kinds.load_built_in(), "gazetteer": gazetteer.load_built_in(), "today": date(2026, 1, 1)}
    load(DEFAULT_MODEL, known["gazetteer"])
    bare = spacy.load(DEFAULT_MODEL)
    ratios = []
    for number in range(rounds + 1):
        model = timed(lambda: list(bare.pipe((a.text for a in articles), batch_size=16)))
        whole = timed(lambda: list(extract(articles, **known)))
        if number:
            ratios.append(model / whole)
            print(f"{number}: bare {words / model:,.0f} words/s, extraction {words / whole:,.0f}, ratio {ratios[-1]:.2f}")
    print(f"median ratio {statistics.median(ratios):.2f} over {rounds} rounds of {words:,} words")


def timed(work) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
