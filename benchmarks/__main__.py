"""Ours beside its peers in one run, on projects of invented facts: `python benchmarks [--quick]`, or `make benchmark`.

It measures what is installed beside this Python, in fresh processes, and asserts nothing: it prints a table of aims and
figures. The table is written to a file after each step, so that a run which is ended early leaves what it has found. A peer
that is not there, fails or takes too long is left out from there on, and named.
"""

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import engines
import measure
import synthetic
from engines import BIN, Engine
from measure import MeasureError, Run

HERE = Path(__file__).parent
OURS, ZENSICAL, HUGO = "factsheets", "Zensical", "Hugo"
LARGE = 1_000  # sheets; above, each engine builds once
LEAST = {"all relevant": 0.6, "mixed archive": 3, "one new article": 1 / 1.2, "two processes": 1.7, "Dask": 0.8}
"""What is aimed at by the comparisons of `extraction_speed.py`, by how their lines begin."""


class Size(NamedTuple):
    """How much a project holds."""

    sheets: int
    articles: int

    def __str__(self) -> str:
        return f"{self.sheets:,}" + (f" / {self.articles:,}" if self.articles != self.sheets else "")


class Aim(NamedTuple):
    """A line of the table: what was aimed at, and how far it was met."""

    what: str
    aim: str
    figure: str
    met: bool
    note: str = ""


@dataclass
class Site:
    """What the sites of one size cost."""

    runs: dict[tuple[str, str], list[Run]] = field(default_factory=lambda: defaultdict(list))  # by engine, "cold" or "warm"
    files: int = 0
    kilobytes: dict[str, float] = field(default_factory=dict)  # by page
    search: tuple[float, float] | None = None

    def median(self, engine: str, how: str, of: str = "seconds") -> float | None:
        """Of what was measured; None where nothing was."""
        some = [getattr(run, of) for run in self.runs.get((engine, how), ())]
        return statistics.median(some) if some else None


@dataclass
class Found:
    """All that was measured so far, and what was not."""

    to: Path
    began: float = field(default_factory=time.monotonic)
    idle: list[Aim] = field(default_factory=list)
    sites: dict[Size, Site] = field(default_factory=dict)
    loops: dict[Size, dict[str, float]] = field(default_factory=dict)
    extraction: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Part of the run that may fail without the others; the table is written after it."""
        _say(f"{time.monotonic() - self.began:6,.0f} s  {what}")
        try:
            yield
        except MeasureError as error:
            self.left_out.append(f"{what}: {error}")
            _say(self.left_out[-1])
        self.to.parent.mkdir(parents=True, exist_ok=True)
        self.to.write_text(self.report() + "\n", "utf-8")

    def report(self) -> str:
        """The tables, in Markdown."""
        aims = [*self.idle, *_of_sites(self.sites), *_of_loops(self.loops), *_of_extraction(self.extraction)]
        parts = [_machine(self.began), _table(aims), _costs(self.sites), _loops(self.loops)]
        parts += [(f"- {line}" for line in self.extraction), (f"- left out: {line}" for line in self.left_out)]
        return "\n\n".join(text for part in parts if (text := "\n".join(part)))


def main() -> None:
    """Measure, write, print."""
    options = _options()
    found = Found(options.to)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(options.keep or folder).absolute()
        with found.step(f"a build with nothing to do, {options.idle} sheets"):
            found.idle = [*no_change(_project(work, options.idle), options.idle, options.rounds)]
        for size in sorted({*options.sites, *options.loops}):
            peers = lay_out(work, size, options, found)
            if size in options.sites:
                site(size, peers, options.rounds, found)
            if size in options.loops:
                loop(size, peers, options.edits, found)
        if options.extraction:
            with found.step("extraction"):
                found.extraction.extend(extraction(options.extraction))
    print(found.report())


def no_change(root: Path, size: Size, rounds: int) -> Iterator[Aim]:
    """`factsheets build` with nothing to do, and what it imports for that."""
    command = [str(BIN / "factsheets"), "build"]
    for _ in range(2):  # after one that wrote files within the second, the next looks at them again
        measure.run(command, root)
    seconds = statistics.median(measure.run(command, root).seconds for _ in range(rounds))
    imports = measure.run(command, root, PYTHONPROFILEIMPORTTIME="1").said
    heavy = [name for name in ("spacy", "mkdocs") if re.search(rf"\| +{name}$", imports, re.M)]
    what = f"no-change build, {size.sheets:,} sheets and {size.articles:,} articles"
    yield Aim(what, "≤ 0.3 s", f"{seconds:.2f} s", seconds <= 0.3)
    yield Aim("spaCy and MkDocs imported by it", "neither", ", ".join(heavy) or "neither", not heavy)


def _project(work: Path, size: Size) -> Path:
    """One of invented facts, made at its first use."""
    root = work / f"site-{size.sheets}-{size.articles}" / "ours"
    if not root.exists():
        measure.run([sys.executable, str(HERE / "synthetic.py"), str(root), *map(str, size)], HERE.parent)
        measure.run([str(BIN / "factsheets"), "build"], root)
    return root


def lay_out(work: Path, size: Size, options: argparse.Namespace, found: Found) -> list[Engine]:
    """A project, and its pages for the peers that are installed."""
    peers: list[Engine] = []
    with found.step(f"{size} sheets: writing a project and its pages"):
        root = _project(work, size)
        peers.append(engines.ours(root))
        pages = root.parent / "pages"
        if not pages.exists():
            measure.run([str(BIN / "factsheets"), "render", "--to", str(pages)], root)
        for name, command, make in ((HUGO, options.hugo, engines.hugo), (ZENSICAL, options.zensical, engines.zensical)):
            if installed := shutil.which(command) or shutil.which(str(BIN / command)):
                shutil.rmtree(root.parent / name, ignore_errors=True)
                peers.append(make(installed, root.parent / name, pages))
            else:
                found.left_out.append(f"{name}: there is no command {command!r}")
    return peers


def site(size: Size, peers: list[Engine], rounds: int, found: Found) -> None:
    """Each engine in turn, as many times over as asked; one that failed is not tried again."""
    one = found.sites[size] = Site()
    for number in range(1 if max(size) > LARGE else rounds):
        for engine in list(peers):
            failures = len(found.left_out)
            for how in ("cold", "warm"):
                with found.step(f"{size} sheets, round {number + 1}: {engine.name} {how}"):
                    one.runs[engine.name, how].append(measure.build(engine, cold=how == "cold"))
                if len(found.left_out) > failures:
                    peers.remove(engine)
                    break
    built = peers[0].root / "site" if peers and peers[0].name == OURS else None
    if built:
        with found.step(f"{size} sheets: weights and the search"):
            one.files, one.kilobytes = sum(1 for _ in built.rglob("index.html")), dict(_weights(built))
            one.search = measure.first_result(built, synthetic.title(size.sheets // 2))


def loop(size: Size, peers: list[Engine], edits: int, found: Found) -> None:
    """Seconds from an edit to the page served, by engine."""
    found.loops[size] = {}
    for engine in peers:
        with found.step(f"{size} sheets: edits of {engine.name}"):
            found.loops[size][engine.name] = statistics.median(measure.loop(engine, edits))


def extraction(arguments: Sequence[str]) -> Iterator[str]:
    """What the benchmarks of extraction say of themselves, in their own words: lines that begin with no number."""
    for script in sorted(HERE.glob("extraction*.py")):
        command = [sys.executable, "-u", str(script), *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as process:
            for line in process.stdout or ():
                _say(f"          {line.rstrip()}")
                if ": " in line and not line[0].isdigit():
                    yield line.rstrip()
        if process.returncode:
            raise MeasureError(f"{script.name} ended with {process.returncode}")


def _weights(built: Path) -> Iterator[tuple[str, float]]:
    """Kilobytes of what may grow with the number of sheets."""
    lists = ("organisations", "countries", "articles", "people", "calendar", "changes", "review")
    for path in ("index.html", "search/search_index.json", "sitemap.xml"):
        yield path, (built / path).stat().st_size / 1024
    for folder in lists:
        pages = [built / folder / "index.html", *(built / folder).rglob("page/*/index.html")]
        yield f"list of {folder}, largest page", max(path.stat().st_size / 1024 for path in pages)
    for folder in lists[:3]:
        sizes = [path.stat().st_size / 1024 for path in (built / folder).glob("*/index.html")]
        yield f"{folder}/*, median", statistics.median(sizes)
        yield f"{folder}/*, largest", max(sizes)


def _of_sites(sites: dict[Size, Site]) -> Iterator[Aim]:
    whole = [size for size in sites if size.sheets == size.articles and sites[size].kilobytes]
    if not whole:
        return
    at = Size(LARGE, LARGE) if Size(LARGE, LARGE) in whole else max(whole)
    for how, peer, most in (("warm", HUGO, 1.25), ("cold", ZENSICAL, 0.5)):
        mine, other = sites[at].median(OURS, how), sites[at].median(peer, "cold")
        if mine and other:
            what = f"{how} site build, {at} sheets" + (", one changed" if how == "warm" else "")
            processor = (sites[at].median(OURS, how, "processor") or 0) / (sites[at].median(peer, "cold", "processor") or 1)
            beside = f"{mine:.2f} s beside {other:.2f} s; {processor:.2g} × in processor time"
            yield Aim(what, f"≤ {most} × {peer}", f"{mine / other:.2g} ×", mine / other <= most, beside)
    for many in sorted(size for size in sites if size > at):
        if sites[many].kilobytes:
            yield from _growth(at, many, sites)


def _growth(few: Size, many: Size, sites: dict[Size, Site]) -> Iterator[Aim]:
    """From one size to another: time no worse than in proportion, pages not at all."""
    before, after = sites[few], sites[many]
    name, times = f"growth {few} → {many} sheets", max(many) / max(few)
    for how in ("cold", "warm"):
        first, last = before.median(OURS, how), after.median(OURS, how)
        if first and last:
            yield Aim(f"{name}, {how} build", f"≤ {times:g} ×", f"{last / first:.2g} ×", last / first <= times)
    lists = [path for path in before.kilobytes if path.startswith("list of") or path == "index.html"]
    growth = {path: after.kilobytes[path] / before.kilobytes[path] for path in (*lists, "organisations/*, median")}
    worst = max(growth, key=lambda path: growth[path])
    note = f"{worst}: {before.kilobytes[worst]:,.0f} → {after.kilobytes[worst]:,.0f} KB"
    yield Aim(f"{name}, size of pages", "none", f"{growth[worst]:.2f} ×", growth[worst] <= 1.05, note)


def _of_loops(loops: dict[Size, dict[str, float]]) -> Iterator[Aim]:
    for size, seconds in loops.items():
        if OURS in seconds:
            what = f"override edit → page served, {size} sheets"
            yield Aim(what, "≤ 0.7 s", f"{seconds[OURS]:.2f} s", seconds[OURS] <= 0.7)
            for peer in (HUGO, ZENSICAL):
                if size == max(loops) and peer in seconds:
                    ratio, beside = seconds[OURS] / seconds[peer], f"beside {seconds[peer]:.2f} s"
                    yield Aim(f"the same beside {peer}, {size} sheets", "≤ 1 ×", f"{ratio:.2g} ×", ratio <= 1, beside)


def _of_extraction(lines: Iterable[str]) -> Iterator[Aim]:
    """Lines such as `mixed archive, 9,000 words: median ratio 3.10 …` and `memory, 1,000 articles: peak 700 MB …`."""
    peaks = []
    for line in lines:
        what, _, said = line.partition(": ")
        least = next((least for begins, least in LEAST.items() if what.startswith(begins)), None)
        if least and (ratio := re.search(r"median ratio ([\d.]+)", said)):
            yield Aim(what, f"≥ {least:.2g} ×", f"{ratio[1]} ×", float(ratio[1]) >= least, said.partition(" ")[2])
        if peak := re.match(r"peak ([\d,]+) MB", said):
            peaks.append((what, float(peak[1].replace(",", ""))))
    if len(peaks) > 1:
        ratio = peaks[-1][1] / peaks[0][1]
        yield Aim(f"{peaks[0][0]} → {peaks[-1][0]}", "flat", f"{ratio:.2f} ×", ratio <= 1.1, f"{peaks[-1][1]:,.0f} MB")


def _table(aims: Iterable[Aim]) -> Iterator[str]:
    yield "| what | aim | ours | met | |\n|---|---|--:|---|---|"
    for aim in aims:
        yield f"| {aim.what} | {aim.aim} | {aim.figure} | {'yes' if aim.met else '**no**'} | {aim.note} |"


def _costs(sites: dict[Size, Site]) -> Iterator[str]:
    """How cost grows: each engine's seconds, processor time and memory, then what weighs most."""
    every = [*sites.values()]
    keys = list(dict.fromkeys(key for one in every for key in one.runs))
    rows = {"pages": [f"{one.files:,}" for one in every]}
    for of, unit in (("seconds", "s"), ("processor", "processor s"), ("megabytes", "peak MB")):
        rows |= {f"{' '.join(key)}, {unit}": [_number(one.median(*key, of)) for one in every] for key in keys}
    for place, name in enumerate(("first", "next")):
        rows[f"{name} search result, s"] = [_number(one.search and one.search[place]) for one in every]
    for path in dict.fromkeys(path for one in every for path in one.kilobytes):
        rows[f"{path}, KB"] = [_number(one.kilobytes.get(path)) for one in every]
    yield from _grid("sheets / articles", [*map(str, sites)], rows) if sites else ()


def _loops(loops: dict[Size, dict[str, float]]) -> Iterator[str]:
    names = list(dict.fromkeys(name for one in loops.values() for name in one))
    rows = {f"{name}, s": [_number(one.get(name)) for one in loops.values()] for name in names}
    yield from _grid("edit → page served", [f"{size} sheets" for size in loops], rows) if loops else ()


def _grid(corner: str, heads: Sequence[str], rows: dict[str, list[str]]) -> Iterator[str]:
    yield f"| {corner} | {' | '.join(heads)} |"
    yield f"|---|{'--:|' * len(heads)}"
    yield from (f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())


def _number(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:,.0f}" if figure >= 100 else f"{figure:.2f}"


def _machine(began: float) -> Iterator[str]:
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    spent = f"after {(time.monotonic() - began) / 60:.0f} minutes"
    yield f"{date.today()}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, {load} {spent}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _size(text: str) -> Size:
    """`1000`: as many sheets as articles; `1000x10000`: sheets and articles."""
    sheets, _, articles = text.partition("x")
    return Size(int(sheets), int(articles or sheets))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument(
        "--idle", type=_size, metavar="SIZE", help="of the build with nothing to do: SHEETS or SHEETSxARTICLES"
    )
    parser.add_argument("--sites", type=_size, nargs="*", metavar="SIZE", help="of the sites that are built")
    parser.add_argument("--loops", type=_size, nargs="*", metavar="SIZE", help="of the sites that are served and edited")
    parser.add_argument("--rounds", type=int, default=3, help="how often each engine builds (once above 1,000)")
    parser.add_argument("--edits", type=int, default=5)
    parser.add_argument("--hugo", default="hugo", help="command of Hugo")
    parser.add_argument("--zensical", default="zensical", help="command of Zensical")
    parser.add_argument(
        "--extraction", nargs="*", metavar="WORD", help="what extraction_speed.py is told, such as its rounds"
    )
    parser.add_argument("--no-extraction", action="store_const", const=[], dest="extraction")
    parser.add_argument("--keep", type=Path, help="a folder for the projects, used again if it has them")
    parser.add_argument("--to", type=Path, default=HERE.parent / "build" / "benchmark.md")
    options = parser.parse_args()
    sizes = ("10x100", "10 50", "10") if options.quick else ("1000x10000", "10 100 1000 1000x10000 5000", "100 1000")
    idle, sites, loops = ([_size(text) for text in some.split()] for some in sizes)
    options.idle = options.idle or idle[0]
    options.extraction = ([] if options.quick else ["5"]) if options.extraction is None else options.extraction
    options.sites = sites if options.sites is None else options.sites
    options.loops = loops if options.loops is None else options.loops
    return options


if __name__ == "__main__":
    main()
