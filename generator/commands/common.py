"""What commands share: the project they are typed in, what they print, how they end.

Data goes to standard output, all else to standard error.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import typer
from rich.console import Console

from generator import build as builder
from generator import cache, changes
from generator.errors import FactsheetsError, Problem, did_you_mean
from generator.model import PUBLISH_AT, Claim, Fact, Sheet
from generator.reconcile import REASONS

out = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


def project_folder() -> Path:
    """The folder of the project that the command was typed in."""
    if (root := cache.find_project(Path.cwd())) is None:
        raise typer.BadParameter("no project here: neither this folder nor one above it holds content/")
    return root


def refreshed() -> builder.Project:
    """That project, settled with its overrides as they are now."""
    return builder.refresh(project_folder(), today=cache.today())


def find_sheet(project: builder.Project, subject: str) -> Sheet:
    """The sheet on a subject, by its id or one of its names."""
    record = project.gazetteer.find(subject)
    wanted = record.id if record else subject
    if found := [sheet for sheet in project.sheets if sheet.id == wanted]:
        return found[0]
    known = [word for sheet in project.sheets for word in (sheet.id, sheet.name)]
    raise FactsheetsError(f"no facts on {subject!r}", did_you_mean(subject, known))


def pairs(fields: Iterable[str] | None) -> dict[str, str]:
    """What a person types as NAME=TEXT, by name."""
    if not all("=" in field for field in fields or ()):
        raise typer.BadParameter("a field is NAME=TEXT, e.g. published=2026-01-31")
    return dict(field.split("=", 1) for field in fields or ())


def finish(problems: Sequence[Problem], summary: str | None = None) -> None:
    """Ends a command: with exit code 1 where one of the problems is an error."""
    tell(problems)
    if summary:
        err.print(summary)
    raise typer.Exit(1 if any(problem.severity == "error" for problem in problems) else 0)


def tell(problems: Iterable[Problem]) -> None:
    """Prints problems to standard error."""
    for problem in problems:
        err.print(f"{problem.severity}: {problem}", style="yellow" if problem.severity == "warning" else "red")


def number(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def print_claim(claim: Claim, jsonl: bool) -> None:
    """A claim with its quote, or as a line of JSON."""
    if jsonl:
        from generator import export

        review = {"review": True} if claim.confidence < PUBLISH_AT else {}
        print(json.dumps(export.claim_line(claim) | review, ensure_ascii=False))
    else:
        quote = f"\n    “{' '.join(claim.quote.text.split())}”" if claim.quote else ""
        out.print(f"{claim.subject_name} · {words(claim)}  ({claim.confidence:.2f}){quote}")


def claim_lines(claims: Iterable[Claim], fact: Fact | None, texts: Mapping[str, str] = {}) -> Iterator[str]:
    """A claim, where it comes from, and where it differs from the fact; a short quote amid what such texts say around it."""
    from generator.render.evidence import context

    for claim in claims:
        same = fact and (claim.value, dict(claim.fields)) == (fact.value, dict(fact.fields))
        said = "" if same else f" says {words(claim).partition(': ')[2]}:"
        if quote := claim.quote:
            when = (f", {claim.said}" if claim.said else "") + (f", reprints {claim.origin}" if claim.origin else "")
            text = texts.get(quote.article, "")
            before, after = context(quote, text) if text[quote.start : quote.end] == quote.text else ("", "")
            told = " ".join(f"{before}“{quote.text}”{after}".split())
            yield f"- {quote.article}{when} ({claim.confidence:.2f}, {claim.rule}){said} {told}"
        else:
            yield f"override {claim.override}{said} {claim.why}" if claim.override else f"- {claim.ref}{said}"
        if claim.derivation:
            yield f"    derived: {claim.derivation.says}"


def words(item: Claim | Fact) -> str:
    """What a claim or fact says, on one line."""
    return f"{item.kind}: {item.value_name}" + "".join(f", {name} {text}" for name, text in item.fields.items())


def why_line(fact: Fact) -> str:
    """Why a fact is as it is: a person's reason, and the rules that spoke."""
    first = [fact.claims[0].why] if fact.decided_by == "override" else []
    told = [told.format(fact.reason[rule]) for rule, told in REASONS.items() if rule in fact.reason]
    return "; ".join([*first, *told])


def change_line(change: changes.Change) -> str:
    """What changed, and why it stands now."""
    fact, verb = change.fact, "new" if change.before is None else "gone" if change.after is None else "changed"
    place = f"{change.sheet.name} · {words(fact)}: {verb}"
    return f"{place} ({fact.verdict}; {why_line(fact)})" if change.after else place
