"""The MkDocs plugin `factsheets`: rendered pages join the hand-written ones. The only place that knows MkDocs."""

import gc
import hashlib
import json
import posixpath
import re
import sqlite3
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from itertools import chain, zip_longest
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urljoin

from jinja2 import Environment
from mkdocs.commands.build import get_context
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority, get_plugin_logger
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page as SitePage
from mkdocs.utils import get_build_date, get_relative_url, write_file
from mkdocs.utils.templates import TemplateContext

from generator import build, cache, disk
from generator.build import Project
from generator.errors import FactsheetsError
from generator.packing import packed, unpacked
from generator.publish import Published, assets, data, in_navigation, publish
from generator.render import Page
from generator.render.words import compiled
from generator.shelf import Kept, Shelf
from generator.standing import Standing, place
from generator.watching import BURST, look_at_once

T = TypeVar("T")


KNOWN = {"factsheets", "search", "material/search", "meta", "material/meta", "offline", "material/offline"}
"""Plugins that make the same of the same: beside any other, or a hook, no page is kept as it was shown."""

_BLOCK = re.compile(r"^<(?!!--)[^\n]*(?:\n[^\n]+)*", re.M)  # from a line that begins with a tag to the next empty one
_PLACE = '<div class="fs-block"></div>'
_NO_SEARCH = re.compile(
    r"<a class=\"headerlink\".*?</a>"
    r"|<(details|figure|form|nav|span|sup|table|thead|ul|ol)\b[^<>]* data-search-exclude[^<>]*>.*?</\1>"
    r"|</?(?:t(?:r|h|d|head|body|able)|a|span|dl|dt|dd|b|i|time)\b[^<>]*>",  # no div: they lie in one another
    re.S,
)

_TOGETHER = 200  # pages that are put on the shelf at once

_INLINE = re.compile(r"<script(?![^<>]*\s(?:src|type)=)[^<>]*>(.*?)</script>", re.S)
_ALIGNED = ("text-align: left;", "text-align: center;", "text-align: right;")  # what the extension `tables` writes

log = get_plugin_logger("factsheets")


class FactsheetsPlugin(BasePlugin):  # type: ignore[no-untyped-call,type-arg]
    """Adds the generated pages as virtual files; under `serve` it lives on between two builds.

    `mkdocs build` takes the facts as saved and never extracts; `mkdocs serve` also reads articles that are new or
    changed. Neither writes below `content/`. A page written by hand stands in place of a generated one of its path.
    """

    def __init__(self) -> None:
        self._command: str = "build"
        self._last: Project | None = None  # as `serve` showed it last: what is broken now stays as it was then
        self._published: Published | None = None
        self._alone = False  # no other plugin or hook looks at pages between their conversion and their search
        self._blocks: list[str] = []  # of the page that is converted
        self._content = ""
        self._found = 0  # entries of the search before those of the page at hand
        self._fresh: list[tuple[bytes, bytes, bytes]] = []
        self._theme = ""  # `_theme`, where pages are kept as they are shown
        self._standing: Standing | None = None
        self._files: list[File] = []  # of every page, in order
        self._entries: dict[str, list[Any]] = {}  # of the search, by source
        self._ground: object = None  # all that the last whole build rests on besides the project's content
        self._shown: dict[str, tuple[SitePage, TemplateContext]] = {}  # by source, as that build left them
        self._build: tuple[MkDocsConfig, Files, Environment] | None = None
        self._stop_looking: Callable[[], None] | None = None  # for edits, under `serve`
        self._policies: dict[tuple[str, str], str] = {}  # by template and depth of the page

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:  # noqa: ARG002
        """Its presence keeps this object alive between two builds of `serve`.

        What a site is made of lives as long as the process: looking through all of it for garbage, as often as Python does,
        takes up to a third of a build.
        """
        self._command = command
        gc.set_threshold(300_000, 50, 100)

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Style sheet and script before the project's own; everything a curator edits is watched."""
        if not config.use_directory_urls:
            raise PluginError("factsheets: the pages link to each other as folders; remove use_directory_urls: false")
        config.extra_css.insert(0, "assets/factsheets.css")
        config.extra_javascript.append("assets/factsheets.js")
        if config.theme.name == "material":  # after a folder of the project's own
            config.theme.dirs.insert(bool(config.theme.custom_dir), str(disk.PACKAGE / "theme"))
        watched = (_root(config) / "content", disk.PACKAGE / "templates", disk.PACKAGE / "assets")
        config.watch.extend(str(folder) for folder in watched if folder.is_dir() and str(folder) not in config.watch)
        return config

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Before MkDocs empties `site/`, so that pages can stay in it."""
        self._alone = not (config.hooks or config.plugins.keys() - KNOWN)
        self._theme = _theme(config) if self._alone and config.theme.name == "material" and self._command != "serve" else ""
        self._standing = Standing(_root(config) / ".cache", Path(config.site_dir), self._theme) if self._theme else None

    def on_files(self, files: Files, config: MkDocsConfig) -> Files:
        """The pages of the project as it is now."""
        if self._ground != (ground := _ground(config)):
            self._published, self._ground = None, ground
        first, self._shown, self._entries = not self._published, {}, {}

        def made(shelf: Shelf | None) -> tuple[Published, list[Page]]:
            published = self._published_from(shelf, config)
            more = [*data(published.edition, config.site_url or "/", shelf)]
            if shelf and first:
                shelf.tidy()
            if self._standing:
                self._standing.put_back({path for path, it in published.kept.items() if not it.html} - files.src_uris.keys())
            return published, more

        self._published, more = self._with_shelf(made, config)
        for page in (*self._published.pages.values(), *more):
            if files.get_file_from_path(page.path):
                continue
            if kept := self._published.kept.get(page.path):
                files.append(KeptFile(page.path, kept, config))
                self._entries[page.path] = json.loads(kept.found)
            else:
                files.append(MadeFile(page, config))
        for where, path in assets():
            files.append(File.generated(config, where, abs_src_path=str(path)))
        self._files = [file for file in files if file.is_documentation_page() or isinstance(file, KeptFile)]
        return files

    def on_template_context(self, context: TemplateContext, *, template_name: str, config: MkDocsConfig) -> TemplateContext:  # noqa: ARG002
        """The map of the site names every page."""
        context["pages"] = self._files
        return context

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
        """Keeps what shows a page again under `serve`; compiled templates are kept for the next run."""
        self._build, self._policies = (config, files, env), {}
        env.bytecode_cache = env.bytecode_cache or compiled(config.theme.name or "theme")
        return env

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Callable[[], None]) -> LiveReloadServer:
        """An edit below `content/` shows again the pages that it changes; any other builds the site."""

        def build_again() -> None:
            if not self._show_again():
                builder()

        server.builder, server.build_delay = build_again, BURST
        self._stop_looking = look_at_once(server.observer, _root(config) / "content")
        return server

    def on_pre_page(self, page: SitePage, *, config: MkDocsConfig, files: Files) -> SitePage:  # noqa: ARG002
        """The pencil of a sheet opens its override file, or the form for a new one."""
        if page.file.generated_by == "factsheets":
            edited = self._published and self._published.pages[page.file.src_uri].edit_path
            page.edit_url = _edit_url(edited, config)
        return page

    def on_page_markdown(self, markdown: str, *, page: SitePage, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002
        """Only the headings of a generated page go through Markdown: its blocks of HTML come back as they are.

        Converting them would take most of a build's time and change no byte, which a test compares.
        """
        self._blocks = _BLOCK.findall(markdown) if page.file.generated_by == "factsheets" else []
        return _BLOCK.sub(_PLACE, markdown) if self._blocks else markdown

    def on_page_content(self, html: str, *, page: SitePage, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002
        """The blocks back in their places, where another plugin may look for them; else as late as that can be: MkDocs
        holds what this gives of every page before it shows the first.
        """
        return html if self._alone else _whole(html, self._blocks)

    @event_priority(100)
    def _to_search(self, context: TemplateContext, *, page: SitePage, config: MkDocsConfig, nav: Navigation) -> None:  # noqa: ARG002
        """For the search, which reads a page now, only what it keeps of a generated page: that is quicker to read."""
        self._found = len(found) if (found := _found(config)) else 0
        if page.file.generated_by == "factsheets":
            self._content = _whole(page.content or "", _BLOCK.findall(page.file.content_string) if self._alone else [])
            page.content = re.sub(r"\s+", " ", _NO_SEARCH.sub("", self._content))

    @event_priority(-100)
    def _to_readers(self, context: TemplateContext, *, page: SitePage, config: MkDocsConfig, nav: Navigation) -> None:  # noqa: ARG002
        if page.file.generated_by == "factsheets":
            page.content = self._content
            found = _found(config)
            own = [it for it in found[self._found :] if it["text"] or "#" not in it["location"]]
            found[self._found :] = [{k: it[k] for k in it if k != "tags" or "#" not in it["location"]} for it in own]
            self._shown[page.file.src_uri] = page, context
        context["pages"] = self._files

    on_page_context = CombinedEvent(_to_search, _to_readers)

    @event_priority(-100)
    def on_post_page(self, output: str, *, page: SitePage, config: MkDocsConfig) -> str:
        """Every page gets its Content-Security-Policy, and is kept as readers get it.

        Trusted are the scripts of the theme around an empty page: one that came with a page's own text is in no policy.
        """
        path = page.file.src_uri
        self._entries[path] = _found(config)[self._found :]
        page.content = None if self._alone else page.content  # MkDocs would hold on to that of every page
        if self._command == "serve" or config.theme.name != "material" or not self._build:
            return output  # the development server adds a script that differs each time
        env, template = self._build[2], str(page.meta.get("template", "main.html"))
        if (shape := (template, get_relative_url(".", page.url))) not in self._policies:
            empty = SitePage("", File.generated(config, page.file.src_uri, content=""), config)
            empty.content = ""
            context = get_context(Navigation([], []), [], config, empty)
            self._policies[shape] = _policy(env.get_template(template).render(context))
        output = _with_policy(output, self._policies[shape])
        key = self._published.keys.get(path) if self._published and page.file.generated_by == "factsheets" else None
        if key and self._theme and not in_navigation(path):
            self._fresh.append((key, packed(output), packed(json.dumps(self._entries[path]))))
            self._keep_shown(config, _TOGETHER)
        return output

    def on_post_template(self, output: str, *, template_name: str, config: MkDocsConfig) -> str:
        """The same for 404.html, which holds nobody's text."""
        plain = self._command == "serve" or config.theme.name != "material" or not template_name.endswith(".html")
        return output if plain else _with_policy(output, _policy(output))

    @event_priority(100)
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Keeps the pages as they were shown; the search, which writes its index next, gets the entries of all."""
        _found(config)[:] = chain.from_iterable(self._entries.get(file.src_uri, ()) for file in self._files)
        if self._published and self._command != "serve":
            why = self._standing.changed(self._published.ground) if self._standing else ""
            of = f"{len(self._published.kept)} of {len(self._published.pages)}"
            log.info(f"{of} pages are as they were kept{f'; for the others, {why} changed' if why else ''}")
            for path in self._published.pages.keys() - self._published.kept.keys():
                log.debug(f"made anew: {path}")
        self._keep_shown(config, 1)
        if self._published and self._standing:
            keys = {path: key.hex() for path, key in self._published.keys.items() if not in_navigation(path)}
            self._standing.note(keys, self._published.ground)
        if self._command == "serve":  # what is left lives until all is built again
            gc.unfreeze()
            gc.collect()
            gc.freeze()

    def on_shutdown(self) -> None:
        """What is left goes with the process, without a last look for garbage in all of it."""
        if self._stop_looking:
            self._stop_looking()
        gc.freeze()

    def _keep_shown(self, config: MkDocsConfig, many: int) -> None:
        """Puts pages on the shelf as they were shown, once there are so many."""
        if len(self._fresh) >= many:
            self._with_shelf(lambda shelf: shelf.keep_shown(self._fresh) if shelf else None, config)
            self._fresh = []

    def _with_shelf(self, use: Callable[[Shelf | None], T], config: MkDocsConfig) -> T:
        """With what earlier runs made, where their file is of any use."""
        try:
            with closing(Shelf(_root(config), self._theme)) as shelf:
                return use(shelf)
        except FactsheetsError as error:
            raise PluginError(str(error)) from None
        except (OSError, sqlite3.Error, zlib.error, ValueError):
            return use(None)

    def _published_from(self, shelf: Shelf | None, config: MkDocsConfig) -> Published:
        project = self._project(_root(config), shelf)
        errors = [problem for problem in project.problems if problem.severity == "error"]
        if errors and config.strict and self._command != "serve":
            raise PluginError("\n".join(str(problem) for problem in errors))
        for problem in project.problems:
            (log.warning if problem in errors else log.info)(str(problem))
        site, repository = config.site_url or "/", config.repo_url or None
        try:
            last, shelf = self._published, None if self._published else shelf
            standing = self._standing.keys() if self._standing else {}
            return publish(project, errors, site=site, repository=repository, last=last, shelf=shelf, standing=standing)
        except FactsheetsError as error:  # a template of the project's own
            if self._command != "serve":
                raise PluginError(str(error)) from None
            log.warning(str(error))
            return publish(replace(project, templates={}), [*errors, *error.problems], site=site, repository=repository)

    def _show_again(self) -> bool:
        """Shows the pages that an edit changed, without the others; False where that is not enough.

        The search, the feeds and the data stay as they were until the site is built again.
        """
        if not self._build or not self._published or self._ground != _ground(self._build[0]):
            return False
        config, files, _ = self._build

        def as_is(shelf: Shelf | None) -> Published:
            published = self._published_from(shelf, config)
            if shelf:
                shelf.forget()
            return published

        before, self._published = self._published, self._with_shelf(as_is, config)
        if before.pages.keys() != self._published.pages.keys():
            return False
        for path, made in self._published.pages.items():
            if made != before.pages[path] and path in self._shown and (file := files.get_file_from_path(path)):
                file.content_string = made.text
                self._show(path)
                log.info(f"shown again: {path}")
        return True

    def _show(self, path: str) -> None:
        """What MkDocs does to put one page into its theme."""
        assert self._build
        config, files, env = self._build
        page, context = self._shown[path]
        page.active = True
        page = config.plugins.on_pre_page(page, config=config, files=files)
        page.read_source(config)
        page.markdown = config.plugins.on_page_markdown(page.markdown or "", page=page, config=config, files=files)
        page.render(config, files)
        page.content = config.plugins.on_page_content(page.content or "", page=page, config=config, files=files)
        page.content = _whole(page.content, self._blocks if self._alone else [])
        output = env.get_template(str(page.meta.get("template", "main.html"))).render(context)
        output = config.plugins.on_post_page(output, page=page, config=config)
        write_file(output.encode("utf-8", "xmlcharrefreplace"), page.file.abs_dest_path)
        page.active = False

    def _project(self, root: Path, shelf: Shelf | None) -> Project:
        project = build.refresh(root, today=cache.today(), last=self._last, shelf=shelf)
        if self._command != "serve":
            return project
        try:
            project = build.preview(project)
            mended = [problem for problem in project.problems if problem.hint != build.RUN_BUILD]
        except FactsheetsError as error:
            mended = [*project.problems, *error.problems]
        self._last = replace(project, problems=tuple(mended))
        return self._last


class MadeFile(File):
    """A page that MkDocs gets the text of each time it asks: it would hold on to that of every page."""

    def __init__(self, page: Page, config: MkDocsConfig) -> None:
        inclusion = InclusionLevel.INCLUDED if in_navigation(page.path) else InclusionLevel.NOT_IN_NAV
        super().__init__(page.path, None, config.site_dir, use_directory_urls=True, inclusion=inclusion)
        self.generated_by, self.made = "factsheets", page

    @property
    def _content(self) -> str | bytes:
        content = self.made.content
        return zlib.decompress(content) if isinstance(content, bytes) else content

    @_content.setter
    def _content(self, given: str | bytes | None) -> None:
        """By another plugin, or where the page is shown again."""
        self.made = self.made._replace(content=given.decode() if isinstance(given, bytes) else given or "")


class KeptFile(File):
    """A page as it was shown before: for MkDocs a file among others, which costs it a fraction of a page."""

    def __init__(self, path: str, kept: Kept, config: MkDocsConfig) -> None:
        hidden = InclusionLevel.NOT_IN_NAV
        super().__init__(path, None, config.site_dir, use_directory_urls=True, dest_uri=place(path), inclusion=hidden)
        self.generated_by, self.kept = "factsheets", kept
        address = config.site_url and config.site_url + self.url  # all that the map of the site asks of a page
        self.page = SimpleNamespace(canonical_url=address, update_date=get_build_date())  # type: ignore[assignment]

    def is_documentation_page(self) -> bool:
        """Not for MkDocs."""
        return False

    def copy_file(self, dirty: bool = False) -> None:  # noqa: ARG002
        """Nothing where it stands in `site/` already."""
        if self.kept.html:
            write_file(unpacked(self.kept.html).encode("utf-8", "xmlcharrefreplace"), self.abs_dest_path)


def _whole(html: str, blocks: list[str]) -> str:
    """With the blocks in their places."""
    return "".join(chain.from_iterable(zip_longest(html.split(_PLACE), blocks, fillvalue="")))


def _found(config: MkDocsConfig) -> list[Any]:
    """The entries of Material's search."""
    search = config.plugins.get("material/search") or config.plugins.get("search")
    return getattr(getattr(search, "search_index", None), "entries", [])


def _theme(config: MkDocsConfig) -> str:
    """A digest of all that makes a shown page of our Markdown, where nothing but Material and what is KNOWN does: the
    settings, the pages and templates written by hand, the programs.
    """
    settings = {name: value for name, value in config.items() if name not in _ELSEWHERE}
    digest = hashlib.sha256(json.dumps([settings, dict(config.theme)], default=_plain, sort_keys=True).encode())
    for folder in (Path(folder) for folder in (config.docs_dir, config.theme.custom_dir) if folder):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(folder)}\0{len(data := path.read_bytes())}\0".encode() + data)
    versions = [version(name) for name in ("mkdocs", "mkdocs-material", "markdown", "pymdown-extensions", "pygments")]
    return digest.hexdigest() + " ".join(versions)


_ELSEWHERE = ("config_file_path", "docs_dir", "site_dir", "dev_addr", "watch", "strict")


def _plain(value: Any) -> object:
    """A setting as JSON; one that has no name of its own is different each time, and nothing is kept beside it."""
    if isinstance(value, (Mapping, BasePlugin)):
        return dict(value if isinstance(value, Mapping) else value.config)
    return getattr(value, "__qualname__", None) or repr(value)


def _policy(page: str) -> str:
    """What a browser may load and run: files of the site, and the inline scripts of this page."""
    scripts, styles = (
        " ".join(f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in dict.fromkeys(texts))
        for texts in (_INLINE.findall(page), _ALIGNED)
    )
    return (
        f"default-src 'self'; script-src 'self' {scripts}; style-src 'self'; style-src-attr 'unsafe-hashes' {styles}; "
        "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _with_policy(page: str, policy: str) -> str:
    """With the policy before anything that it could forbid."""
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return re.sub(r"<head>\s*(?:<meta charset[^>]*>)?", lambda found: found[0] + meta, page, count=1)


def _root(config: MkDocsConfig) -> Path:
    """The project's folder: that of `mkdocs.yml`."""
    return Path(config.config_file_path).parent if config.config_file_path else Path.cwd()


def _ground(config: MkDocsConfig) -> object:
    """Everything but the project's content that a site is made of, by the time and size of its files."""
    folders = [disk.PACKAGE / name for name in ("templates", "assets", "theme")]
    folders += Path(config.docs_dir), _root(config) / "content" / "kinds"
    folders += [Path(config.theme.custom_dir)] if config.theme.custom_dir else []
    paths = [path for folder in folders for path in folder.rglob("*")]
    paths += [Path(config.config_file_path)] if config.config_file_path else []
    stats = {path: path.stat() for path in paths if path.is_file()}
    return cache.today(), {path: (stat.st_mtime_ns, stat.st_size) for path, stat in stats.items()}


def _edit_url(path: str | None, config: MkDocsConfig) -> str | None:
    """The form that edits a file of the project in its repository, or the one that makes it where there is none."""
    if not path or not config.repo_url or not config.edit_uri:
        return None
    root = _root(config)
    up = posixpath.relpath(root.as_posix(), Path(config.docs_dir).as_posix())
    place = posixpath.normpath(posixpath.join(config.edit_uri, up))
    base = config.repo_url.rstrip("/") + "/"
    path = next((found for found in (path, path.removesuffix(".md") + ".txt") if (root / found).exists()), path)
    if (root / path).exists() or not place.startswith("edit/"):
        return urljoin(base, f"{place}/{quote(path)}")
    folder, _, name = path.rpartition("/")
    return urljoin(base, f"new/{place.removeprefix('edit/')}/{quote(folder)}?filename={quote(name)}")
