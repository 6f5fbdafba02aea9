"""Everything wrong with a project, as problems; never prints."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from generator import sheetfile
from generator.build import Project, extract_articles, refresh
from generator.content import article_path
from generator.errors import Problem
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import FOLDERS, PUBLISH_AT, Article, Claim, Quote


def check(root: Path, *, today: date) -> Iterator[Problem]:
    """Unusable files, facts not made from the content as it is, quotes that no longer match, idle overrides."""
    project = refresh(root, today=today)
    yield from project.problems
    yield from _orphans(project)
    if not project.problems:
        yield from _unsettled(project)


def failing_examples(kinds: Mapping[str, Kind], gazetteer: Gazetteer, model: str | None) -> Iterator[Problem]:
    """Examples of a kind that the engine does not read as the kind's file says, and counter-examples that it reads."""
    cases: list[tuple[Kind, str, list[Mapping[str, Any]]]] = []
    for kind in kinds.values():
        cases += [(kind, str(example["text"]), list(example.get("claims") or [])) for example in kind.examples]
        cases += [(kind, text, []) for text in kind.nots]
    articles = [Article(f"example-{n}", text.split(".")[0], text) for n, (_, text, _) in enumerate(cases)]
    for (kind, text, wanted), found in zip(cases, extract_articles(articles, kinds, gazetteer, model), strict=True):
        own = [claim for claim in found if claim.kind == kind.name and claim.confidence >= PUBLISH_AT]
        said = [_as_written(claim, kind) for claim in own]
        for claim in wanted:
            if not any(claim.items() <= other.items() for other in said):
                yield Problem(
                    f"not read: {dict(claim)} in {text!r}", kind.path, None, f"read: {said}" if said else None
                )
        for other in said:
            if not any(claim.items() <= other.items() for claim in wanted):
                yield Problem(f"should not be read: {other} in {text!r}", kind.path)


def _as_written(claim: Claim, kind: Kind) -> dict[str, str]:
    return {**claim.fields, kind.subject: claim.subject, kind.value: claim.value or claim.value_name}


def _orphans(project: Project) -> Iterator[Problem]:
    """A quote must stand in its article letter by letter, where the claim says; it is never moved elsewhere."""
    articles = {article.id: article for article in project.articles if article not in project.stale}
    for sheet in project.sheets:
        place = Path("content/facts") / FOLDERS[sheet.type] / f"{sheet.id}.yml"
        for claim in (claim for fact in sheet.facts for claim in fact.claims):
            for quote in _quotes(claim):
                if (article := articles.get(quote.article)) and article.text[quote.start : quote.end] != quote.text:
                    where = article_path(project.root, quote.article)
                    yield Problem(
                        f"a quote no longer matches {where}: {quote.text!r}", place, None, "run: factsheets build"
                    )


def _quotes(claim: Claim) -> Iterable[Quote]:
    return (*filter(None, [claim.quote]), *(claim.derivation.quotes if claim.derivation else ()))


def _unsettled(project: Project) -> Iterator[Problem]:
    """Saved facts that a build would write otherwise: an override changed since."""
    wanted = {Path(FOLDERS[sheet.type], f"{sheet.id}.yml"): sheetfile.dump(sheet) for sheet in project.sheets}
    folder = project.root / "content" / "facts"
    saved = {path.relative_to(folder) for name in FOLDERS.values() for path in (folder / name).glob("*.yml")}
    for path in sorted(wanted.keys() | saved):
        if path not in saved or path not in wanted or (folder / path).read_text("utf-8") != wanted[path]:
            message = "is not what the articles and today's overrides give"
            yield Problem(message, Path("content/facts") / path, None, "run: factsheets build", "warning")
