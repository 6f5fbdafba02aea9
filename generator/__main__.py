"""The command line: the only place that prints or exits. Data goes to standard output, all else to standard error."""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from generator import build as builder
from generator import content, strict_yaml, timeline
from generator.errors import FactsheetsError, Problem, did_you_mean
from generator.model import FOLDERS, PUBLISH_AT, REASONS, Claim, Fact

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
out = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


def main() -> None:
    """Runs the command line: exit code 0 if all is well, 1 for problems in content, 2 for wrong usage."""
    try:
        app()
    except FactsheetsError as error:
        _tell(error.problems)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@app.command()
def build() -> None:
    """Read new and changed articles, settle all claims, save `content/facts/`, and say what changed and why.

    Example: `factsheets build`
    """
    root = _project()
    report = builder.build(root, today=date.today(), progress=_progress)
    for change in report.changes:
        out.print(_change(change))
    _tell(report.problems)
    read = f"{_number(len(report.extracted), 'article')} read"
    changed = f"{_number(len(report.changes), 'fact')} changed"
    err.print(f"{read}, {changed}, {_number(len(report.touched), 'file')} written or removed")


@app.command()
def extract(
    paths: Annotated[list[Path], typer.Argument(help="Articles (.md, .txt) and folders of them.", exists=True)],
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One claim a line, as JSON.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also claims that would wait for review.")] = False,
) -> None:
    """Print what articles say, without saving anything; needs no project.

    Example: `factsheets extract article.txt folder/ --jsonl > claims.jsonl`
    """
    root = _find_project() or Path()
    articles, problems = content.read_articles(paths)
    settings, kinds, gazetteer = content.load_settings(root), content.load_kinds(root), content.load_gazetteer(root)
    found = builder.extract_articles(articles, kinds, gazetteer, settings.model) if articles else iter(())
    for claims in _progress(found, len(articles)):
        for claim in claims:
            if every or claim.confidence >= PUBLISH_AT:
                _print_claim(claim, jsonl)
    _tell(problems)
    raise typer.Exit(1 if problems else 0)


@app.command()
def check() -> None:
    """Report everything wrong in `content/`; exit code 1 where something must be mended.

    Example: `factsheets check`
    """
    from generator import check as checks

    problems = list(checks.check(_project(), today=date.today()))
    _tell(problems)
    errors = sum(problem.severity == "error" for problem in problems)
    err.print(f"{_number(errors, 'error')}, {_number(len(problems) - errors, 'warning')}")
    raise typer.Exit(1 if errors else 0)


@app.command()
def explain(
    subject: Annotated[str, typer.Argument(help="An id or a name, e.g. csto, AM, Armenia.")],
    kind: Annotated[str | None, typer.Argument(help="Only this kind of fact, e.g. founding.")] = None,
) -> None:
    """Say why a sheet says what it says: each value, its reason, and every claim for and against it.

    Examples: `factsheets explain csto` · `factsheets explain csto founding`
    """
    project = builder.refresh(_project(), today=date.today())
    if kind and kind not in project.kinds:
        raise typer.BadParameter(f"no kind is called {kind!r}; {did_you_mean(kind, project.kinds)}")
    record = project.gazetteer.find(subject)
    wanted = record.id if record else subject
    sheet = next((sheet for sheet in project.sheets if sheet.id == wanted), None)
    if sheet is None:
        known = [word for sheet in project.sheets for word in (sheet.id, sheet.name)]
        raise FactsheetsError(f"no facts on {subject!r}", did_you_mean(subject, known))
    shown = [fact for fact in sheet.facts if kind in (None, fact.kind)]
    out.print(f"{sheet.name} ({FOLDERS[sheet.type]}/{sheet.id})", style="bold")
    for fact in shown:
        out.print()
        out.print(_fact_words(fact), style="bold")
        out.print(f"  {fact.verdict}, decided by {fact.decided_by}; {_today_words(fact)}")
        out.print(f"  why: {_why(fact)}")
        for line in _claim_lines(fact.claims, fact):
            out.print(f"  {line}")
    for line in _claim_lines((c for c in sheet.denied if kind in (None, c.kind)), None):
        out.print(f"denied: {line}")
    _tell(problem for problem in project.problems if problem.severity == "error")


@app.command()
def render(to: Annotated[Path, typer.Option("--to", help="Folder for the pages; it is not emptied first.")]) -> None:
    """Write every page as Markdown, for any site engine.

    Example: `factsheets render --to docs-for-another-engine/`
    """
    from generator import render as renderer

    project = builder.refresh(_project(), today=date.today())
    pages = renderer.render(
        project.sheets, project.articles, project.kinds, project.gazetteer,
        today=date.today(), problems=project.problems,
    )  # fmt: skip
    written = [content.write(to / page.path, page.text) for page in pages]
    _tell(project.problems)
    err.print(f"{_number(len(written), 'page')} in {to}, {sum(written)} of them new or changed")
    raise typer.Exit(1 if any(problem.severity == "error" for problem in project.problems) else 0)


@app.command()
def evaluate(
    gold: Annotated[list[Path], typer.Argument(help="Folders of gold files, named as the articles.", file_okay=False)],
    articles: Annotated[list[Path] | None, typer.Option(help="Where the articles are; else beside the gold.")] = None,
    save: Annotated[Path | None, typer.Option(help="Keep this run, to compare a later one with.")] = None,
    compare: Annotated[Path | None, typer.Option(help="A saved run: what was gained and lost since.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="List what was missed and what is false.")] = False,
) -> None:
    """Score extraction against gold: precision, recall and F1 by kind, by rule and by confidence.

    Example: `factsheets evaluate gold/ --articles texts/ --errors`
    """
    from generator import evaluate as evaluation

    facts = evaluation.load_gold(gold)
    paths = [path for folder in gold for path in evaluation.article_paths(folder, articles or ())]
    found, problems = content.read_articles(paths)
    root = _find_project() or Path()
    model, kinds, gazetteer = content.load_settings(root).model, content.load_kinds(root), content.load_gazetteer(root)
    read = _progress(builder.extract_articles(found, kinds, gazetteer, model), len(found))
    claims = {article.id: some for article, some in zip(found, read, strict=True)}
    judged = evaluation.judge(evaluation.published(claims), facts)
    out.print(*evaluation.report(claims, facts), sep="\n")
    if errors:
        out.print(*evaluation.errors(judged), sep="\n")
    if compare:
        out.print(*evaluation.compare(strict_yaml.read_text(compare), judged, compare), sep="\n")
    if save:
        content.write(save, evaluation.run_file(judged))
    _tell(problems)
    raise typer.Exit(1 if problems else 0)


@kinds_app.command("test")
def test_kinds() -> None:
    """Read the examples of every kind of fact, and its counter-examples, with the engine.

    Example: `factsheets kinds test`
    """
    from generator import check as checks

    root = _find_project() or Path()
    kinds, model = content.load_kinds(root), content.load_settings(root).model
    problems = list(checks.failing_examples(kinds, content.load_gazetteer(root), model))
    _tell(problems)
    told = sum(len(kind.examples) + len(kind.nots) for kind in kinds.values())
    err.print(f"{_number(told, 'example')} of {_number(len(kinds), 'kind')}, {_number(len(problems), 'failure')}")
    raise typer.Exit(1 if problems else 0)


def _find_project() -> Path | None:
    """The nearest folder, from here upwards, that holds `content/`."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "content").is_dir()), None)


def _project() -> Path:
    if (root := _find_project()) is None:
        raise typer.BadParameter("no project here: neither this folder nor one above it holds content/")
    return root


def _progress(claims: Iterator[list[Claim]], total: int) -> Iterable[list[Claim]]:
    """A bar on a terminal, and nothing elsewhere."""
    return track(claims, "Reading articles", total, console=err, transient=True, disable=not err.is_terminal)


def _tell(problems: Iterable[Problem]) -> None:
    for problem in problems:
        err.print(f"{problem.severity}: {problem}", style="yellow" if problem.severity == "warning" else "red")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _print_claim(claim: Claim, jsonl: bool) -> None:
    if jsonl:
        from generator import export

        line = export.claim_line(claim)
        if claim.confidence < PUBLISH_AT:
            line["review"] = True
        print(json.dumps(line, ensure_ascii=False))
        return
    quote = f"\n    “{' '.join(claim.quote.text.split())}”" if claim.quote else ""
    out.print(
        f"{claim.subject_name} · {claim.kind}: {claim.value_name}{_fields(claim)}  ({claim.confidence:.2f}){quote}"
    )


def _fields(item: Claim | Fact) -> str:
    return "".join(f", {name} {text}" for name, text in item.fields.items())


def _fact_words(fact: Fact) -> str:
    return f"{fact.kind}: {fact.value_name}{_fields(fact)}"


def _today_words(fact: Fact) -> str:
    today = date.today()
    if not fact.fields.keys() & {"status", "phase", "since", "until"}:
        return f"said last {fact.confirmed}" if fact.confirmed else "the sources are not dated"
    status = timeline.status_on(fact, today) if fact.events else timeline.state(fact, today)
    confirmed = f"last confirmed {fact.confirmed}" if fact.confirmed else "the sources are not dated"
    return f"today {status or 'open'}, {confirmed}"


def _why(fact: Fact) -> str:
    first = [fact.claims[0].why] if fact.decided_by == "override" else []
    told = [words.format(fact.reason[rule]) for rule, words in REASONS.items() if rule in fact.reason]
    return "; ".join([*first, *told])


def _claim_lines(claims: Iterable[Claim], fact: Fact | None) -> Iterator[str]:
    """A claim, where it comes from, and where it differs from the fact."""
    for claim in claims:
        said = "" if fact and _same(claim, fact) else f" says {claim.value_name}{_fields(claim)}:"
        if claim.override:
            yield f"override {claim.override}{said} {claim.why}"
        elif claim.quote:
            quote = " ".join(claim.quote.text.split())
            when = f", {claim.said}" if claim.said else ""
            yield f"- {claim.quote.article}{when} ({claim.confidence:.2f}, {claim.rule}){said} “{quote}”"
            if claim.derivation:
                yield f"    derived: {claim.derivation.says}"
        else:
            yield f"- {claim.ref}{said}"


def _same(claim: Claim, fact: Fact) -> bool:
    return claim.value == fact.value and dict(claim.fields) == dict(fact.fields)


def _change(change: builder.Change) -> str:
    fact = change.after or change.before
    assert fact is not None
    verb = "new" if change.before is None else "gone" if change.after is None else "changed"
    place = f"{change.sheet.name} · {_fact_words(fact)}: {verb}"
    return f"{place} ({fact.verdict}; {_why(fact)})" if change.after else place


if __name__ == "__main__":
    main()
