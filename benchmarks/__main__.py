"""Ours beside its peers in one run, on projects of invented facts: `python benchmarks [--quick]`, or `make benchmark`.

It measures what is installed beside this Python, in fresh processes, and asserts nothing: it prints a table of aims and
figures and writes it to a file. A peer that is not there is left out, and named.
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
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import engines
import measure
import synthetic
from engines import BIN, Engine

HERE = Path(__file__).parent
OURS, ZENSICAL, HUGO = "factsheets", "Zensical", "Hugo"
FEW = 1  # rounds where a site is larger than LARGE
LARGE = 1_000


class Aim(NamedTuple):
    """A line of the table: what was aimed at, and how far it was met."""

    what: str
    aim: str
    figure: float
    most: float
    unit: str = ""
    note: str = ""


class Site(NamedTuple):
    """What the sites of one size cost; seconds are medians."""

    sheets: int
    files: int
    seconds: dict[tuple[str, str], float]  # engine, "cold" or "warm"
    processor: dict[tuple[str, str], float]  # likewise, of all cores
    megabytes: float  # ours, at the peak of a cold build
    pages: dict[str, float]  # kilobytes by page
    search: tuple[float, float] | None


def main() -> None:
    """Measure, print, write."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(options.keep or folder)
        aims: list[Aim] = []
        aims += no_change(work / "idle", options.idle, options.rounds)
        found = {size: lay_out(work / f"site-{size}", size, options) for size in sorted({*options.sites, *options.loops})}
        sites = {size: site(size, found[size], options.rounds) for size in options.sites}
        loops = {size: loop(size, found[size], options.edits) for size in options.loops}
        aims += [*_of_sites(sites), *_of_loops(loops)]
    report = "\n".join([*_machine(), "", *_table(aims), "", *_costs(sites), "", *_loops(loops), "", *extraction(options)])
    print(report)
    options.to.parent.mkdir(parents=True, exist_ok=True)
    options.to.write_text(report + "\n", "utf-8")


def no_change(root: Path, sizes: Sequence[int], rounds: int) -> Iterator[Aim]:
    """`factsheets build` with nothing to do, and what it imports for that."""
    _say(f"{sizes[0]} sheets from {sizes[1]} articles: a build with nothing to do")
    if not root.exists():
        synthetic.write(root, *sizes)
    command = [str(BIN / "factsheets"), "build"]
    measure.run(command, root)
    seconds = statistics.median(measure.run(command, root).seconds for _ in range(rounds))
    imports = measure.run(command, root, PYTHONPROFILEIMPORTTIME="1").said
    heavy = [name for name in ("spacy", "mkdocs") if re.search(rf"\| +{name}$", imports, re.M)]
    what = f"no-change build, {sizes[0]:,} sheets and {sizes[1]:,} articles"
    yield Aim(what, "≤ 0.3 s", seconds, 0.3, " s")
    yield Aim("spaCy and MkDocs imported by it", "neither", len(heavy), 0, "", ", ".join(heavy))


def lay_out(root: Path, size: int, options: argparse.Namespace) -> list[Engine]:
    """A project with as many articles as sheets, and its pages for the peers that are installed."""
    _say(f"{size} sheets: writing a project and its pages")
    if not (root / "ours").exists():
        synthetic.write(root / "ours", size, size)
        measure.run([str(BIN / "factsheets"), "build"], root / "ours")
        measure.run([str(BIN / "factsheets"), "render", "--to", str(root / "pages")], root / "ours")
    found = [engines.ours(root / "ours")]
    for name, command, make in ((HUGO, options.hugo, engines.hugo), (ZENSICAL, options.zensical, engines.zensical)):
        if size > LARGE and name == ZENSICAL:
            _say(f"{size} sheets: {name} is left out, it takes minutes and refuses long lists")
        elif installed := shutil.which(command):
            shutil.rmtree(root / name, ignore_errors=True)
            found.append(make(installed, root / name, root / "pages"))
        else:
            _say(f"{name} is left out: there is no command {command!r}")
    return found


def site(size: int, found: list[Engine], rounds: int) -> Site:
    """Each engine in turn, as many times over as asked."""
    runs: dict[tuple[str, str], list[measure.Run]] = defaultdict(list)
    for number in range(FEW if size > LARGE else rounds):
        for engine in found:
            for how in ("cold", "warm"):
                run = measure.build(engine, cold=how == "cold")
                runs[engine.name, how].append(run)
                _say(f"{size} sheets, round {number + 1}: {engine.name} {how} {run.seconds:.2f} s")
    built = found[0].root / "site"
    return Site(
        size,
        sum(1 for _ in built.rglob("index.html")),
        {key: statistics.median(run.seconds for run in some) for key, some in runs.items()},
        {key: statistics.median(run.processor for run in some) for key, some in runs.items()},
        max(run.megabytes for run in runs[OURS, "cold"]),
        dict(_weights(built)),
        measure.first_result(built, synthetic.title(size // 2)),
    )


def loop(size: int, found: list[Engine], edits: int) -> dict[str, float]:
    """Seconds from an edit to the page served, by engine."""
    medians = {}
    for engine in found:
        medians[engine.name] = statistics.median(measure.loop(engine, edits))
        _say(f"{size} sheets: an edit is served by {engine.name} after {medians[engine.name]:.2f} s")
    return medians


def extraction(options: argparse.Namespace) -> list[str]:
    """What the benchmarks of extraction say of themselves, in their own words."""
    told = []
    for script in sorted(HERE.glob("extraction*.py")) if options.extraction else []:
        _say(script.name)
        done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=HERE.parent)
        lines = done.stdout.splitlines() if done.returncode == 0 else [f"failed: {done.stderr[-300:]}"]
        told += [f"- {script.stem}: {line}" for line in lines if "median" in line or "memory" in line or done.returncode]
    return told


def _weights(built: Path) -> Iterator[tuple[str, float]]:
    """Kilobytes of what may grow with the number of sheets."""
    lists = ("index.html", *(f"{name}/index.html" for name in ("organisations", "countries", "articles", "review")))
    for path in (*lists, "search/search_index.json", "sitemap.xml"):
        yield path, (built / path).stat().st_size / 1024
    for folder in ("organisations", "countries", "articles"):
        sizes = [path.stat().st_size / 1024 for path in (built / folder).glob("*/index.html")]
        yield f"{folder}/*, median", statistics.median(sizes)
        yield f"{folder}/*, largest", max(sizes)


def _of_sites(sites: dict[int, Site]) -> Iterator[Aim]:
    if (at := sites.get(LARGE, [*sites.values()][-1])) and (OURS, "warm") in at.seconds:
        for how, peer, most in (("warm", HUGO, 1.25), ("cold", ZENSICAL, 0.5)):
            if (peer, "cold") in at.seconds:
                mine, other = at.seconds[OURS, how], at.seconds[peer, "cold"]
                what = f"{how} site build, {at.sheets:,} sheets" + (", one changed" if how == "warm" else "")
                processor = at.processor[OURS, how] / at.processor[peer, "cold"]
                beside = f"{mine:.2f} s beside {other:.2f} s; {processor:.2g} × in processor time"
                yield Aim(what, f"≤ {most} × {peer}", mine / other, most, " ×", beside)
    sizes = sorted(size for size in sites if size >= at.sheets)
    if len(sizes) > 1:
        few, many = sites[sizes[0]], sites[sizes[-1]]
        times = many.sheets / few.sheets
        for how in ("cold", "warm"):
            ratio = many.seconds[OURS, how] / few.seconds[OURS, how]
            what = f"growth {few.sheets:,} → {many.sheets:,} sheets, {how} build"
            yield Aim(what, f"≤ {times:g} ×", ratio, times, " ×")
        for path in ("organisations/*, median", "index.html", "organisations/index.html", "countries/index.html"):
            what = f"growth {few.sheets:,} → {many.sheets:,} sheets, size of {path}"
            yield Aim(what, "none", many.pages[path] / few.pages[path], 1.05, " ×", f"now {many.pages[path]:,.0f} KB")


def _of_loops(loops: dict[int, dict[str, float]]) -> Iterator[Aim]:
    for size, seconds in loops.items():
        yield Aim(f"override edit → page served, {size:,} sheets", "≤ 0.7 s", seconds[OURS], 0.7, " s")
        for peer in (HUGO, ZENSICAL):
            if size == max(loops) and peer in seconds:
                ratio, beside = seconds[OURS] / seconds[peer], f"beside {seconds[peer]:.2f} s"
                yield Aim(f"the same beside {peer}, {size:,} sheets", "≤ 1 ×", ratio, 1, " ×", beside)


def _table(aims: Iterable[Aim]) -> Iterator[str]:
    yield "| what | aim | ours | met | |\n|---|---|--:|---|---|"
    for aim in aims:
        met = "yes" if aim.figure <= aim.most else "**no**"
        yield f"| {aim.what} | {aim.aim} | {aim.figure:.3g}{aim.unit} | {met} | {aim.note} |"


def _costs(sites: dict[int, Site]) -> Iterator[str]:
    """How cost grows: seconds of each engine, then what weighs most."""
    keys = list(dict.fromkeys(key for one in sites.values() for key in one.seconds))
    every = [*sites.values()]
    processor = {f"{key[0]} {key[1]}, processor s": [_number(one.processor.get(key)) for one in every] for key in keys}
    yield from _grid("sheets", [f"{size:,}" for size in sites], {
        "pages": [f"{one.files:,}" for one in every],
        **{f"{name} {how}, s": [_number(one.seconds.get((name, how))) for one in every] for name, how in keys},
        **processor,
        "factsheets, peak MB": [f"{one.megabytes:,.0f}" for one in every],
        "first search result, s": [_number(one.search and one.search[0]) for one in every],
        "next search result, s": [_number(one.search and one.search[1]) for one in every],
        **{f"{path}, KB": [f"{one.pages[path]:,.0f}" for one in every] for path in every[0].pages},
    })  # fmt: skip


def _loops(loops: dict[int, dict[str, float]]) -> Iterator[str]:
    names = list(dict.fromkeys(name for one in loops.values() for name in one))
    rows = {f"{name}, s": [_number(one.get(name)) for one in loops.values()] for name in names}
    yield from _grid("edit → page served", [f"{size:,} sheets" for size in loops], rows)


def _grid(corner: str, heads: Sequence[str], rows: dict[str, list[str]]) -> Iterator[str]:
    yield f"| {corner} | {' | '.join(heads)} |"
    yield f"|---|{'--:|' * len(heads)}"
    yield from (f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())


def _number(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.2f}"


def _machine() -> Iterator[str]:
    load = f"load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    yield f"{date.today()}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, {load}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--idle", type=int, nargs=2, help="sheets and articles of the build with nothing to do")
    parser.add_argument("--sites", type=int, nargs="*", help="sheets of the sites that are built")
    parser.add_argument("--loops", type=int, nargs="*", help="sheets of the sites that are served and edited; of --sites")
    parser.add_argument("--rounds", type=int, default=3, help="how often each engine builds (once above 1,000 sheets)")
    parser.add_argument("--edits", type=int, default=5)
    parser.add_argument("--hugo", default="hugo", help="command of Hugo")
    parser.add_argument("--zensical", default="zensical", help="command of Zensical")
    parser.add_argument("--no-extraction", dest="extraction", action="store_false")
    parser.add_argument("--keep", type=Path, help="a folder for the projects, used again if it has them")
    parser.add_argument("--to", type=Path, default=HERE.parent / "build" / "benchmark.md")
    options = parser.parse_args()
    sizes = ([10, 100], [10, 50], [10]) if options.quick else ([1_000, 10_000], [10, 100, 1_000, 5_000], [100, 1_000])
    options.idle, options.sites, options.loops = (
        given if given is not None else default
        for given, default in zip((options.idle, options.sites, options.loops), sizes, strict=True)
    )
    return options


if __name__ == "__main__":
    main()
