"""The command line: the only place that prints or exits."""

import errno
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, groupby
from pathlib import Path
from typing import Annotated

import typer

from generator import build as builder
from generator import cache, changes, content, dates, disk, strict_yaml, timeline
from generator import check as checks
from generator import schemas as schema
from generator.commands import common, editing
from generator.commands.common import change_line, claim_lines, err, finish, number, out, print_claim, tell, why_line, words
from generator.errors import FactsheetsError, Problem, did_you_mean
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import FOLDERS, PUBLISH_AT, Article, Claim

app = typer.Typer(
    name="factsheets",
    help="Sourced fact sheets on international organisations, from news articles to a static site.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
)
kinds_app = typer.Typer(no_args_is_help=True, help="Kinds of fact.")
app.add_typer(kinds_app, name="kinds")
app.add_typer(editing.app)


def main() -> None:
    """Runs the command line: exit code 0 if all is well, 1 for problems in content, 2 for wrong usage."""
    try:
        app()
    except FactsheetsError as error:
        tell(error.problems)
        sys.exit(1)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS):
            raise
        tell([Problem(f"{error.filename or 'a temporary file'} cannot be written: {error.strerror}")])
        sys.exit(1)


_SUBJECT = Annotated[str, typer.Argument(help="An id or a name, e.g. csto, AM, Armenia.")]


@app.command()
def build(
    explain: Annotated[
        bool, typer.Option("--explain-rebuild", help="Say which files made this build do something.")
    ] = False,
    workers: Annotated[int, typer.Option(min=0, help="Processes that read articles; 0: one for each core.")] = 0,
    engine: Annotated[str | None, typer.Option(help="A Dask scheduler to read on: dask://HOST:PORT.")] = None,
) -> None:
    """Read new and changed articles, settle all claims, save `content/facts/`, and say what changed and why.

    Examples: `factsheets build` · `factsheets build --explain-rebuild` · `factsheets build --engine dask://10.0.0.5:8786`
    """
    root = common.project_folder()
    differing, read_before = cache.changed(root)[0], cache.inputs(root)
    report = builder.build(root, today=cache.today(), progress=_progress, workers=builder.Workers(workers, engine))
    for change in report.changes:
        out.print(change_line(change))
    if explain:
        out.print(*[f"differs from the last build: {name}" for name in differing or ["nothing"]], sep="\n")
        done = {"read": report.extracted, "in .cache/claims": report.cached}
        out.print(*(f"{how}: {name}, {why}" for how, some in done.items() for name, why in some.items()), sep="\n")
    if all(problem.severity == "warning" for problem in report.problems):
        cache.remember(root, read_before, [f"{problem.severity}: {problem}" for problem in report.problems])
    read = f"{number(len(report.extracted), 'article')} read"
    read += f" and {len(report.cached)} taken from .cache/claims" if report.cached else ""
    changed = f"{number(len(report.changes), 'fact')} changed"
    finish(report.problems, f"{read}, {changed}, {number(len(report.touched), 'file')} written or removed")


@app.command()
def extract(
    paths: Annotated[list[Path], typer.Argument(help="Articles (.md, .txt) and folders of them.", exists=True)],
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One claim a line, as JSON.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also claims that would wait for review.")] = False,
) -> None:
    """Print what articles say, without saving anything; needs no project.

    Example: `factsheets extract article.txt folder/ --jsonl > claims.jsonl`
    """
    files, problems = content.article_files(paths), list[Problem]()
    for claim in chain.from_iterable(_read(content.read_articles(files, problems), len(files))):
        if every or claim.confidence >= PUBLISH_AT:
            print_claim(claim, jsonl)
    finish(problems)


@app.command()
def check() -> None:
    """Report everything wrong in `content/`; exit code 1 where something must be mended.

    Example: `factsheets check`
    """
    problems = [*checks.check(common.project_folder(), today=cache.today())]
    errors = sum(problem.severity == "error" for problem in problems)
    finish(problems, f"{number(errors, 'error')}, {number(len(problems) - errors, 'warning')}")


@app.command()
def explain(
    subject: _SUBJECT, kind: Annotated[str | None, typer.Argument(help="Only this kind of fact, e.g. founding.")] = None
) -> None:
    """Say why a sheet says what it says: each value, its reason, and every claim for and against it.

    Examples: `factsheets explain csto` · `factsheets explain csto founding`
    """
    project = common.refreshed()
    if kind and kind not in project.kinds:
        raise typer.BadParameter(f"no kind is called {kind!r}; {did_you_mean(kind, project.kinds)}")
    sheet = common.find_sheet(project, subject)
    out.print(f"{sheet.name} ({FOLDERS[sheet.type]}/{sheet.id})", style="bold")
    standings = timeline.standings(sheet.facts, project.kinds, today := cache.today())
    for fact, standing in zip(sheet.facts, standings, strict=True):
        if kind not in (None, fact.kind):
            continue
        changing = fact.kind in project.kinds and project.kinds[fact.kind].changes
        status = timeline.status_on(fact, today) or "status that day open" if fact.events else standing if changing else None
        out.print(f"\n{words(fact)}", style="bold")
        confirmed = f"last confirmed {fact.confirmed}" if fact.confirmed else "the sources are not dated"
        out.print("; ".join(filter(None, [f"  {fact.verdict}, decided by {fact.decided_by}", status, confirmed])))
        out.print(f"  why: {why_line(fact)}")
        for line in claim_lines(fact.claims, fact):
            out.print(f"  {line}")
    for line in claim_lines((c for c in sheet.denied if kind in (None, c.kind)), None):
        out.print(f"denied: {line}")
    tell(problem for problem in project.problems if problem.severity == "error")


@app.command()
def show(
    subject: _SUBJECT,
    as_of: Annotated[str | None, typer.Option(help="A day, month or year; else today.", metavar="DATE")] = None,
) -> None:
    """Say what is known of a subject at a time: who belonged to it, who presided, who held which office.

    Examples: `factsheets show csto` · `factsheets show csto --as-of 2014-06`
    """
    period = as_of or cache.today().isoformat()
    try:
        last = dates.bounds(period).latest
    except ValueError as error:
        raise typer.BadParameter(f"{error}: {schema.form('edtf', period)}") from None
    project = common.refreshed()
    sheet, unknown = common.find_sheet(project, subject), 0
    ahead = ", still to come: as far as it was announced or goes on" if dates.passed(period, cache.today()) == "no" else ""
    out.print(f"{sheet.name} ({FOLDERS[sheet.type]}/{sheet.id}), {period}{ahead}", style="bold")
    for fact in sheet.facts:
        span = timeline.span(fact, timeline.later(fact, sheet.facts, project.kinds))
        if fact.kind in project.kinds and not project.kinds[fact.kind].changes:
            if not fact.value or dates.bounds(fact.value).earliest <= last:
                out.print(f"  {words(fact)}")
        elif (held := timeline.during(span, period)) == ["not known"]:
            unknown += 1
        elif held != ["not begun"]:
            other = fact.events and fact.get("status") not in held  # then its dates are of another time, too
            aged = held[-1] == "current" and not fact.get("until") and dates.precedes(fact.confirmed or "../..", period)
            confirmed = f", last confirmed {fact.confirmed}" if aged else ""
            out.print(f"  {' → '.join(held)}: {words(replace(fact, fields={}) if other else fact)}{confirmed}")
    finish([], f"{number(unknown, 'fact')} not known for that time" if unknown else None)


@app.command("changes")
def tell_changes(since: Annotated[str, typer.Option(help="A commit, branch or tag of the git repository.")]) -> None:
    """Say which facts changed since a revision, as Markdown: for a summary, or a comment on a pull request.

    Example: `factsheets changes --since origin/main`
    """
    root = common.project_folder()
    before, (after, problems) = content.load_sheets_at(root, since), content.load_sheets(root)
    found = sorted(changes.between(before, after, content.load_kinds(root)), key=lambda change: change.sheet.name)
    out.print(f"## {number(len(found), 'fact')} changed")
    for name, some in groupby(found, lambda change: change.sheet.name):
        out.print(f"\n### {_code(name)}\n")
        for change in some:
            sides = [_code(words(fact)) if fact else "nothing" for fact in (change.before, change.after)]
            out.print(f"- {' → '.join(sides)}")
    finish(problems)


def _code(text: str) -> str:
    """Markdown that shows a text as it is, whatever it says."""
    plain = " ".join(text.split()).replace("`", "'")
    return f"`{plain}`"


@app.command()
def render(to: Annotated[Path, typer.Option("--to", help="Folder for the pages; it is not emptied first.")]) -> None:
    """Write every page as Markdown, and the data beside them, for any site engine.

    Example: `factsheets render --to docs-for-another-engine/`
    """
    from generator.publish import assets, data, publish

    project = common.refreshed()
    published = publish(project, project.problems)
    written = [disk.write(to / it.path, it.text) for it in (*published.pages.values(), *data(published.edition))]
    for place, path in assets():
        disk.write(to / place, path.read_bytes())
    finish(project.problems, f"{number(len(written), 'file')} in {to}, {sum(written)} of them new or changed")


@app.command()
def evaluate(
    gold: Annotated[list[Path], typer.Argument(help="Folders of gold files, named as the articles.", file_okay=False)],
    articles: Annotated[list[Path] | None, typer.Option(help="Where the articles are; else beside the gold.")] = None,
    save: Annotated[Path | None, typer.Option(help="Keep this run, to compare a later one with.")] = None,
    compare: Annotated[Path | None, typer.Option(help="A saved run: what was gained and lost since.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="List what was missed and what is false.")] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Only every judged claim and missed fact, as JSON.")] = False,
) -> None:
    """Score extraction against gold: precision, recall and F1 by kind, by rule and by confidence.

    Example: `factsheets evaluate gold/ --articles texts/ --errors`
    """
    from generator import evaluate as evaluation

    facts = evaluation.load_gold(gold)
    paths = [path for folder in gold for path in evaluation.article_paths(folder, articles or ())]
    found = [*content.read_articles(paths, problems := list[Problem]())]
    claims = {article.id: some for article, some in zip(found, _read(found, len(found)), strict=True)}
    judged = evaluation.judge(evaluation.published(claims), facts)
    if jsonl:
        for one in judged:
            typer.echo(json.dumps(evaluation.judged_line(one), ensure_ascii=False))
    else:
        out.print(*evaluation.report(claims, facts), sep="\n")
    if errors:
        out.print(*evaluation.errors(judged), sep="\n")
    if compare:
        out.print(*evaluation.compare(strict_yaml.read_text(compare), judged, compare), sep="\n")
    if save:
        disk.write(save, evaluation.run_file(judged))
    finish(problems)


@app.command()
def schemas() -> None:
    """Write JSON Schemas of all that people write to `content/schemas/`, for editors.

    Example: `factsheets schemas`
    """
    root = common.project_folder()
    with disk.lock(root):
        for name, text in schema.files(content.load_kinds(root)).items():
            disk.write(root / "content" / "schemas" / name, text)


@kinds_app.command("test")
def test_kinds() -> None:
    """Read the examples of every kind of fact, and its counter-examples, with the engine.

    Example: `factsheets kinds test`
    """
    kinds, gazetteer, model = _engine()
    problems = [*checks.failing_examples(kinds, gazetteer, model)]
    told = sum(len(kind.examples) + len(kind.nots) for kind in kinds.values())
    finish(problems, f"{number(told, 'example')} of {len(kinds)} kinds, {number(len(problems), 'failure')}")


def _engine() -> tuple[dict[str, Kind], Gazetteer, str | None]:
    """Kinds, names and model of the project; the built-in ones where there is none."""
    root = cache.find_project(Path.cwd()) or Path()
    return content.load_kinds(root), content.load_gazetteer(root), content.load_settings(root).model


def _read(articles: Iterable[Article], total: int) -> Iterable[list[Claim]]:
    every = builder.extract_articles(articles, *_engine(), cache.today(), builder.Workers())
    return _progress(every, total) if total else ()


def _progress(claims: Iterator[list[Claim]], total: int) -> Iterable[list[Claim]]:
    """A bar on a terminal, and nothing elsewhere."""
    if not err.is_terminal:
        return claims
    from rich.progress import track

    return track(claims, "Reading articles", total, console=err, transient=True)
