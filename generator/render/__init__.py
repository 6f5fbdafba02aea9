"""Sheets and articles → pages: Markdown whose bodies are HTML blocks, so that any engine shows them alike. Pure.

What a page says is decided here; how it says it, every word a reader sees, is in `templates/`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, pairwise
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote as percent

from generator import dates
from generator.errors import Problem
from generator.gazetteer import fold, slug
from generator.kinds import Kind
from generator.model import Article, Claim, Item, Quote
from generator.packing import unpacked
from generator.referencefile import Table
from generator.render import paging
from generator.render.edition import Edition, Listed, Name, Row, old, report
from generator.render.evidence import article_stem, backing, holds, mark_id
from generator.render.history import Told, history
from generator.render.marks import Marked, Note
from generator.render.paging import alphabetical, by_letter, by_month
from generator.render.pictures import line, shaded
from generator.render.values import Values
from generator.render.words import fill, web
from generator.timeline import NOT_KNOWN


class Draft(NamedTuple):
    """A page before its words are set: equal drafts make equal pages."""

    path: str
    template: str
    values: Mapping[str, Any]
    edit_path: str | None = None
    own: Values | None = None  # those of its subject or article

    def page(self, templates: Mapping[str, str] = MappingProxyType({})) -> "Page":
        """The page in Markdown, by a project's own templates where there are some."""
        place = self.path.removesuffix("index.md").removesuffix(".md").strip("/")
        depth = place.count("/") + bool(place)
        return Page(self.path, fill(self.template, depth, {**self.values, **(self.own or {})}, templates), self.edit_path)


class Page(NamedTuple):
    """A page as Markdown. Its links assume directory addresses: `organisations/csto.md` is `/organisations/csto/`."""

    path: str  # relative to docs/
    content: str | bytes  # packed where it is one of many
    edit_path: str | None = None  # the file a person edits to correct it, relative to the project; may not exist yet

    @property
    def text(self) -> str:
        """What it says."""
        return unpacked(self.content) if isinstance(self.content, bytes) else self.content


def render(
    edition: Edition, *, problems: Sequence[Problem] = (), unsaved: Iterable[str] = (), review: Sequence[Item] | None = None
) -> Iterator[Draft]:
    """A draft of every generated page: the home page, one a subject, one an article, the lists, the changes, and where
    given what waits for review.

    `problems` are shown as a notice on top of each page; `unsaved` are ids of articles whose claims are not yet in
    the facts files.
    """
    told, ours, cited = history(edition), edition.articles, edition.citing
    about = _by_subject(told)
    bodies = [sheet.id for sheet in edition.sheets.values() if sheet.type == "organisation"]
    codes = [code for code, url in edition.pages.items() if url.startswith("countries/")]
    organisations = [_again(f"page of {id_}", _organisation(id_, edition, about), edition) for id_ in bodies]
    countries = [_again(f"page of {code}", _country(code, edition, about), edition) for code in codes]
    for named in (organisations, countries):
        named.sort(key=lambda item: (alphabetical(item["subject"].text), item["id"]))
    read = [_again(f"article {it.id}", _article(it, cited.get(it.id, ())), edition) for it in ours.values()]
    read.sort(key=lambda item: (dates.sort_key(item["article"].published), item["article"].id), reverse=True)
    shared: dict[str, Any] = {"problems": problems, "unsaved": frozenset(unsaved)}
    shared |= {"many": len(organisations) > paging.LIMIT, "few": paging.LIMIT // 3 or 1}
    searched = sum(len(article.text) for article in edition.read) <= paging.SEARCHED
    pages = {"organisations": organisations, "countries": countries, "articles": read}
    lists = {folder: [it.listed for it in some] for folder, some in pages.items()}
    yield Draft("index.md", "home", shared | lists | {"lately": _lately(lists["organisations"])})
    yield from _lists(shared, lists, told, edition)
    if review is not None:
        waiting = [(it, edition.name(it.sheet.id, it.sheet.name), backing(it.says, it.claims, ours)) for it in review]
        values = shared | {"kinds": edition.kinds, "waiting": len(waiting)}
        yield from _list("review", waiting, edition, values, lambda _: ("all",), name="items", limit=paging.LIMIT // 3)
    for folder, template in (("organisations", "organisation"), ("countries", "country")):
        for one in pages[folder]:
            path = f"{folder}/{one['id']}"
            yield Draft(f"{path}.md", template, shared, f"content/overrides/{path}.yml", one)
    for one in countries:
        yield from _memberships(one, shared, edition)
    for one in read:
        path = f"articles/{article_stem(one['article'].id)}.md"
        yield Draft(path, "article", {**shared, "searched": searched}, f"content/articles/{one['article'].id}.md", one)


def _again(name: str, values: Values, edition: Edition) -> Values:
    """Those of the last edition where they would be the same; and those for lists, where these would show the same."""
    made, before = edition.again(name, lambda *_: values, *values.parts), edition.before(name)
    if made is not before and isinstance(before, Values) and not edition.templates and made.seen(True) == before.seen(True):
        made.listed = before.listed
    return made


def _lists(values: dict[str, Any], lists: Mapping[str, list[Any]], told: list[Told], edition: Edition) -> Iterator[Draft]:
    """The lists of everything; of organisations, where one page does not hold them, also those of each tag."""
    organisations = lists["organisations"]
    tags = sorted({tag for it in organisations for tag in it["tags"]})
    tagged = {tag: [it for it in organisations if tag in it["tags"]] for tag in tags}
    people = edition.again("people", _people, edition.of(lambda kind: kind.fields[kind.value].type == "person"))
    terms = [row for row in edition.of(lambda kind: kind.cardinality == "timeline") if row.sheet.type == "organisation"]
    chairs = edition.again("chairs", _chairs, terms, edition.today)
    few = paging.LIMIT // 3
    yield Draft("subjects/index.md", "subjects", values | {"tagged": tagged})
    yield from _list("organisations", organisations, edition, values | {"tag": ""}, _initial)
    for tag, some in tagged.items() if values["many"] else ():
        yield from _list(f"organisations/tag/{tag}", some, edition, values | {"tag": tag}, _initial)
    yield from _list("countries", lists["countries"], edition, values, _initial)
    by_time = lambda it: by_month(it["article"].published)  # noqa: E731
    yield from _list("articles", lists["articles"], edition, values, by_time, latest=True)
    yield from _list("changes", told, edition, values, lambda it: by_month(it.change.on), name="told", latest=True)
    yield from _list("calendar", chairs, edition, values, itemgetter(slice(1)), name="chairs", limit=few)
    yield from _list("people", people, edition, values, lambda it: by_letter(it[0].split(" ")[-1]))


def _list(
    folder: str, entries: list[Any], edition: Edition, values: dict[str, Any], groups: Any, name: str = "", **how: Any
) -> Iterator[Draft]:
    """The pages of a list, by the template of its name, which knows the entries by theirs."""
    template = folder.partition("/")[0]
    for part in edition.again(f"list of {folder}", lambda _: [*paging.paged(folder, entries, groups, **how)], entries):
        yield Draft(part.path, template, values | {name or template: part.entries, "pager": part.pager})


def _memberships(country: Values, values: Mapping[str, Any], edition: Edition) -> Iterator[Draft]:
    """All of a country's memberships by letter, where its sheet does not hold them."""
    if not (place := country["apart"]):
        return
    rows = sorted(chain(*country["memberships"].values()), key=lambda row: alphabetical(row.subject.text))
    for part in paging.paged(place, rows, lambda row: by_letter(row.subject.text)):
        own = Values((country["subject"], tuple(part.entries)), {
            "subject": lambda _: country["subject"],
            "memberships": lambda it: _by_status(it["rows"], by="subject"),
            "rows": lambda it: it.parts[1],
            "tables": lambda it: _tables(it["rows"], country["id"], edition),
        })  # fmt: skip
        yield Draft(part.path, "memberships", {**values, "pager": part.pager}, None, own)


def _initial(item: Mapping[str, Any]) -> tuple[str, ...]:
    return by_letter(item["subject"].text)


def _lately(organisations: Sequence[Values]) -> Sequence[Values]:
    """What the home page shows: those that articles tell of, or all that there are; of many the latest in the news."""
    shown = [it for it in organisations if it["reported"]] or [it for it in organisations if not it["ended"]]
    if len(shown) > (few := paging.LIMIT // 6):
        shown.sort(
            key=lambda it: [dates.sort_key(used["article"].published) for used, _ in it["articles_used"][:1]], reverse=True
        )
    return shown[:few]


def _chairs(rows: Iterable[Row], today: date) -> list[tuple[str, Row]]:
    """The terms by how they stand, what is due and what comes next in order of their days."""
    terms = sorted(rows, key=lambda row: (dates.sort_key(row.since), row.subject.text))
    groups = {"due": ("due", "possibly begun"), "announced": ("announced",), "current": ("current", "possibly over")}
    found = [(name, row) for name, standings in groups.items() for row in terms if row.standing in standings]
    ended = [row for row in terms if row.until and row.standing == "over"]
    return found + [("over", row) for row in ended if (today - dates.bounds(row.until or "").latest).days <= 366]


def _people(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """Who holds or held an office, by family name as far as a name tells it: its last word."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.value.text].append(row)
    return sorted(found.items(), key=lambda item: (alphabetical(item[0].split(" ")[-1]), item[0]))


def _by_subject(told: Iterable[Told]) -> Mapping[str, list[Told]]:
    """The changes that concern each subject, as the sheet's or as the value's."""
    found: dict[str, list[Told]] = defaultdict(list)
    for it in told:
        for subject in {it.change.sheet.id, it.change.fact.value or ""}:
            found[subject].append(it)
    return found


def _organisation(id: str, edition: Edition, about: Mapping[str, list[Told]]) -> Values:
    name, rows, record = edition.sheets[id].name, edition.rows[id], edition.gazetteer.record(id)
    derived, told, nothing = edition.derived.get(id, ()), about.get(id, ()), edition.nothing(id)
    sort = record.data.get("kind") if record else None
    return Values((name, rows, derived, told, nothing), {
        "id": lambda _: id,
        "subject": lambda _: edition.name(id, name),
        "acronym": lambda _: record.acronym if record else None,
        "known": lambda _: record.data if record else {},
        "names": lambda _: _names(id, edition),
        "rows": lambda _: rows,
        "tags": lambda _: _tags(sort, _regions(_of(rows, "membership"), edition)),
        "nothing": lambda _: nothing,
        "founding": lambda _: sorted(_of(rows, "founding"), key=_event),
        "members": lambda _: _by_status(_of(rows, "membership")),
        "miscounted": lambda _: [(row, row.miscounts) for row in rows if row.miscounts is not None],
        "shaded": lambda it: shaded({status: some for status, some in it["members"].items() if status in _ON_MAP}),
        "term_line": lambda it: line(it["terms"], edition.today),
        "member_line": lambda it: line((row for row in chain(*it["members"].values()) if row.since), edition.today),
        "terms": lambda _: _terms(rows, "value"),
        "presides": lambda it: next((row for row in it["terms"] if row.standing in _IN_THE_CHAIR), None),
        "next": lambda it: next((row for row in reversed(it["terms"]) if row.standing == "announced"), None),
        "handovers": lambda it: list(_handovers(it["terms"][::-1], edition))[::-1],
        "office_rows": lambda _: _by_office(_of(rows, "official")),
        "head_official": lambda it: next((r for r in it["office_rows"] if r.standing != "over" and _is_head(r)), None),
        "other_kinds": lambda _: _other_kinds(rows, edition),
        "member_of": lambda _: _by_status(_of(derived, "membership"), by="subject"),
        "articles_used": lambda _: _sources(rows, edition),
        "tables": lambda _: _tables(rows, id, edition),
        "told": lambda _: told,
        "ended": lambda _: all(row.status == NOT_KNOWN for row in rows),
        "reported": lambda _: any(row.decided_by != "reference" for row in rows),
    })  # fmt: skip


def _country(id: str, edition: Edition, about: Mapping[str, list[Told]]) -> Values:
    own, derived, told = edition.rows.get(id, ()), edition.derived.get(id, ()), about.get(id, ())
    sheet = edition.sheets.get(id)
    first = sheet.name if sheet else next((row.value.text for row in derived), id)
    return Values((first, own, derived, told), {
        "id": lambda _: id,
        "subject": lambda _: edition.name(id, first),
        "names": lambda _: _names(id, edition),
        "rows": lambda _: own,
        "memberships": lambda _: _by_status(_of(derived, "membership"), by="subject"),
        "apart": lambda _: f"countries/{id}/memberships" if len(_of(derived, "membership")) > paging.LIMIT else "",
        "terms": lambda _: _terms(derived, "subject"),
        "office_rows": lambda _: _by_office(_of(own, "official")),
        "other_kinds": lambda _: _other_kinds(own, edition),
        "articles_used": lambda _: _sources((*own, *derived), edition),
        "tables": lambda _: _tables((*own, *derived), id, edition),
        "told": lambda _: told,
    })  # fmt: skip


def _article(article: Article, cited: Sequence[Row]) -> Values:
    return Values((article, tuple(cited)), {
        "rows": lambda _: _together(article, cited),
        "found": lambda it: sorted((q for q in it["rows"] if holds(q, article)), key=lambda q: (q.start, -q.end)),
        "article": lambda _: article,
        "url": lambda _: f"articles/{percent(article_stem(article.id))}/",
        "link": lambda _: web(article.url),
        "based_on": lambda _: [link for address in article.based_on if (link := web(address))],
        "words": lambda it: Marked(
            article.text, [(q, Note(n, mark_id(q), it["rows"][q])) for n, q in enumerate(it["found"], 1)]
        ),
        "orphans": lambda it: [(quoted, rows) for quoted, rows in it["rows"].items() if quoted not in it["found"]],
        "facts": lambda it: len({(row.sheet.id, row.anchor) for quoted in it["found"] for row in it["rows"][quoted]}),
    })  # fmt: skip


def _together(article: Article, cited: Iterable[Row]) -> Mapping[Quote, list[Row]]:
    found: dict[Quote, list[Row]] = defaultdict(list)
    for row in cited:
        for quoted in row.quotes[article.id]:
            found[quoted].append(row)
    return found


_OWN_SECTION = ("founding", "membership", "presidency", "official")
_ON_MAP = ("member", "suspended", "observer", "partner", "candidate")
_STATUSES = ("member", "suspended", "observer", "partner", "candidate", "former", "flagged", NOT_KNOWN)
_EVENTS = ("established", "treaty-signed", "entered-into-force")
_IN_THE_CHAIR = ("current", "due", "possibly over")
_HEADS = ("secretary general", "director general", "executive secretary", "president", "chair", "head", "director",
          "managing director")  # fmt: skip


def _of(rows: Iterable[Row], kind: str) -> list[Row]:
    return [row for row in rows if row.kind_name == kind]


def _by_status(rows: Iterable[Row], by: str = "value") -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {status: [] for status in _STATUSES}
    for row in sorted(rows, key=lambda row: str(getattr(row, by).text).casefold()):
        groups.setdefault(row.status or "member", []).append(row)
    return {status: group for status, group in groups.items() if group}


def _names(id: str, edition: Edition) -> list[str]:
    """What else readers may look for, of the gazetteer's names; those that only differ in spelling once."""
    if not (record := edition.gazetteer.record(id)):
        return []
    others = (record.data.get(key) or () for key in ("acronyms", "aliases", "former_names"))
    found: dict[str, str] = {}
    for name in (record.name, *chain(*others)):
        found.setdefault("".join(filter(str.isalnum, fold(name))).replace("z", "s"), name)
    return list(found.values())[1:13]


def _regions(rows: Iterable[Row], edition: Edition) -> list[str]:
    """The parts of the world in which one in twenty of the members lies, or more; the gazetteer knows a country's."""
    records = (edition.gazetteer.countries.get(row.value_id or "") for row in rows if row.status == "member")
    counts = Counter(record and record.data.get("region") for record in records)
    return sorted(region for region, count in counts.items() if region and count * 20 >= counts.total())


def _tags(sort: object, regions: Sequence[str]) -> list[str]:
    """What sort of body it is, and where its members lie as far as a list of few regions says more than none."""
    return [*([slug(str(sort))] if sort else ()), *(regions if len(regions) < 4 else ["worldwide"])]


def _by_office(rows: Iterable[Row]) -> list[Row]:
    """In office before former; heads first; then the latest."""
    latest_first = sorted(rows, key=lambda row: (dates.sort_key(row.since), row.value.text), reverse=True)
    return sorted(latest_first, key=lambda row: (row.standing == "over", _office(row)))


def _terms(rows: Iterable[Row], by: str) -> list[Row]:
    """Those of presidencies, the latest first."""
    return sorted(_of(rows, "presidency"), key=lambda r: (dates.sort_key(r.since), getattr(r, by).text), reverse=True)


def _event(row: Row) -> int:
    return [*_EVENTS, row.fact.fields.get("event")].index(row.fact.fields.get("event"))


def _office(row: Row) -> int:
    """The place of a post among those of heads, or behind them."""
    post = row.fact.fields.get("post", "").casefold().replace("-", " ")
    return next((place for place, head in enumerate(_HEADS) if post.startswith(head)), len(_HEADS))


def _is_head(row: Row) -> bool:
    return _office(row) < len(_HEADS)


def _handovers(terms: Sequence[Row], edition: Edition) -> Iterator[tuple[Name, Row]]:
    """Who hands over, and the term that begins: the boundary between two terms, where they or a source vouch for it."""
    for before, term in pairwise([None, *terms]):
        giver = term.fact.fields.get("from") if term else None
        if term and giver:
            yield edition.name(giver, giver), term
        elif term and before and term.since and before.until and dates.overlaps(before.until, term.since):
            yield before.value, term


def _other_kinds(rows: Iterable[Row], edition: Edition) -> list[tuple[Kind, list[Row]]]:
    """The rows of kinds that a project added, kind by kind."""
    own = [kind for name, kind in edition.kinds.items() if name not in _OWN_SECTION]
    return [(kind, of_kind) for kind in own if (of_kind := _of(rows, kind.name))]


def _sources(rows: Iterable[Row], edition: Edition) -> list[tuple[dict[str, Any], int]]:
    """The articles behind these facts, newest first, each with how many facts rest on it."""
    counts = Counter(chain.from_iterable(row.cited_ids for row in rows))
    used = [edition.articles[source] for source in counts if source in edition.articles]
    used.sort(key=lambda article: (dates.sort_key(article.published), article.id), reverse=True)
    return [({"article": a, "url": f"articles/{percent(article_stem(a.id))}/"}, counts[a.id]) for a in used]


def _tables(rows: Iterable[Row], here: str, edition: Edition) -> list[Listed]:
    """The reference tables behind the facts on the page of this id; those on what never changes do not age."""
    cited: dict[str, list[tuple[Claim, Row]]] = defaultdict(list)
    for row in rows:
        for claim in (claim for claim in row.fact.claims if claim.ref):
            cited[(claim.ref or "").partition("#")[0]].append((claim, row))
    known = [(edition.references[name], some) for name, some in sorted(cited.items()) if name in edition.references]
    return [_listed(table, some, here, edition) for table, some in known]


def _listed(table: Table, cited: Sequence[tuple[Claim, Row]], here: str, edition: Edition) -> Listed:
    claim, row = max(cited, key=lambda item: dates.sort_key(item[0].said))
    last = claim.said or ""
    subject, value = (row.subject, "") if row.sheet.id == here else (row.value, here)
    form = report(replace(row.fact, value=value, value_name="", fields={}), subject.text, edition.repository)
    return Listed(table, len(cited), last, row.kind.changes and not claim.lapsed and old(last, edition.today), form)
