"""The whole program from top to bottom: load, extract, settle, save. The only module that knows this order."""

import hashlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache, partial
from importlib.metadata import distributions, version
from itertools import chain, islice, tee
from multiprocessing import get_context, set_forkserver_preload
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

from generator import cache, changes, claimfile, content, dates, disk, gazetteer, kinds, shares
from generator.changes import Change
from generator.content import MadeFrom, Overrides, Place, References, Settings
from generator.errors import ContentError, FactsheetsError, Problem, did_you_mean
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import FOLDERS, Article, Claim, Sheet
from generator.processes import spread
from generator.reconcile import group_by, idle_overrides, reconcile, source_claims
from generator.reprints import originals
from generator.sheetfile import saved as saved_part
from generator.shelf import Shelf, frozen

T = TypeVar("T")

Progress: TypeAlias = Callable[[Iterator[list[Claim]], int], Iterable[list[Claim]]]
"""Shows how far a long loop is: gets the loop and its length, passes everything on."""

RUN_BUILD = "run: factsheets build"
"""The hint of problems that a build would mend."""


class Workers(NamedTuple):
    """Who reads articles: so many processes of this machine (0: one for each core), or those of a Dask scheduler."""

    processes: int = 0
    cluster: str | None = None  # dask://HOST:PORT


HERE = Workers(1)
"""This process alone."""


@dataclass(frozen=True)
class Project:
    """A project in memory: what its people wrote, its sheets settled with today's overrides, and what is wrong."""

    root: Path
    today: date
    articles: tuple[Article, ...]
    kinds: Mapping[str, Kind]
    gazetteer: Gazetteer
    settings: Settings
    overrides: Overrides
    references: References
    made_from: MadeFrom
    engine: str
    sheets: tuple[Sheet, ...]
    problems: tuple[Problem, ...]
    stale: tuple[Article, ...] = ()  # new or changed since the facts were saved
    unsaved: frozenset[str] = frozenset()  # ids of stale articles whose claims are shown all the same
    previews: Mapping[str, list[Claim]] = field(default_factory=dict)  # digest → claims of unsaved articles
    changes: tuple[Change, ...] = ()  # the record, the oldest first
    templates: Mapping[str, str] = field(default_factory=dict)  # the project's own, by file name
    broken: frozenset[str] = frozenset()  # ids of articles that are there and cannot be used


class Report(NamedTuple):
    """What a build did."""

    extracted: Mapping[str, str]  # articles read by the engine, and why
    cached: Mapping[str, str]  # those that it had read before, and why they were asked for again
    changes: tuple[Change, ...]
    touched: tuple[Path, ...]  # files written or removed, below the project
    problems: tuple[Problem, ...]  # warnings; errors are raised
    sheets: tuple[Sheet, ...]


def build(root: Path, *, today: date, progress: Progress | None = None, workers: Workers = HERE) -> Report:
    """New and changed articles → claims → `content/facts/`. Raises ContentError, with nothing written, on bad input other
    than articles.

    An article that cannot be used is a problem of the report and keeps the facts it had; so does one that the engine
    fails on, and the next build reads it again. What was read is kept in `.cache/claims` at once: a build that is ended
    goes on from there.
    """
    failed: dict[str, str] = {}
    with disk.lock(root):
        project = _load(root, today, None)
        errors = [p for p in project.problems if p.severity == "error"]
        if any(p.path is None or p.path.parts[:2] != ("content", "articles") for p in errors):
            raise ContentError(*errors)
        saved, broken = content.load_sheets(root)
        known = _claims_by_article(source_claims(saved))
        stale = {article.id for article in project.stale}
        fresh = [article for article in project.articles if article.id not in stale]
        kept = {article.id: known[article.id] for article in fresh if _is_sound(article, known, project)}
        was = {id_: digest for id_, digest in project.made_from.articles.items() if id_ in project.broken}
        kept |= {id_: known[id_] for id_ in was}
        wanted = [article for article in project.articles if article.id not in kept]
        cached = _cached(wanted, project)
        to_read = [article for article in wanted if article.id not in cached]
        read = _extract(to_read, project, progress, workers, failed)
        claims = [*chain.from_iterable(chain(read.values(), cached.values(), kept.values(), (known[id_] for id_ in failed)))]
        sheets, by_article = _settled(claims, project), _claims_by_article(claims)
        done = {article.id: article.digest for article in project.articles if article.id not in failed}
        done |= was if project.made_from.engine == project.engine else dict.fromkeys(was, "another engine's")
        made_from = MadeFrom(project.engine, done, {id_: content.seal(by_article[id_]) for id_ in done})
        files = content.outdated(root, sheets)
        moved = {name for name, _ in made_from.articles.items() ^ project.made_from.articles.items()}
        record = _to_record(saved, sheets, [*files], frozenset(moved), project)
        touched = [*content.append_changes(root, record), *content.save_sheets(root, files, made_from)]
    repaired = [replace(p, severity="warning", hint="it was made anew from the articles") for p in broken]
    hint = "the others were read; the next build tries it again"
    unread = [Problem(f"could not be read: {why}", content.article_path(root, it), hint=hint) for it, why in failed.items()]
    return Report(
        {article.id: _why_read(article, project) for article in to_read},
        {article.id: _why_read(article, project) for article in wanted if article.id in cached},
        tuple(changes.between(saved, map(saved_part, sheets), project.kinds)), tuple(touched),
        (*project.problems, *repaired, *unread, *_idle(sheets, project)), tuple(sheets),
    )  # fmt: skip


def refresh(root: Path, *, today: date, last: Project | None = None, shelf: Shelf | None = None) -> Project:
    """The project as it stands, settled in memory with today's overrides; never extracts, never writes, never raises
    for what people wrote: that is in `problems`, and the last good facts stay (of `last`, or as saved). Of the `shelf` it
    takes what earlier runs read and settled of the same. Raises ContentError where a folder cannot be listed.
    """
    project = _load(root, today, last, shelf.keep if shelf else None)
    record, unreadable = content.load_changes(root)
    settled, known, broken = _from_shelf(project, shelf) if shelf else _from_facts(project)
    saved = [path for (_, id_), path in content.facts_files(root).items() if id_ in project.overrides.broken]
    good = last.sheets if last else content.load_sheets(root, saved)[0]
    sheets = _with_last_good(settled, project.overrides.broken, good)
    problems = *project.problems, *broken, *unreadable, *_staleness(project, known), *_idle(sheets, project)
    return replace(project, sheets=tuple(sheets), problems=problems, changes=tuple(record))


def _from_facts(project: Project) -> tuple[list[Sheet], dict[str, list[str]], list[Problem]]:
    """The sheets as settled today, the ids of saved claims by article, and the facts files that cannot be read."""
    saved, broken = content.load_sheets(project.root)
    return _settled(_present(saved, project), project), _ids(saved), broken


def _from_shelf(project: Project, shelf: Shelf) -> tuple[list[Sheet], dict[str, list[str]], list[Problem]]:
    """The same; but a subject is read and settled only where no earlier run did so with the same facts, overrides, rows,
    kinds, names, and standing of the articles cited.
    """
    files, told = content.facts_digests(project.root, shelf.keep), defaultdict[Place, list[Claim]](list)
    for claim in (*project.overrides.claims, *project.references.claims):
        told[claim.subject_type, claim.subject].append(claim)
    law = shelf.key(project.kinds, project.gazetteer.countries, project.gazetteer.organisations)
    dated = [(article.id, article.published, article.digest) for article in project.articles]
    first: dict[str, str] = shelf.keep("originals", dated, lambda: dict(originals(project.articles)))
    texts: dict[str, str | None] = {**dict.fromkeys(project.broken), **{id_: digest for id_, _, digest in dated}}
    sheets, known, broken = list[Sheet](), defaultdict[str, list[str]](list), list[Problem]()
    places: dict[Place, tuple[Path | None, str | None]] = {**dict.fromkeys([*files, *told], (None, None)), **files}

    def taken(place: Place, put: tuple[bytes, bytes] | None = None) -> tuple[dict[str, list[str]], list[Sheet]] | None:
        path, digest = places[place]
        key = shelf.key("cited", place, path is None, digest)
        if (cited := shelf.held(key, put and put[0], json.loads)) is None:
            return None
        standing = [(article, texts.get(article, ""), first.get(article)) for article in cited]
        some = shelf.sheets(shelf.key("settled", law, place, digest, standing, told[place]), *place, put and put[1])
        return None if some is None else (cited, some)

    def made(place: Place) -> tuple[list[Problem], dict[str, list[str]], bytes]:
        path, digest = places[place]
        saved, problems = content.load_sheets(project.root, [path] if path else [])
        if path and not problems and content.digests(project.root, [path]).get(path) != digest:
            saved, problems = [], [Problem("was written while it was read; build again", path.relative_to(project.root))]
        claims = *_from_originals(_present(saved, project), first), *told[place]
        return problems, _ids(saved), frozen(reconcile(claims, project.kinds, project.gazetteer))

    found = {place: taken(place) for place in places}
    wanting = [place for place, it in found.items() if it is None]
    for place, (problems, cited, settled) in zip(wanting, spread(made, wanting), strict=True):
        broken += problems
        places[place] = (None, None) if problems else places[place]  # what the file says is as if it were not there
        found[place] = taken(place, (json.dumps(cited).encode(), settled))
    for cited, some in filter(None, found.values()):
        sheets += some
        for article, ids in cited.items():
            known[article] += ids
    return sheets, known, broken


def preview(project: Project) -> Project:
    """With new and changed articles extracted in this process and shown, marked unsaved; only the cache is written to."""
    if not project.stale:
        return project
    wanted = [article for article in project.stale if article.digest not in project.previews]
    found = _cached(wanted, project)
    found |= _extract([article for article in wanted if article.id not in found], project, None, HERE, None)
    previews = {a.digest: found[a.id] if a.id in found else project.previews[a.digest] for a in project.stale}
    stale = {article.id for article in project.stale}
    said = [(claim, claim.quote is not None and claim.quote.article in stale) for claim in source_claims(project.sheets)]
    new = [*chain.from_iterable(previews.values())]
    touched = {(claim.subject_type, claim.subject) for claim in (*new, *(claim for claim, gone in said if gone))}
    sheets = [sheet for sheet in project.sheets if (sheet.type, sheet.id) not in touched]
    sheets += _settled([*new, *(claim for claim, gone in said if not gone)], project, touched)
    shown = _with_last_good(sheets, project.overrides.broken, project.sheets)
    return replace(project, sheets=tuple(shown), unsaved=frozenset(stale), previews=previews)


def extract_articles(
    articles: Iterable[Article],
    kinds: Mapping[str, Kind],
    gazetteer: Gazetteer,
    model: str | None = None,
    today: date | None = None,
    workers: Workers = HERE,
    failed: dict[str, str] | None = None,
) -> Iterator[list[Claim]]:
    """`extract`; spaCy is imported only now, and by those who read: it takes a second that an override's edit should not
    cost.

    What the engine fails on goes into `failed`, by the article's id; without it, that is raised.
    """
    setup = shares.Setup(kinds, gazetteer, model, today)
    each, to_read = tee(articles)
    unread = shares.shares(to_read)
    first = [*islice(unread, 2)]
    worth_it = workers.cluster or (len(first) == 2 and workers != HERE)
    read = shares.extract_on(partial(_executor, workers) if worth_it else None, chain(first, unread), setup)
    for article, found in zip(each, read, strict=True):
        if isinstance(found, str):
            if failed is None:
                raise FactsheetsError(f"the article {article.id!r} could not be read: {found}")
            failed[article.id] = found
        yield [] if isinstance(found, str) else found


@contextmanager
def _executor(workers: Workers) -> Iterator[tuple[Executor, int, tuple[type[Exception], ...]]]:
    """Processes of this machine or of a Dask scheduler, as `shares.Pool` has it."""
    if not workers.cluster:
        count = workers.processes or os.cpu_count() or 1
        set_forkserver_preload(["generator.extract"])  # and with it spaCy, once for all of them
        with ProcessPoolExecutor(count, get_context("forkserver" if sys.platform == "linux" else "spawn")) as pool:
            yield pool, count, (BrokenExecutor,)
        return
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise FactsheetsError("a cluster needs Dask", hint="pip install 'factsheets[cluster]'") from None
    with Client(workers.cluster.replace("dask://", "tcp://"), set_as_default=False) as client:  # type: ignore[no-untyped-call]
        count = len(client.scheduler_info(n_workers=-1)["workers"])
        yield client.get_executor(pure=False, retries=2), max(1, count), (KilledWorker,)


def _load(root: Path, today: date, last: Project | None, keep: content.Keep | None = None) -> Project:
    """All that people wrote; what cannot be used is in `problems`, and `last` stands in for it."""
    problems: list[Problem] = []

    def attempt(load: Callable[[Path], T], otherwise: Callable[[], T]) -> T:
        try:
            return load(root)
        except ContentError as error:
            problems.extend(error.problems)
            return otherwise()

    known_kinds = attempt(content.load_kinds, lambda: dict(last.kinds if last else kinds.load_built_in()))
    names = partial(content.load_gazetteer, keep=keep)
    records = attempt(names, lambda: last.gazetteer if last else gazetteer.load_built_in())
    settings = attempt(content.load_settings, lambda: last.settings if last else Settings())
    articles, unreadable = content.load_articles(root, keep)
    overrides = content.load_overrides(root, known_kinds, records)
    tables = partial(content.load_references, kinds=known_kinds, gazetteer=records)
    references = attempt(tables, lambda: last.references if last else References())
    templates = attempt(content.load_templates, lambda: dict(last.templates if last else {}))
    engine = _engine(root, settings)
    made_from = content.load_made_from(root)
    stale = [a for a in articles if made_from.engine != engine or made_from.articles.get(a.id) != a.digest]
    problems += [*disk.links_out(root), *unreadable, *overrides.problems, *_from_the_future(articles, root, today)]
    return Project(
        root, today, tuple(articles), known_kinds, records, settings, overrides, references, made_from, engine, (),
        tuple(problems), tuple(stale), frozenset(), last.previews if last else {}, (), templates,
        frozenset(problem.path.stem for problem in unreadable if problem.path),
    )  # fmt: skip


def _settled(claims: Iterable[Claim], project: Project, only: Collection[Place] | None = None) -> list[Sheet]:
    """What articles say, settled with the project's overrides and references: all of it, or of these subjects."""
    told = _from_originals(claims, originals(project.articles))
    every = chain(told, project.overrides.claims, project.references.claims)
    asked = every if only is None else (claim for claim in every if (claim.subject_type, claim.subject) in only)
    return reconcile(asked, project.kinds, project.gazetteer)


def _from_originals(claims: Iterable[Claim], first: Mapping[str, str]) -> Iterator[Claim]:
    """Each claim of a reprint with the article that printed it first."""
    return (c if c.origin == (o := first.get(c.quote.article if c.quote else "")) else replace(c, origin=o) for c in claims)


def _readable(project: Project) -> frozenset[str]:
    """Ids of the articles that are there, those that cannot be used among them."""
    return project.broken.union(article.id for article in project.articles)


def _present(saved: Iterable[Sheet], project: Project) -> list[Claim]:
    """What articles say that are there."""
    readable = _readable(project)
    return [claim for claim in source_claims(saved) if claim.quote and claim.quote.article in readable]


def _cached(articles: Iterable[Article], project: Project) -> dict[str, list[Claim]]:
    """What the engine has read before, by the article's id."""
    return {it.id: said for it in articles if (said := claimfile.parse(cache.get(_entry(it, project)), it)) is not None}


def _extract(
    articles: list[Article], project: Project, progress: Progress | None, workers: Workers, failed: dict[str, str] | None
) -> dict[str, list[Claim]]:
    """What it reads now, likewise; each as soon as it is read goes into the cache, but for failures."""
    if not articles:
        return {}
    engine = (project.kinds, project.gazetteer, project.settings.model)
    read = extract_articles(articles, *engine, project.today, workers, failed)
    found: dict[str, list[Claim]] = {}
    for article, claims in zip(articles, progress(read, len(articles)) if progress else read, strict=True):
        found[article.id] = claims
        if article.id not in (failed or {}):
            cache.put(_entry(article, project), claimfile.dump(claims))
    return found


def _entry(article: Article, project: Project) -> Path:
    """An undated article may be of any day until today; what libraries and models compute is that of their version."""
    day = "" if article.published else project.today.isoformat()
    key = f"{article.digest} {day} {_versions('spacy', project.settings.model or 'spacy')}"
    name = hashlib.sha256(key.encode()).hexdigest()
    return project.root / ".cache" / "claims" / project.engine / name[:2] / f"{name}.json"


@lru_cache
def _versions(*names: str) -> str:
    return " ".join(found.version for name in names for found in distributions(name=name))


def _claims_by_article(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    """An article of which there are none has an empty list."""
    return group_by((claim for claim in claims if claim.quote), lambda claim: claim.quote and claim.quote.article)


def _ids(saved: Iterable[Sheet]) -> dict[str, list[str]]:
    """Of what articles say, by article."""
    return {article: [claim.id for claim in some] for article, some in _claims_by_article(source_claims(saved)).items()}


def _is_sound(article: Article, known: Mapping[str, Sequence[Claim | str]], project: Project) -> bool:
    """Are the saved claims of an article all there, as they were written?"""
    return content.seal(known.get(article.id, ())) == project.made_from.claims.get(article.id)


def _why_read(article: Article, project: Project) -> str:
    if (digest := project.made_from.articles.get(article.id)) != article.digest:
        return "which changed" if digest else "which is new"
    other = project.made_from.engine != project.engine
    return "with another program, kinds or names" if other else "because its saved claims were lost or edited"


def _staleness(project: Project, known: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Where content/facts was not made from the articles as they are, by digest."""
    facts, made_from = Path("content/facts/articles.yml"), project.made_from
    for article in project.articles:
        if made_from.articles.get(article.id) != article.digest:
            path = content.article_path(project.root, article.id)
            yield Problem("content/facts does not know this article as it is", path, None, RUN_BUILD)
        elif not _is_sound(article, known, project):
            yield Problem(f"claims of {article.id!r} were lost from content/facts or edited", facts, None, RUN_BUILD)
    for gone in sorted(made_from.articles.keys() - _readable(project)):
        if not content.article_path(project.root, gone):
            yield Problem(f"content/facts still knows the article {gone!r}, which is gone", facts, None, RUN_BUILD)
    if made_from.engine not in ("", project.engine):
        message = "content/facts was made by another version of the program, its kinds or its names"
        yield Problem(message, facts, None, RUN_BUILD, "warning")


def _from_the_future(articles: Iterable[Article], root: Path, today: date) -> Iterator[Problem]:
    for article in articles:
        if article.published and dates.passed(article.published, today) == "no":
            path = content.article_path(root, article.id)
            yield Problem(f"published {article.published}, which is still to come", path, None, None, "warning")


def idle(sheets: Iterable[Sheet], project: Project) -> Iterator[tuple[Claim, str]]:
    """`idle_overrides` of a project with these sheets."""
    homes = {claim.subject for claim in project.overrides.claims}
    claims = source_claims(sheet for sheet in sheets if sheet.id in homes)
    rows = (claim for claim in project.references.claims if claim.subject in homes)
    return idle_overrides([*claims, *project.overrides.claims, *rows], project.kinds, project.gazetteer)


def _idle(sheets: Collection[Sheet], project: Project) -> Iterator[Problem]:
    for override, message in idle(sheets, project):
        path, hint = Path("content/overrides") / (override.override or ""), _misspelt(override, sheets, project)
        yield Problem(message, path, project.overrides.lines.get(override.id), hint, "warning")


def _misspelt(denial: Claim, sheets: Iterable[Sheet], project: Project) -> str | None:
    """Which name of the same sheet may be meant by one that nothing has."""
    facts = chain.from_iterable(it.facts for it in sheets if (it.type, it.id) == (denial.subject_type, denial.subject))
    names = {claim.value_name for fact in facts for claim in fact.claims if claim.kind == denial.kind}
    known = denial.value_name in names or project.gazetteer.record(denial.value or "") or dates.is_date(denial.value)
    return None if known or not denial.denies else did_you_mean(denial.value_name, names, few=0)


def _with_last_good(sheets: Iterable[Sheet], broken: frozenset[str], last: Iterable[Sheet]) -> list[Sheet]:
    """Subjects whose override file is broken keep the sheet they had."""
    found = {(sheet.type, sheet.id): sheet for sheet in sheets}
    found |= {(sheet.type, sheet.id): sheet for sheet in last if sheet.id in broken}
    return [found[place] for place in sorted(found)]


def _to_record(
    saved: Iterable[Sheet], sheets: Iterable[Sheet], files: Collection[Path], moved: frozenset[str], project: Project
) -> list[Change]:
    """What readers will see change; what only tables said before, they have read already."""
    recorded, broken = content.load_changes(project.root)
    if broken:
        raise ContentError(*broken)
    places = {tuple(path.with_suffix("").parts[-2:]) for path in files}

    rows = [c for c in project.references.claims if (FOLDERS[c.subject_type], c.subject) in places]
    listed = reconcile(rows, project.kinds, project.gazetteer)
    was, now = ([s for s in some if (FOLDERS[s.type], s.id) in places] for some in (saved, sheets))
    found = changes.between([*listed, *was], now, project.kinds)
    return changes.to_record(found, recorded, project.today.isoformat(), moved, project.kinds)


def _engine(root: Path, settings: Settings) -> str:
    """A digest of all that turns an article into claims: the program, its kinds, its names, its model."""
    folders = [disk.PACKAGE / "extract", disk.PACKAGE / "kinds", disk.PACKAGE / "gazetteer"]
    folders += [root / "content" / "kinds", root / "content" / "organisations"]
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in (".py", ".yml")]
    digest = hashlib.sha256(repr((version("factsheets"), settings.model)).encode())
    for path in paths:
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:16]
