"""A project → every file of its site that is made from facts."""

from collections.abc import Iterator, Sequence

from generator import export
from generator.build import Project
from generator.errors import Problem
from generator.render import Page, render
from generator.render.edition import Edition
from generator.render.history import news
from generator.render.words import lines
from generator.review import queue


def files(
    project: Project, problems: Sequence[Problem], *, site: str = "/", repository: str | None = None
) -> Iterator[Page]:
    """Pages (`.md`), and files for other programs.

    `problems` are shown on every page; `site` is the address of the site, `repository` that of its project, where
    readers' corrections go.
    """
    edition = Edition(
        subjects=project.sheets, read=project.articles, kinds=project.kinds, gazetteer=project.gazetteer,
        today=project.today, references=project.references.tables, repository=repository, changes=project.changes,
    )  # fmt: skip
    yield from render(edition, problems=problems, unsaved=project.unsaved, review=queue(project, project.today))
    title, *_ = lines("feed", {})
    items = news(edition, site.rstrip("/") + "/")
    yield Page("feeds/changes.xml", export.atom(items, title, site))
    yield Page("feeds/changes.json", export.json_feed(items, title, site))
