"""A project → every file of its site that is made from facts."""

from collections.abc import Iterator, Mapping, Sequence
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
    """The pages of a site by path, and what they were made of."""

    pages: Mapping[str, Page]
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
    """The pages of a project as it is now; of `last` all that would come out the same is taken over.

    `problems` are shown on every page; `site` is the address of the site, `repository` that of its project, where
    readers' corrections go.
    """
    edition = Edition(
        subjects=project.sheets, read=project.articles, kinds=project.kinds, gazetteer=project.gazetteer,
        today=project.today, references=project.references.tables, repository=repository, changes=project.changes,
        templates=project.templates, before=last.edition if last else None,
    )  # fmt: skip
    review = queue(project, project.today)
    drafts = {d.path: d for d in render(edition, problems=problems, unsaved=project.unsaved, review=review)}
    old, made = (last.drafts, last.pages) if last and last.edition.templates == project.templates else ({}, {})
    pages = {p: made[p] if old.get(p) == draft else _page(draft, edition, site) for p, draft in drafts.items()}
    return Published(pages, drafts, edition)


def data(edition: Edition, site: str = "/") -> Iterator[Page]:
    """The files for other programs: every fact, tables, a calendar, feeds of what changed."""
    shown, kinds, today = edition.sheets.values(), edition.kinds, edition.today
    (title, changes), items, found = lines("feed", {}), news(edition, site), export.facts(shown, kinds, today)
    yield Page("data/facts.json", export.facts_json(found, today))
    yield from (Page(*file) for file in export.tables(found, kinds, title))
    yield Page("data/handovers.ics", export.calendar(shown, kinds, title, today))
    yield Page("feeds/changes.xml", export.atom(items, changes, site))
    yield Page("feeds/changes.json", export.json_feed(items, changes, site))


def _page(draft: Draft, edition: Edition, site: str) -> Page:
    """A page, that of a subject with the same in schema.org's words for search engines."""
    page = draft.page(edition.templates)
    sheet = edition.sheets.get(draft.values.get("id", ""))
    if not sheet:
        return page
    record = edition.gazetteer.record(sheet.id)
    url = site + edition.pages[sheet.id]
    linked = export.json_ld(sheet, edition.kinds, edition.today, url, record.acronym if record else None)
    return page._replace(text=f'{page.text}\n<script type="application/ld+json">{linked}</script>\n')
