"""Words a second of the whole extraction beside those of the bare model, on the same text in one process, in turn.

Run it from the project: `python benchmarks/extraction_speed.py [ROUNDS]`. It prints each round and the median ratio, for
the sample articles as they are and for a mixed archive, in which one paragraph in five comes from a sample: by halves
whole articles among others that say nothing, and paragraphs among others in one article.
"""

import statistics
import sys
import time
from dataclasses import replace
from datetime import date
from itertools import cycle
from pathlib import Path

import spacy

from generator import content, gazetteer, kinds
from generator.extract import DEFAULT_MODEL, extract
from generator.extract.pipeline import load

ROOT = Path(__file__).parents[1]


FILLER = """\
The market on the old square opened an hour late after a night of snow. Stallholders swept the steps with borrowed
brooms, and the baker gave away what she could not sell by noon. By two in the afternoon the lanes were clear again
and the buses ran.

A goal in the last minute decided the match on Saturday. The visitors had been ahead since the fourth minute, but
their goalkeeper slipped on the wet grass, and Mirko Landau put the ball into the empty net before 4,300 spectators.

The new footbridge is eleven metres longer than planned, because the east bank turned out to be softer than the maps
said. Engineers drove the piles deeper in March. Pedestrians may cross from Friday, cyclists a week later.

Two cows that had wandered off in Tuesday's fog were found on the roof of a low barn, which the snow had made easy to
climb. A crane brought them down. Neither was hurt, said the farmer, Ilse Brandt, who means to mend the fence.

The library will lend telescopes from next month. Twelve have been bought with the money of a bequest; each comes with
a map of the sky and a red torch. Readers under sixteen need a signature.

Prices of apples fell by a tenth after a good harvest, while pears became dearer. Growers in the valley blame a late
frost in April and the wasps of August. Cider makers, who buy what is bruised, are content.

The orchestra begins its season with a symphony that was thought lost. A violinist found the parts in a trunk that her
grandmother had used as a seat. The first performance is sold out, the second is not.

A storm broke windows in the harbour quarter and pushed three yachts on to the beach. The ferry to the islands stayed
at its pier until evening. Forecasters in Norway expect calmer weather by Thursday.
"""
"""Own text of the sort that most of an archive is: names, days and numbers, and nothing that a fact sheet holds."""


def main(rounds: int) -> None:
    """Time both on both collections, after one round that does not count."""
    samples, _ = content.load_articles(ROOT)
    known = {"kinds": kinds.load_built_in(), "gazetteer": gazetteer.load_built_in(), "today": date(2026, 1, 1)}
    load(DEFAULT_MODEL, known["gazetteer"])
    bare = spacy.load(DEFAULT_MODEL)
    for name, articles in (("all relevant", samples * 3), ("mixed archive", list(mixed(samples)))):
        words, ratios = sum(len(article.text.split()) for article in articles), []
        for number in range(rounds + 1):
            model = timed(lambda articles=articles: list(bare.pipe((a.text for a in articles), batch_size=16)))
            whole = timed(lambda articles=articles: list(extract(articles, **known)))
            if number:
                ratios.append(model / whole)
                print(
                    f"{number}: bare {words / model:,.0f} words/s, extraction {words / whole:,.0f}, ratio {ratios[-1]:.2f}"
                )
        print(f"{name}: median ratio {statistics.median(ratios):.2f} over {rounds} rounds of {words:,} words")


def mixed(samples):
    """Each sample among four articles of filler, or its paragraphs among four times as many of them, in turn."""
    filler = cycle(" ".join(paragraph.split()) for paragraph in FILLER.split("\n\n"))
    for number, sample in enumerate(samples):
        paragraphs = [line for line in sample.text.splitlines() if line.strip()]
        others = [[next(filler) for _ in range(4)] for _ in paragraphs]
        if number % 2:
            woven = [text for own, four in zip(paragraphs, others, strict=True) for text in (*four[:2], own, *four[2:])]
            yield replace(sample, text="\n\n".join(woven))
        else:
            yield sample
            rest = [text for four in others for text in four]
            for part in range(4):
                yield replace(sample, text="\n\n".join(rest[part::4]))


def timed(work) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
