"""The only door to content/: `load_*`, `read_*` and `save_*` touch the disk; `parse_*` and `dump_*` do not."""

import hashlib
import os
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import filelock

from generator import gazetteer as gazetteers
from generator import kinds as kind_files
from generator import overridefile, schemas, sheetfile, strict_yaml
from generator.errors import ContentError, FactsheetsError, Problem, did_you_mean
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import FOLDERS, Article, Claim, Sheet, SubjectType

T = TypeVar("T")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


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


class Settings(NamedTuple):
    """`content/settings.yml`."""

    model: str | None = None  # name of the spaCy model; None for the one we ship with


def normalise(text: str) -> str:
    """The text all offsets count in: NFC, line feeds only, no byte order mark, no control or invisible characters."""
    return unicodedata.normalize("NFC", _UNSEEN.sub("", _BREAKS.sub("\n", text)))


def parse_article(text: str, path: Path, sidecar: tuple[Any, strict_yaml.Lines, Path] | None = None) -> Article:
    """An article from its file's text: front matter and body (`.md`), or headlines and all (`.txt`, with a sidecar).

    `sidecar` is the parsed YAML beside a `.txt`, with its own path. Raises ContentError.
    """
    text = normalise(text)
    data, lines, where = sidecar or ({}, {(): 1}, path)
    if path.suffix == ".md" and (text == "---" or text.startswith("---\n")):
        (data, lines), text = _front_matter(text, path)
    data = {} if data is None else data
    found = [*schemas.problems(data, lines, schemas.ARTICLE, where)]
    text = text.strip("\n")
    if not text.strip():
        found.append(Problem("has no text", path, None, "an article needs at least one sentence"))
    if found:
        raise ContentError(*found)
    based_on = data.get("based_on") or ()
    return Article(
        id=path.stem,
        title=" ".join(normalise(data.get("title") or _first_line(text)).split()),
        text=text,
        published=data.get("published", "").partition("T")[0] or None,
        publisher=data.get("publisher"),
        url=data.get("url"),
        language=data.get("language") or "en",
        licence=data.get("licence"),
        based_on=(based_on,) if isinstance(based_on, str) else tuple(based_on),
    )


def read_articles(paths: Iterable[Path]) -> tuple[list[Article], list[Problem]]:
    """The articles in these files and, of folders, in their `.md` and `.txt` files; and whatever could not be read."""
    files: list[Path] = []
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir():
            files += [file for file in _files(path) if file.suffix in (".md", ".txt")]
        elif path.suffix not in (".md", ".txt"):
            problems.append(Problem("is not an article", path, None, "only .md and .txt files are read"))
        else:
            files.append(path)
    articles, broken = _each(files, _read_article)
    return articles, problems + broken


def load_articles(root: Path) -> list[Article]:
    """The project's articles by id; raises ContentError listing everything wrong in `content/articles/`."""
    articles, problems = try_articles(root)
    if problems:
        raise ContentError(*problems)
    return articles


def try_articles(root: Path) -> tuple[list[Article], list[Problem]]:
    """The project's readable articles by id, and everything wrong in `content/articles/`."""
    folder = root / "content" / "articles"
    articles, problems = read_articles([folder]) if folder.is_dir() else ([], [])
    problems += _misplaced(folder)
    return sorted(articles, key=lambda article: article.id), _relative(problems, root)


def article_path(root: Path, id: str) -> Path | None:
    """Where an article lies, below `root`; None if nowhere."""
    places = [Path("content", "articles", id + suffix) for suffix in (".md", ".txt")]
    return next((place for place in places if (root / place).is_file()), None)


def load_kinds(root: Path) -> dict[str, Kind]:
    """The built-in kinds and the project's own (`content/kinds/*.yml`); one of the same name replaces a built-in."""
    files = _files(root / "content" / "kinds", ".yml")
    own, problems = _each(files, lambda path: kind_files.parse(strict_yaml.read_text(path), path))
    for kind in own:
        if kind.name != kind.path.stem:
            problems.append(Problem(f"holds the kind {kind.name!r}", kind.path, 1, f"name it {kind.name}.yml"))
    if problems:
        raise ContentError(*_relative(problems, root))
    return {**kind_files.load_built_in(), **{kind.name: replace(kind, path=_shown(kind.path, root)) for kind in own}}


def load_gazetteer(root: Path) -> Gazetteer:
    """The built-in gazetteer and the project's own organisations (`content/organisations/*.yml`)."""
    files = _files(root / "content" / "organisations", ".yml")
    lists, problems = _each(files, lambda path: _validated(path, schemas.ORGANISATIONS))
    if problems:
        raise ContentError(*_relative(problems, root))
    return gazetteers.extend(gazetteers.load_built_in(), [data for found in lists for data in found or ()])


def load_settings(root: Path) -> Settings:
    """`content/settings.yml`, which may be absent; unknown keys are errors."""
    path = root / "content" / "settings.yml"
    found, problems = _each([path] if path.exists() else [], lambda path: _validated(path, schemas.SETTINGS))
    if problems:
        raise ContentError(*_relative(problems, root))
    return Settings(**(found[0] or {})) if found else Settings()


def load_overrides(root: Path, kinds: Mapping[str, Kind], gazetteer: Gazetteer) -> list[Claim]:
    """Every correction and denial, as claims; raises ContentError listing ALL that is wrong in any file."""
    overrides = try_overrides(root, kinds, gazetteer)
    if overrides.problems:
        raise ContentError(*overrides.problems)
    return overrides.claims


def try_overrides(root: Path, kinds: Mapping[str, Kind], gazetteer: Gazetteer) -> Overrides:
    """What can be used of `content/overrides/`, and what is wrong with the rest; a file counts whole or not at all."""
    folder = root / "content" / "overrides"
    schema = schemas.overrides(kinds)
    claims: list[Claim] = []
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    broken: set[str] = set()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not _is_hidden(p, folder)):
        try:
            found = _overrides_of(path, folder, root, schema, kinds, gazetteer)
            claims += [claim for claim, _ in found]
            lines.update({claim.id: line for claim, line in found})
        except ContentError as error:
            problems += error.problems
            broken.add(path.stem)
    return Overrides(claims, lines, _relative(problems, root), frozenset(broken))


def load_sheets(root: Path) -> list[Sheet]:
    """The saved sheets, overrides' claims included; raises ContentError for files that are not as we write them."""
    sheets, problems = try_sheets(root)
    if problems:
        raise ContentError(*problems)
    return sheets


def try_sheets(root: Path) -> tuple[list[Sheet], list[Problem]]:
    """The saved sheets that can be read, and the files that cannot."""
    found: list[Sheet] = []
    problems: list[Problem] = []
    for type_, name in FOLDERS.items():
        folder = root / "content" / "facts" / name
        read = partial(_read_sheet, type_)
        sheets, broken = _each(_files(folder, ".yml"), read)
        found += sheets
        problems += broken
    hint = "machine-written; delete it and run: factsheets build"
    return found, _relative([replace(problem, hint=hint) for problem in problems], root)


def load_made_from(root: Path) -> MadeFrom:
    """What the saved facts were made from; empty where `content/facts/articles.yml` is absent or broken."""
    try:
        data, _ = strict_yaml.read(root / "content" / "facts" / "articles.yml")
        return MadeFrom(data["engine"], data["articles"] or {}, data["claims"] or {})
    except (ContentError, KeyError, TypeError):
        return MadeFrom()


def seal(claims: Iterable[Claim]) -> str:
    """A digest of an article's claims as saved; it differs once one of them is lost or edited."""
    return hashlib.sha256("".join(sorted(claim.id for claim in claims)).encode()).hexdigest()[:12]


def save_sheets(root: Path, sheets: Iterable[Sheet], made_from: MadeFrom) -> list[Path]:
    """Writes what changed, removes the files of subjects that are gone; returns the paths touched, below `root`.

    Each file is replaced whole or not at all. Call it under `lock`.
    """
    folder = root / "content" / "facts"
    texts = {folder / FOLDERS[sheet.type] / f"{sheet.id}.yml": sheetfile.dump(sheet) for sheet in sheets}
    head = "# Written by factsheets build: what the facts beside it were made from.\n"
    texts[folder / "articles.yml"] = head + strict_yaml.dump(made_from._asdict())
    with _in_words(folder):
        for leftover in folder.rglob(".factsheets-*.tmp"):
            leftover.unlink()
        touched = [path for path, text in texts.items() if write(path, text)]
        for path in [p for name in FOLDERS.values() for p in _files(folder / name, ".yml") if p not in texts]:
            path.unlink()
            touched.append(path)
    return [path.relative_to(root) for path in touched]


def write(path: Path, text: str) -> bool:
    """Puts a text in place whole or not at all; False where it stood there already."""
    data = text.encode()
    with _in_words(path):
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".factsheets-", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return True


@contextmanager
def lock(root: Path, seconds: float = 60) -> Iterator[None]:
    """One build at a time; raises FactsheetsError where another holds the project for longer than `seconds`."""
    folder = root / ".cache"
    with _in_words(folder):
        folder.mkdir(exist_ok=True)
        write(folder / ".gitignore", "*\n")
        held = filelock.FileLock(folder / "build.lock", timeout=seconds)
        try:
            held.acquire()
        except filelock.Timeout:
            raise FactsheetsError("another build is at work in this project", "wait for it to end") from None
    try:
        yield
    finally:
        held.release()


def _first_line(text: str) -> str:
    line = next(line for line in text.split("\n") if line.strip())
    return line.lstrip("#").strip() or line.strip()


def _front_matter(text: str, path: Path) -> tuple[tuple[Any, strict_yaml.Lines], str]:
    head, found, body = text[4:].partition("\n---\n")
    if not found:
        head, found, body = text[4:].partition("\n---")
        if not found or body.strip():
            raise ContentError(Problem("the front matter does not end", path, 1, "close it with a line of ---"))
    return strict_yaml.parse("\n" + head, path), body


def _read_article(path: Path) -> Article:
    text = strict_yaml.read_text(path)
    beside = path.with_suffix(".yml")
    sidecar = (*strict_yaml.read(beside), beside) if path.suffix == ".txt" and beside.exists() else None
    return parse_article(text, path, sidecar)


def _read_sheet(type_: SubjectType, path: Path) -> Sheet:
    return sheetfile.parse(strict_yaml.read(path)[0], type_, path)


def _misplaced(folder: Path) -> Iterator[Problem]:
    """What stands in content/articles and is no article, or cannot be one under its name."""
    texts = [path for path in _files(folder) if path.suffix in (".md", ".txt")]
    names = Counter(path.stem.casefold() for path in texts)
    for path in texts:
        if not _ID.fullmatch(path.stem) or path.stem.casefold() == "index":
            hint = "use letters, digits, hyphens; it becomes the page's address"
            yield Problem(f"{path.stem!r} cannot be the id of an article", path, None, hint)
        if names[path.stem.casefold()] > 1:
            yield Problem(f"two articles are named {path.stem!r}", path, None, "rename one of them")
    for path in _files(folder):
        if path.suffix == ".yml" and path.with_suffix(".txt") not in texts:
            yield Problem("belongs to no article", path, None, f"there is no {path.stem}.txt beside it")
        elif path.suffix not in (".md", ".txt", ".yml"):
            yield Problem("is not an article", path, None, "only .md and .txt files are read, and .yml beside a .txt")
    for path in sorted(p for p in folder.glob("*/") if not _is_hidden(p, folder)):
        yield Problem("folders in content/articles are not read", path, None, "move its articles up")


def _overrides_of(
    path: Path, folder: Path, root: Path, schema: schemas.Schema, kinds: Mapping[str, Kind], gazetteer: Gazetteer
) -> list[tuple[Claim, int]]:
    type_ = next((t for t, name in FOLDERS.items() if path.parent == folder / name), None)
    if type_ is None or path.suffix != ".yml":
        hint = "overrides are content/overrides/organisations/<id>.yml and countries/<ID>.yml"
        raise ContentError(Problem("is not an override file", path, None, hint))
    sheet = Sheet(path.stem, _subject_name(path, type_, root, gazetteer), type_)
    data, lines = strict_yaml.read(path)
    if found := [*schemas.problems([] if data is None else data, lines, schema, path)]:
        raise ContentError(*found)
    return overridefile.parse(data or [], lines, sheet, kinds, gazetteer, path)


def _subject_name(path: Path, type_: SubjectType, root: Path, gazetteer: Gazetteer) -> str:
    known = {"organisation": gazetteer.organisations, "country": gazetteer.countries, "other": {}}[type_]
    if record := known.get(path.stem):
        return record.name
    facts = root / "content" / "facts" / FOLDERS[type_] / path.name
    if type_ == "other" and facts.is_file():
        return str(strict_yaml.read(facts)[0]["name"])
    meant = gazetteer.find(path.stem)
    hint = f"did you mean {meant.id}.yml?" if meant and meant.id in known else did_you_mean(path.stem, known)
    raise ContentError(Problem(f"no {type_} has the id {path.stem!r}", path, None, hint))


def _validated(path: Path, schema: schemas.Schema) -> Any:
    data, lines = strict_yaml.read(path)
    if data is not None and (found := [*schemas.problems(data, lines, schema, path)]):
        raise ContentError(*found)
    return data


def _files(folder: Path, suffix: str | None = None) -> list[Path]:
    found = [p for p in folder.glob("*") if p.is_file() and not _is_hidden(p, folder)]
    return sorted(path for path in found if suffix in (None, path.suffix))


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts) or path.name == "README.md"


def _each(paths: Sequence[Path], read: Callable[[Path], T]) -> tuple[list[T], list[Problem]]:
    """What could be read, and every problem of what could not."""
    results: list[T] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            results.append(read(path))
        except ContentError as error:
            problems += error.problems
    return results, problems


def _relative(problems: Iterable[Problem], root: Path) -> list[Problem]:
    return [replace(problem, path=_shown(problem.path, root)) if problem.path else problem for problem in problems]


def _shown(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """A disk that refuses is a mistake of the surroundings, not ours."""
    try:
        yield
    except OSError as error:
        place = Path(error.filename) if isinstance(error.filename, str) else path
        hint = "is the folder read-only or the disk full? nothing was left half-written"
        raise ContentError(Problem(f"cannot be written: {error.strerror}", place, None, hint)) from None
