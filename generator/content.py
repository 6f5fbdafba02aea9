"""The only door to content/. What cannot be used is told as problems, each with its file, line and hint."""

import hashlib
import io
import operator
import os
import re
import subprocess
import tarfile
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from generator import articlefile, changes, disk, overridefile, referencefile, schemas, sheetfile, strict_yaml
from generator import gazetteer as gazetteers
from generator import kinds as kind_files
from generator.articlefile import TEXTS
from generator.changes import Change
from generator.errors import ContentError, FactsheetsError, Problem, did_you_mean
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import FOLDERS, TYPES, Article, Claim, Sheet, SubjectType
from generator.overridefile import Expectation
from generator.referencefile import Table

T = TypeVar("T")
Place: TypeAlias = tuple[SubjectType, str]
"""A subject, by type and id."""

Keep: TypeAlias = Callable[[object, object, Callable[[], Any], Any], Any]
"""Given a name, what something follows from, what makes it, and its type: made now, or by an earlier run of the same."""

_OVERRIDES_HEAD = "# yaml-language-server: $schema=../../schemas/overrides.json\n"
_FEEDS_HEAD = "# yaml-language-server: $schema=schemas/feeds.json\n"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class MadeFrom(NamedTuple):
    """What the saved facts were made from; all empty where nothing was saved yet."""

    engine: str = ""  # digest of everything that reads articles
    articles: Mapping[str, str] = {}  # article id → digest
    claims: Mapping[str, str] = {}  # article id → `seal` of its claims, which shows a lost or edited facts file


class Overrides(NamedTuple):
    """Corrections by people, the line of each (by claim id), and the files that could not be used."""

    claims: list[Claim]
    lines: Mapping[str, int]
    problems: list[Problem]
    broken: frozenset[str]  # ids of subjects whose file could not be used
    expected: list[Expectation]


class References(NamedTuple):
    """The reference tables of a project, and a claim for each of their rows."""

    tables: Mapping[str, Table] = {}  # by id
    claims: tuple[Claim, ...] = ()


class Settings(NamedTuple):
    """`content/settings.yml`."""

    model: str | None = None  # name of the spaCy model; None for the one we ship with


def article_files(paths: Iterable[Path]) -> list[Path]:
    """These files and, of folders, their `.md` and `.txt` files."""
    return [file for path in paths for file in (_files(path, *TEXTS) if path.is_dir() else [path])]


def read_articles(files: Iterable[Path], problems: list[Problem]) -> Iterator[Article]:
    """The articles in files, each read when it is asked for; what could not be read goes into `problems`."""
    for path in files:
        found, unreadable = _each([path], _article)
        problems += unreadable
        yield from found


def load_articles(root: Path, keep: Keep | None = None) -> tuple[list[Article], list[Problem]]:
    """The project's readable articles by id, and everything wrong in `content/articles/`."""

    def read(folder: Path) -> tuple[list[Article], list[Problem]]:
        misplaced = {problem.path: problem for problem in _misplaced(folder)}
        good = [path for path in _files(folder) if path.suffix != ".yml" and path not in misplaced]
        articles, problems = _each(good, _article, root)
        return sorted(articles, key=lambda article: article.id), [*problems, *_below(root, misplaced.values())]

    return _remembered(root / "content" / "articles", read, (), keep, tuple[list[Article], list[Problem]])


def article_path(root: Path, id: str) -> Path | None:
    """Where an article lies, below `root`; None if nowhere."""
    places = [Path("content", "articles", id + suffix) for suffix in TEXTS]
    return next((place for place in places if (root / place).is_file()), None)


def load_kinds(root: Path) -> dict[str, Kind]:
    """The built-in kinds and the project's own (`content/kinds/*.yml`); one of the same name replaces a built-in."""

    def read(path: Path) -> Kind:
        kind = kind_files.parse(strict_yaml.read_text(path), disk.shown(path, root))
        if kind.name != path.stem:
            raise ContentError(Problem(f"holds the kind {kind.name!r}", path, 1, f"name it {kind.name}.yml"))
        return kind

    own = _all(_files(root / "content" / "kinds", ".yml"), read, root)
    found = {**kind_files.load_built_in(), **{kind.name: kind for kind in own}}
    return _same("kinds", found, found)


def load_gazetteer(root: Path, keep: Keep | None = None) -> Gazetteer:
    """The built-in gazetteer and the project's own organisations (`content/organisations/*.yml`)."""

    def read(folder: Path) -> list[Any]:
        return _entries(_files(folder, ".yml"), "organisations", root)

    own = _remembered(root / "content" / "organisations", read, (), keep)
    known = _remembered(disk.PACKAGE / "gazetteer", gazetteers.read, (), keep)
    return _same("gazetteer", gazetteers.extend(gazetteers.built_in(known), own), [known, own])


def load_settings(root: Path) -> Settings:
    """`content/settings.yml`, which may be absent; unknown keys are errors."""
    found = [path for path in (root / "content" / "settings.yml",) if path.exists()]
    data = _all(found, lambda path: schemas.read(path, schemas.WRITTEN["settings"])[0] or {}, root)
    return Settings(**(data[0] if data else {}))


def load_templates(root: Path) -> dict[str, str]:
    """The project's own templates (`content/templates/*.md.jinja`) by file name: each stands in place of the built-in one
    of its name; one whose name begins with `_` may also be new. Any other name is an error.
    """
    known = {path.name for path in (disk.PACKAGE / "templates").glob("*.jinja")}

    def read(path: Path) -> tuple[str, str]:
        if path.name not in known and not path.name.startswith("_"):
            raise ContentError(Problem(f"no page is made by {path.name!r}", path, None, did_you_mean(path.name, known)))
        return path.name, strict_yaml.read_text(path)

    return dict(_all(_files(root / "content" / "templates", ".jinja"), read, root))


def load_overrides(root: Path, kinds: Mapping[str, Kind], gazetteer: Gazetteer) -> Overrides:
    """What can be used of `content/overrides/`, and what is wrong with the rest; a file counts whole or not at all."""
    folder = root / "content" / "overrides"
    for name in FOLDERS.values():
        _files(folder / name)  # which says so where it cannot be listed
    paths = sorted(path for path in folder.rglob("*") if path.suffix or path.is_file())  # a folder so named is refused
    paths = [path for path in paths if not _is_hidden(path, folder)]
    read, problems = _each(paths, lambda path: overridefile.read(path, folder, kinds, gazetteer), root, kinds, gazetteer)
    found = [item for items, _ in read for item in items]
    lines = {claim.id: line for claim, line in found}
    broken = frozenset(problem.path.stem for problem in problems if problem.path)
    expected = [expectation for _, some in read for expectation in some]
    return Overrides([claim for claim, _ in found], lines, problems, broken, expected)


def append_override(root: Path, place: str, entry: str, kinds: Mapping[str, Kind], gazetteer: Gazetteer) -> Path:
    """Puts YAML at the end of an override file and leaves every byte before it as it is; returns the file's path.

    Raises ContentError, with nothing written, unless the file then holds what it held and the new overrides.
    """
    folder = root / "content" / "overrides"
    path = folder / place
    with disk.lock(root):
        old = path.read_bytes() if path.is_file() else _OVERRIDES_HEAD.encode()
        text = strict_yaml.read_text(path) if path.is_file() else _OVERRIDES_HEAD
        added = _appended(text, entry)
        read = partial(overridefile.read, folder=folder, kinds=kinds, gazetteer=gazetteer)
        [found] = _all([path], lambda path: [read(path, text=it) for it in (text, text + added)], root, added)
        before, after = ({claim.id: claim for claim, _ in items} for items, _ in found)
        repeated = {key for key in before if key in after and before[key].evidence != after[key].evidence}
        if any(after.get(key) != claim for key, claim in before.items() if key not in repeated):
            raise ContentError(Problem("cannot be added to", disk.shown(path, root), None, "paste the override by hand"))
        disk.write(path, old + added.encode())
    return path.relative_to(root)


def load_feeds(root: Path) -> list[dict[str, Any]]:
    """`content/feeds.yml`, which may be absent."""
    found = [path for path in (root / "content" / "feeds.yml",) if path.exists()]
    return _entries(found, "feeds", root)


def append_feed(root: Path, feed: Mapping[str, str]) -> bool:
    """Puts a feed at the end of `content/feeds.yml` and leaves every byte before it as it is; False where it is there."""
    path = root / "content" / "feeds.yml"
    with disk.lock(root):
        known = load_feeds(root)
        if any(one["url"] == feed["url"] for one in known):
            return False
        old = path.read_bytes() if path.is_file() else _FEEDS_HEAD.encode()
        added = _appended(old.decode("utf-8-sig"), strict_yaml.dump([dict(feed)]))
        if strict_yaml.parse(old.decode("utf-8-sig") + added, path)[0] != [*known, feed]:
            raise ContentError(Problem("cannot be added to", disk.shown(path, root), None, "write the feed into it by hand"))
        return disk.write(path, old + added.encode())


def load_references(root: Path, kinds: Mapping[str, Kind], gazetteer: Gazetteer) -> References:
    """The tables of `content/references/`; raises ContentError listing what is wrong in any of them."""
    heads = sorted({path.with_suffix(".yml") for path in _files(root / "content" / "references")})
    read = _all(heads, lambda path: referencefile.read(path, kinds, gazetteer), root, kinds, gazetteer)
    return References({table.id: table for table, _ in read}, tuple(claim for _, some in read for claim in some))


def load_sheets(root: Path, paths: Iterable[Path] | None = None) -> tuple[list[Sheet], list[Problem]]:
    """The saved sheets (of all subjects, or in these files) that can be read, overrides' claims included, and the files
    that are not as we write them.
    """

    def read(path: Path) -> Sheet:
        sheet = _sheet(strict_yaml.read_text(path), path)
        if sheet.id != path.stem:
            raise ContentError(Problem(f"holds the facts of {sheet.id!r}", path))
        return sheet

    sheets, problems = _each([*facts_files(root).values()] if paths is None else [*paths], read, root)
    hint = "machine-written; delete it and run: factsheets build"
    return sheets, [replace(problem, hint=hint) for problem in problems]


def facts_files(root: Path) -> dict[Place, Path]:
    """The files of what is saved, by subject."""
    folders = [(type_, root / "content/facts" / name) for type_, name in FOLDERS.items()]
    return {(type_, path.stem): path for type_, folder in folders for path in _files(folder, ".yml")}


def facts_digests(root: Path, keep: Keep) -> dict[Place, tuple[Path, str | None]]:
    """Likewise, with the digests of those that can be read."""

    def read(folder: Path) -> list[tuple[Path, str | None]]:
        known = digests(root, paths := _files(folder, ".yml"))
        return [(path, known.get(path)) for path in paths]

    folders = [(type_, root / "content/facts" / name) for type_, name in FOLDERS.items()]
    found = ((type_, _remembered(it, read, (), keep, list[tuple[Path, str | None]])) for type_, it in folders)
    return {(type_, path.stem): (path, digest) for type_, some in found for path, digest in some}


def digests(root: Path, paths: Sequence[Path]) -> dict[Path, str]:
    """Of files of the project that can be read: the same digest, the same text."""
    return dict(_each(paths, lambda path: (path, hashlib.sha256(strict_yaml.read_text(path).encode()).hexdigest()), root)[0])


def load_sheets_at(root: Path, revision: str) -> list[Sheet]:
    """The sheets as they were saved at a revision of the project's git repository; none where it had no facts."""
    command = ["git", "archive", "--format=tar", "--end-of-options", revision, "content/facts"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=False)  # noqa: S603
    except OSError:
        raise FactsheetsError("git is not installed", "what changed since a revision is read from git") from None
    if b"did not match any files" in done.stderr:
        return []
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").partition("\n")[0]
        raise FactsheetsError(f"git cannot show {revision!r}: {said}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        found = [(archive.extractfile(member), Path(member.name)) for member in archive if member.isfile()]
        return [_sheet(file.read().decode(), path) for file, path in found if file and path.parent.name in TYPES]


def _sheet(text: str, path: Path) -> Sheet:
    return sheetfile.parse(strict_yaml.parse(text, path)[0], TYPES[path.parent.name], path)


def load_made_from(root: Path) -> MadeFrom:
    """What the saved facts were made from; empty where `content/facts/articles.yml` is absent or broken."""
    with suppress(ContentError, KeyError, TypeError):
        data, _ = _remembered(root / "content" / "facts" / "articles.yml", strict_yaml.read, ())
        return MadeFrom(data["engine"], data["articles"] or {}, data["claims"] or {})
    return MadeFrom()


def seal(claims: Iterable[Claim | str]) -> str:
    """A digest of an article's claims as saved, or of their ids; it differs once one of them is lost or edited."""
    ids = sorted(claim if isinstance(claim, str) else claim.id for claim in claims)
    return hashlib.sha256("".join(ids).encode()).hexdigest()[:12]


def outdated(root: Path, sheets: Iterable[Sheet]) -> dict[Path, str | None]:
    """The facts files, below `root`, that are not what these sheets say, and what they should hold; None: nothing."""
    folder = Path("content", "facts")
    kept = [sheet for sheet in map(sheetfile.saved, sheets) if sheet.facts or sheet.denied]
    wanted: dict[Path, str | None] = dict.fromkeys(path.relative_to(root) for path in facts_files(root).values())
    wanted |= {folder / FOLDERS[sheet.type] / f"{sheet.id}.yml": sheetfile.dump(sheet) for sheet in kept}
    return {path: text for path, text in wanted.items() if text is None or not disk.holds(root / path, text.encode())}


def save_sheets(root: Path, files: Mapping[Path, str | None], made_from: MadeFrom) -> list[Path]:
    """Writes and removes files as `outdated` lists them; returns the paths touched, below `root`.

    Each file is replaced whole or not at all. Call it under `disk.lock`.
    """
    folder, head = Path("content", "facts"), "# Written by factsheets build: what the facts beside it were made from.\n"
    texts = {**files, folder / "articles.yml": head + strict_yaml.dump(made_from._asdict())}
    with disk.in_words(root / folder):
        gone = [path for path, text in texts.items() if text is None]
        touched = [path for path, text in texts.items() if text is not None and disk.write(root / path, text)]
        for path in gone:
            (root / path).unlink()
    return touched + gone


def load_changes(root: Path) -> tuple[list[Change], list[Problem]]:
    """The record of change, the oldest first, and the files of it that cannot be read."""
    paths = _files(root / "content" / "changes", ".yml")
    read, problems = _each(paths, lambda path: changes.parse(strict_yaml.read(path)[0], path), root)
    hint = "machine-written and only ever added to; take it from the last commit"
    return [change for some in read for change in some], [replace(problem, hint=hint) for problem in problems]


def append_changes(root: Path, found: Sequence[Change]) -> list[Path]:
    """Puts changes at the end of their year's record, `content/changes/<year>.yml`. Call it under `disk.lock`."""
    if not found:
        return []
    path = root / "content" / "changes" / f"{found[0].on[:4]}.yml"
    old = path.read_bytes() if path.is_file() else changes.HEAD.encode()
    disk.write(path, old + changes.dump(found).encode())
    return [path.relative_to(root)]


def _appended(text: str, entry: str) -> str:
    """What puts an item at the end of a YAML list, set as far in as the others."""
    indent = re.search(r"^(?!---)(?![ \t]*(?:#|\r?$))[ ]*", text, re.M)  # that of the first item
    gap = "" if text.endswith(("\n", "\r")) or not text else "\n"
    return gap + textwrap.indent(entry, indent[0] if indent else "")


def _article(path: Path) -> Article:
    if path.suffix not in TEXTS:
        hint = "only .md and .txt files are read, and .yml beside a .txt"
        raise ContentError(Problem("is not an article", path, None, hint))
    text, beside = strict_yaml.read_text(path), path.with_suffix(".yml")
    data = schemas.read(beside, schemas.WRITTEN["article"])[0] if path.suffix == ".txt" and beside.exists() else None
    return articlefile.parse(text, path, data)


def _misplaced(folder: Path) -> Iterator[Problem]:
    """What stands in content/articles and cannot be an article under its name, or belongs to none."""
    texts = _files(folder, *TEXTS)
    names = Counter(path.stem.casefold() for path in texts)
    for path in texts:
        if not _ID.fullmatch(path.stem) or path.stem.casefold() == "index":
            hint = "use letters, digits, hyphens; it becomes the page's address"
            yield Problem(f"{path.stem!r} cannot be the id of an article", path, None, hint)
        if names[path.stem.casefold()] > 1:
            yield Problem(f"two articles are named {path.stem!r}", path, None, "rename one of them")
    for path in _files(folder, ".yml"):
        if path.with_suffix(".txt") not in texts:
            yield Problem("belongs to no article", path, None, f"there is no {path.stem}.txt beside it")
    for path in sorted(p for p in folder.glob("*/") if not _is_hidden(p, folder)):
        yield Problem("folders in content/articles are not read", path, None, "move its articles up")


def _files(folder: Path, *suffixes: str) -> list[Path]:
    try:
        names = sorted(e.name for e in os.scandir(folder) if _is_file(e) and e.name[0] != "." and e.name != "README.md")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ContentError(Problem(f"cannot be read: {error.strerror}", folder)) from None
    return [path for name in names if (path := folder / name).suffix in suffixes or not suffixes]


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Not a link that leads nowhere or in a circle."""
    return Path(entry).is_file() if entry.is_symlink() else entry.is_file()


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts) or path.name == "README.md"


def _each(
    paths: Sequence[Path], read: Callable[[Path], T], root: Path | None = None, *given: object
) -> tuple[list[T], list[Problem]]:
    """What could be read, and every problem of what could not, with paths below `root`, of whose files this process keeps
    what it read; `given` is what `read` depends on besides the file.
    """
    results: list[T] = []
    problems: list[Problem] = []
    away = {folder for folder in {path.parent for path in paths} if root and disk.leads_out(folder, root)}
    for path in paths:
        try:
            if root and (path.parent in away or (path.is_symlink() and disk.leads_out(path, root))):
                raise ContentError(Problem("leads out of the project", path, None, "put the file itself here, not a link"))
            results.append(_remembered(path, read, given) if root else read(path))
        except ContentError as error:
            problems += _below(root, error.problems)
    return results, problems


def _below(root: Path | None, problems: Iterable[Problem]) -> list[Problem]:
    """With paths below the project."""
    return [replace(problem, path=problem.path and disk.shown(problem.path, root)) for problem in problems]


def _all(paths: Sequence[Path], read: Callable[[Path], T], root: Path, *given: object) -> list[T]:
    results, problems = _each(paths, read, root, *given)
    if problems:
        raise ContentError(*problems)
    return results


def _entries(paths: Sequence[Path], schema: str, root: Path) -> list[Any]:
    """Of files that hold lists, all of them."""
    return [*chain.from_iterable(_all(paths, lambda path: schemas.read(path, schemas.WRITTEN[schema])[0] or [], root))]


_memory: dict[tuple[str, Path], tuple[object, tuple[object, ...], Any]] = {}
_BESIDE = {".txt": ".yml", ".yml": ".csv"}  # what is read with an article, and with a reference table
_SETTLED = 2 * 10**9  # nanoseconds after which a file's time tells whether it was written again


def _remembered(
    path: Path, read: Callable[[Path], T], given: tuple[object, ...], keep: Keep | None = None, of: Any = Any
) -> T:
    """What this process, or one that could `keep` it, read from a file or folder before, as long as that and those of its
    name beside it, or all that is in it, are the same by their times and sizes, and what was `given` is the very same.
    """
    stats, what = [*_stats(path)], (read.__qualname__, path)
    known = _memory.get(what)
    if known and known[0] == stats and len(known[1]) == len(given) and all(map(operator.is_, known[1], given)):
        return cast(T, known[2])
    settled = stats and time.time_ns() - max(changed for _, _, changed, _, _ in stats) > _SETTLED
    result: T = keep(what, stats, lambda: read(path), of) if keep and settled else read(path)
    if settled:
        _memory[what] = stats, given, result
    return result


def _stats(path: Path) -> Iterator[tuple[str, bool, int, int, int]]:
    """Of a file and the one beside it, or of a folder and all that is in it; nothing of what is not there."""
    beside = _BESIDE.get(path.suffix)
    others: list[Path | os.DirEntry[str]] = [path.with_suffix(beside)] if beside else []
    with suppress(OSError):
        others += os.scandir(path) if not path.suffix and path.is_dir() else ()
    for one in (path, *others):
        with suppress(OSError):
            stat = one.stat()
            yield one.name, one.is_symlink(), stat.st_mtime_ns, stat.st_size, stat.st_ino


def _same(name: str, value: T, compare: object) -> T:
    """The value that went by this name before, where it compares the same: what is read with its help is known then."""
    known = _memory.get((name, Path()))
    if known and known[0] == compare:
        return cast(T, known[2])
    _memory[name, Path()] = compare, (), value
    return value
