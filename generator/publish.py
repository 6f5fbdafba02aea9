"""A project → every file of its site that is made from facts."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from generator import export
from generator.build import Project
from generator.errors import Problem
from generator.render import Draft, Page, render
from generator.render.edition import Edition
from generator.render.history import news
from generator.render.words import lines
from generator.review import queue


class Published(NamedTuple):
    """The files of a site by path, pages (`.md`) and those for other programs; and what they were made of."""

    files: Mapping[str, Page]
    drafts: Mapping[str, Draft]
    edition: Edition


def publish(
    project: Project,
    problems: Sequence[Problem] = (),
    *,
    site: str = "/",
    repository: str | None = None,
    last: Published | None = None,
) -> Published:
    """The site of a project as it is now; of `last` all that would come out the same is taken over.

    `problems` are shown on every page; `site` is the address of the site, `repository` that of its project, where
    readers' corrections go.
    """
    edition = Edition(
        subjects=project.sheets, read=project.articles, kinds=project.kinds, gazetteer=project.gazetteer,
        today=project.today, references=project.references.tables, repository=repository, changes=project.changes,
        before=last.edition if last else None,
    )  # fmt: skip
    review = queue(project, project.today)
    drafts = {d.path: d for d in render(edition, problems=problems, unsaved=project.unsaved, review=review)}
    old, files = (last.drafts, last.files) if last else ({}, {})
    pages = {path: files[path] if old.get(path) == draft else draft.page() for path, draft in drafts.items()}
    title, items = lines("feed", {})[0], news(edition, site)
    feeds = (
        Page("feeds/changes.xml", export.atom(items, title, site)),
        Page("feeds/changes.json", export.json_feed(items, title, site)),
    )
    return Published(pages | {feed.path: feed for feed in feeds}, drafts, edition)
