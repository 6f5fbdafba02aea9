"""From a source to an article of the project: what adding it would do, and doing it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import NamedTuple

from generator import articlefile, changes, content, disk, reprints, strict_yaml
from generator.build import Project, preview
from generator.changes import Change
from generator.errors import FactsheetsError, did_you_mean
from generator.model import Article, Claim
from generator.sources import Source, same

FIELDS = ("title", "published", "publisher", "url", "language", "licence")
"""What a person may know better than the source."""


class Addition(NamedTuple):
    """A source beside the project as it is: what would be written, and what would follow from it."""

    article: Article
    path: Path  # below the project
    text: str | None  # what the file would hold; None where it holds that already
    replaces: bool  # a text that was added before
    claims: list[Claim]
    changes: list[Change]
    notes: list[str]  # what a person should know
    raw: bytes


def plan(project: Project, source: Source, fields: Mapping[str, str], force: bool = False) -> Addition:
    """What adding a source would do; writes nothing. The same address goes to the same file.

    Raises FactsheetsError where a person edited the text since it was added, unless `force`, or gave a wrong field.
    """
    if unknown := fields.keys() - set(FIELDS):
        raise FactsheetsError(f"an article has no field {min(unknown)!r}", did_you_mean(min(unknown), FIELDS))
    found = replace(source.article, **{name: str(text) for name, text in fields.items()})  # type: ignore[arg-type]
    addresses = {same(url) for url in (source.asked, found.url) if url and "://" in url}
    old = next((article for article in project.articles if _is_same(article, found, addresses)), None)
    path = content.article_path(project.root, old.id) if old else None
    if old and path:
        before = strict_yaml.read_text(project.root / path)
        text = _renewed(project, path, before, old, source, fields, force)
    else:
        path, before = Path("content", "articles", f"{_free(project, found)}.md"), None
        text = articlefile.dump(found, project.today.isoformat(), source.raw)
    article = articlefile.parse(text, path)
    claims, moved = _effects(project, article)
    notes = [*_notes(project, article), *(_differences(article, found) if old else ())]
    return Addition(article, path, None if text == before else text, old is not None, claims, moved, notes, source.raw)


def save(root: Path, addition: Addition, keep_raw: bool = False) -> bool:
    """Writes what `plan` planned, and the bytes of the source beside the articles; False where all is there already."""
    kept = Path("content", "raw", f"{addition.article.id}.{articlefile.digest(addition.raw)[7:19]}")
    files: dict[Path, str | bytes] = {addition.path: addition.text} if addition.text else {}
    files |= {kept: addition.raw} if keep_raw else {}
    with disk.lock(root):
        return bool([path for path, data in files.items() if disk.write(root / path, data)])


def _is_same(article: Article, found: Article, addresses: set[str]) -> bool:
    """By its address; what has none is known by its text."""
    return same(article.url) in addresses if article.url else not addresses and article.text == found.text


def _renewed(
    project: Project, path: Path, before: str, old: Article, source: Source, fields: Mapping[str, str], force: bool
) -> str:
    """The file as it is where the source says what it said when it was added, whatever a person made of it since."""
    if path.suffix != ".md":
        raise FactsheetsError(f"{path.as_posix()} has this address already", "edit it by hand: a .txt is never written to")
    added, stands, found = (articlefile.front_matter(before, path)[0].get("text"), old.text, source.article.text)
    same_text = articlefile.digest(found) in (articlefile.digest(stands), "" if force else added)
    if not same_text and added != articlefile.digest(stands) and not force:
        raise FactsheetsError(f"{path.as_posix()} was edited since it was added", "--force gives up what was edited")
    if same_text and not fields:
        return before
    head = {**fields, **articlefile.seal(found, project.today.isoformat(), source.raw)}
    return articlefile.renewed(before, stands if same_text else found, head)


def _free(project: Project, found: Article) -> str:
    taken = {article.id.casefold() for article in project.articles}
    names = (found.id if n == 1 else f"{found.id}-{n}" for n in count(1))
    return next(name for name in names if name not in taken and not content.article_path(project.root, name))


def _effects(project: Project, article: Article) -> tuple[list[Claim], list[Change]]:
    """What the article says, and the facts that change with it beside the project as it was settled last."""
    others = tuple(other for other in project.articles if other.id != article.id)
    after = preview(replace(project, articles=(*others, article), stale=(article,)))
    return after.previews[article.digest], [*changes.between(project.sheets, after.sheets, project.kinds)]


def _notes(project: Project, article: Article) -> Iterator[str]:
    if not article.language.startswith("en"):
        yield f"its language is {article.language!r}: it is kept, but only English is read"
    if not article.published:
        yield "it has no date, so that days such as last Monday stay undated: --field published=2026-01-31"
    first = reprints.originals((*(other for other in project.articles if other.id != article.id), article))
    yield from (f"{a} repeats {b}: the two count as one source" for a, b in first.items() if article.id in (a, b))


def _differences(old: Article, found: Article) -> list[str]:
    """What the source now says of itself; the file keeps what it has, since a person may have put it right."""
    pairs = [(name, getattr(old, name), getattr(found, name)) for name in ("title", "published", "publisher", "licence")]
    return [f"its {name} is now {new!r}; the file keeps {was!r}" for name, was, new in pairs if new and new != was]
