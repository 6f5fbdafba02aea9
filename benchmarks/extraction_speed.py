"""The extraction beside the bare model, one process beside two, a local pool beside Dask, and its memory, in one run.

Run it from the project: `python benchmarks/extraction_speed.py [ROUNDS] [--only NAME …] [--articles N …]`. What is compared
takes turns; it prints each round and the median ratio: of processor time where one process is beside another, which a busy
machine disturbs less, and else of time. *Bare* is the model as spaCy loads it and nothing else:
`spacy.load(model).pipe(texts)` with its own batches and matrices, on the same text, with one thread. The extraction has
its own batches and matrices, the sieve, the rules and the claims.

- `relevant`: the sample articles as they are. `mixed`: one paragraph in five comes from a sample, by halves whole
  articles among others that say nothing, and paragraphs among others in one article.
- `new`: `factsheets build` with one new article, beside a process that loads the bare model and reads that article.
- `workers`: two processes beside one, start and all, and what the machine gives two that share nothing. `archive`: the
  same, of three times as many articles.
- `dask`: a cluster with two local workers beside two processes.
- `memory`: `factsheets extract` on folders of short articles, of which one in fifty says something: the peak of its largest
  process.
- `body`: ever more articles on one body: what settling them takes, and how large its page is.
"""

import argparse
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy: one thread for both

import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import cycle, islice, product
from pathlib import Path

import measure
import spacy
import synthetic

from generator import build, content, gazetteer, kinds
from generator.build import Workers
from generator.extract import DEFAULT_MODEL, extract

ROOT = Path(__file__).parents[1]
FACTSHEETS = str(Path(sys.executable).parent / "factsheets")
BARE = f"import spacy, sys; spacy.load({DEFAULT_MODEL!r})(open(sys.argv[1], encoding='utf-8').read())"
TODAY = date(2026, 1, 1)


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


def main() -> None:
    """Each comparison asked for, after one round that does not count."""
    options = _options()
    samples, _ = content.load_articles(ROOT)
    for name in options.only:
        COMPARISONS[name](samples, options)


def beside_bare(name, articles, options) -> None:
    """Words a second of both."""
    known = {"kinds": kinds.load_built_in(), "gazetteer": gazetteer.load_built_in(), "today": TODAY}
    bare = spacy.load(DEFAULT_MODEL)  # before the extraction chooses its matrices
    words = sum(len(article.text.split()) for article in articles)
    both = {
        "bare": lambda: sum(len(doc) for doc in bare.pipe(article.text for article in articles)),
        "extraction": lambda: list(extract(articles, **known)),
    }
    compared(f"{name}, {words:,} words", both, options.rounds, time.process_time)


def one_new_article(samples, options) -> None:
    """Fresh processes, through the installed command."""
    with tempfile.TemporaryDirectory() as folder:
        root, numbers = Path(folder), iter(range(10**6))
        (root / "content" / "articles").mkdir(parents=True)
        measure.run([FACTSHEETS, "build"], root)

        def built() -> None:
            text = f"{samples[0].text}\n\nThis is copy {next(numbers)}."  # a text that no cache knows
            (root / "content" / "articles" / "new.txt").write_text(text, "utf-8")
            measure.run([FACTSHEETS, "build"], root)

        place = root / "bare.txt"
        place.write_text(samples[0].text, "utf-8")
        bare = partial(measure.run, [sys.executable, "-c", BARE, str(place)], root)
        compared("one new article", {"bare": bare, "build": built}, options.rounds, _of_children)


def two_workers(samples, options) -> None:
    """The samples several times over, through the installed command, each time as if nothing had been read before; and
    beside it what the machine gives: two builds of one process each that share nothing, at once, beside one of them.
    """
    with tempfile.TemporaryDirectory() as folder:
        one, other = roots = Path(folder) / "one", Path(folder) / "other"
        for root, (number, sample) in product(roots, enumerate(samples * options.times)):
            (root / "content" / "articles").mkdir(parents=True, exist_ok=True)
            (root / "content" / "articles" / f"{number}.txt").write_text(f"{sample.title}\n\n{sample.text}\n", "utf-8")

        def built(workers: int, root: Path) -> None:
            for made in (".cache", "content/facts", "content/changes"):
                shutil.rmtree(root / made, ignore_errors=True)
            measure.run([FACTSHEETS, "build", "--workers", str(workers)], root)

        def at_once() -> None:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(partial(built, 1), (one, other)))

        def twice() -> None:
            built(1, one)
            built(1, other)

        what = f"two processes, {len(samples) * options.times:,} articles"
        compared(what, {"one process": partial(built, 1, one), "two": partial(built, 2, one)}, options.rounds)
        compared("two that share nothing", {"in turn": twice, "at once": at_once}, options.rounds)


def on_dask(samples, options) -> None:
    """A cluster that is up, as clusters are, with workers that have read before; the pool starts each time."""
    from distributed import LocalCluster

    articles = samples * options.times
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        both = {"pool": partial(read, articles, Workers(2)), "dask": partial(read, articles, Workers(cluster=address))}
        compared("Dask", both, options.rounds)


def memory(samples, options) -> None:
    """Through the installed command, on all cores."""
    for number in options.articles:
        with tempfile.TemporaryDirectory() as folder:
            filler = cycle(" ".join(paragraph.split()) for paragraph in FILLER.split("\n\n"))
            for place, text in enumerate(islice(filler, number)):
                told = f"\n\n{samples[place % len(samples)].text}" if place % 50 == 0 else ""
                (Path(folder) / f"{place:06}.txt").write_text(f"Report {place}\n\n{text}{told}\n", "utf-8")
            run = measure.run([FACTSHEETS, "extract", folder, "--jsonl"], ROOT)
            print(f"memory, {number:,} articles: peak {run.megabytes:,.0f} MB, {run.processor:,.0f} s of processor")


def one_body(options) -> None:
    """Ever more articles that all tell of NATO: processor time of settling them, and the size of its page."""
    for number in options.articles[:-1]:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "site"
            measure.run([FACTSHEETS, "new", str(root)], Path(folder))
            for place in range(number):
                head = f"---\ntitle: Report {place}\npublished: {TODAY - timedelta(days=place % 3_000)}\n---\n"
                words = ". ".join(synthetic.name(place * 61 + more) for more in range(30))
                text = f"NATO Secretary General Mark Rutte spoke. Sweden is a member of NATO. {words}."
                (root / "content" / "articles" / f"{place:06}.md").write_text(head + text, "utf-8")
            measure.run([FACTSHEETS, "build"], root)
            shutil.rmtree(root / "content" / "facts")
            settled = measure.run([FACTSHEETS, "build"], root)  # what articles say is in .cache/claims
            measure.run([str(Path(FACTSHEETS).parent / "mkdocs"), "build", "-q"], root)
            page = (root / "site" / "organisations" / "nato" / "index.html").stat().st_size / 1024
            print(f"one body, {number:,} articles: settled in {settled.processor:.1f} s, its page has {page:,.0f} KB")


def read(articles, workers) -> None:
    """All of it, through the door that a build goes through."""
    list(build.extract_articles(articles, kinds.load_built_in(), gazetteer.load_built_in(), None, TODAY, workers))


def compared(what, both, rounds, clock=time.perf_counter) -> None:
    """The first beside the second, in turn: above one, the second is faster."""
    (first, one), (second, other) = both.items()
    ratios = []
    for number in range(rounds + 1):
        seconds = timed(one, clock), timed(other, clock)
        if number:
            ratios.append(seconds[0] / seconds[1])
            print(f"{number}: {first} {seconds[0]:.2f} s, {second} {seconds[1]:.2f} s, ratio {ratios[-1]:.2f}", flush=True)
    print(f"{what}: median ratio {statistics.median(ratios):.2f} ({first} / {second}) over {rounds} rounds", flush=True)


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


def timed(work, clock) -> float:
    """Seconds that a call takes."""
    start = clock()
    work()
    return clock() - start


def _of_children() -> float:
    """Processor time of all commands run so far."""
    return sum(os.times()[2:4])


COMPARISONS = {
    "relevant": lambda samples, options: beside_bare("all relevant", samples * 2, options),
    "mixed": lambda samples, options: beside_bare("mixed archive", list(mixed(samples)), options),
    "new": one_new_article,
    "workers": two_workers,
    "archive": lambda samples, options: two_workers(samples * 3, options),
    "dask": on_dask,
    "memory": memory,
    "body": lambda _, options: one_body(options),
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    parser.add_argument("--only", nargs="+", choices=COMPARISONS, default=[*COMPARISONS])
    parser.add_argument("--times", type=int, default=8, help="how many times over the samples are read on several processes")
    parser.add_argument("--articles", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="whose memory is measured")
    return parser.parse_args()


if __name__ == "__main__":
    main()
