"""Sheets and articles → pages: Markdown whose bodies are HTML blocks, so that any engine shows them alike. Pure.

What a page says is decided here; how it says it, every word a reader sees, is in `templates/`.
"""

import html
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain, pairwise
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote as percent
from urllib.parse import urlencode, urlsplit

from jinja2 import PackageLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from generator import dates, overridefile, timeline
from generator.errors import Problem
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import FOLDERS, Article, Claim, Fact, Item, Quote, Sheet
from generator.referencefile import Table

CONTEXT = 90
"""How many characters of the article stand on either side of a short quote."""


class Page(NamedTuple):
    """A page as Markdown. Its links assume directory addresses: `organisations/csto.md` is `/organisations/csto/`."""

    path: str  # relative to docs/
    text: str
    edit_path: str | None = None  # the file a person edits to correct it, relative to the project; may not exist yet


class Name(NamedTuple):
    """Something named on a page, with the address of its own page below the site's root where it has one."""

    text: str
    url: str | None = None


class Evidence(NamedTuple):
    """One claim as a reader checks it."""

    claim: Claim
    says: str | None  # the other value it gives, where it speaks against the fact
    article: Article | None
    before: str
    quote: str
    after: str
    orphaned: bool  # the article no longer has these words at this place
    mark: str | None  # our article page, at the marked words
    original: str | None  # the publisher's page, at the same words
    also: tuple[tuple[str, str | None], ...]  # further quotes that the derivation needs, with our page at their words


class Row(NamedTuple):
    """A fact as one line of a page; `anchor` is its id there."""

    anchor: str
    kind: Kind
    sheet: Sheet
    fact: Fact
    subject: Name
    short: str  # the subject's acronym, or its name
    value: Name
    standing: str  # a timeline.State
    status: str | None  # where the kind has one: as of today
    since: str | None
    until: str | None
    stale: bool  # nobody has confirmed it for two years
    evidence: tuple[Evidence, ...]
    against: tuple[Evidence, ...]
    report: str | None  # the form in which a reader corrects it

    @property
    def sources(self) -> int:
        """How many articles say so."""
        return len({item.claim.quote.article for item in self.evidence if item.claim.quote})

    @property
    def rows(self) -> list[Claim]:
        """The rows of reference tables behind it."""
        return [item.claim for item in self.evidence if item.claim.ref]

    @property
    def listed(self) -> bool:
        """Does it rest on reference tables alone, which give no date but that of the list?"""
        return self.fact.decided_by == "reference" and not (self.since or self.until or self.against)

    @property
    def departed(self) -> list[Claim]:
        """The rows of reference tables that it has overtaken."""
        gone = self.fact.reason.get("departs", "").split(", ")
        return [claim for claim in self.fact.claims if claim.ref in gone]

    @property
    def derivation(self) -> str | None:
        """How the value follows from what is written, where it is not written as such."""
        return next((item.claim.derivation.says for item in self.evidence if item.claim.derivation), None)


class Listed(NamedTuple):
    """A reference table as a page cites it."""

    table: Table
    rows: int  # how many facts of the page rest on it
    said: str  # the latest time that they describe
    old: bool  # more than two years ago


class Note(NamedTuple):
    """A marked passage of an article and the facts that rest on it."""

    number: int
    anchor: str
    rows: tuple[Row, ...]


class Segment(NamedTuple):
    """A run of text covered by the same notes throughout."""

    text: str
    notes: tuple[Note, ...]
    starts: frozenset[int]  # numbers of the notes that begin here
    ends: tuple[Note, ...]


@dataclass(frozen=True, eq=False)
class Edition:
    """Everything one rendering shows, and the day on which it shows it."""

    sheets: Mapping[str, Sheet]
    articles: Mapping[str, Article]
    kinds: Mapping[str, Kind]
    gazetteer: Gazetteer
    today: date
    references: Mapping[str, Table]
    repository: str | None = None

    @cached_property
    def rows(self) -> Mapping[str, tuple[Row, ...]]:
        """The rows of each sheet by its id: settled and disputed facts; those that need review are not shown."""
        return {sheet.id: tuple(_rows(sheet, self)) for sheet in self.sheets.values()}

    @cached_property
    def derived(self) -> Mapping[str, tuple[Row, ...]]:
        """The rows of other sheets whose value is this id: a country's memberships and presidencies."""
        found: dict[str, tuple[Row, ...]] = defaultdict(tuple)
        for row in chain.from_iterable(self.rows.values()):
            if row.fact.value and row.kind.fields[row.kind.value].type in ("country", "organisation", "party"):
                found[row.fact.value] += (row,)
        return found

    @cached_property
    def quoted(self) -> Mapping[str, Mapping[Quote, list[Row]]]:
        """The quotes of each article by its id, with the rows that rest on each."""
        found: dict[str, dict[Quote, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in chain.from_iterable(self.rows.values()):
            for quoted in dict.fromkeys(quoted for claim in row.fact.claims for quoted in _quotes(claim)):
                found[quoted.article][quoted].append(row)
        return found

    @cached_property
    def pages(self) -> Mapping[str, str]:
        """The address below the site's root of every subject that has a page."""
        own = {s.id: f"{FOLDERS[s.type]}/{percent(s.id)}/" for s in self.sheets.values()}
        named = {fact.value for sheet in self.sheets.values() for fact in sheet.facts if _shown(fact) and fact.value}
        return {code: f"countries/{percent(code)}/" for code in named & self.gazetteer.countries.keys()} | own

    def name(self, id: str | None, otherwise: str) -> Name:
        """What a page calls a subject, linked where it has a page."""
        record = self.gazetteer.record(id) if id else None
        return Name(record.name if record else otherwise, self.pages.get(id) if id else None)


def render(
    sheets: Iterable[Sheet],
    articles: Iterable[Article],
    kinds: Mapping[str, Kind],
    gazetteer: Gazetteer,
    *,
    today: date,
    problems: Sequence[Problem] = (),
    unsaved: Iterable[str] = (),
    review: Sequence[Item] | None = None,
    repository: str | None = None,
    references: Mapping[str, Table] = MappingProxyType({}),
) -> Iterator[Page]:
    """Every generated page: the home page, one a subject, one an article, the three lists, and where given what waits
    for review. `repository` is the address that readers' corrections go to.

    `problems` are shown as a notice on top of each page; `unsaved` are ids of articles whose claims are not yet in
    the facts files.
    """
    shown = {sheet.id: sheet for sheet in sheets if sheet.type != "other"}
    by_id = {article.id: article for article in articles}
    edition = Edition(shown, by_id, kinds, gazetteer, today, references, repository)
    shared = {"problems": problems, "unsaved": frozenset(unsaved)}
    organisations = [_organisation(sheet, edition) for sheet in shown.values() if sheet.type == "organisation"]
    countries = [_country(code, edition) for code, url in edition.pages.items() if url.startswith("countries/")]
    for named in (organisations, countries):
        named.sort(key=lambda item: (item["subject"].text.casefold(), item["id"]))
    read = [_article(article, edition) for article in edition.articles.values()]
    read.sort(key=lambda item: (dates.sort_key(item["article"].published), item["article"].id), reverse=True)
    lists = {"organisations": organisations, "countries": countries, "articles": read}
    yield Page("index.md", _fill("home", 0, shared | lists))
    for listed in lists:
        yield Page(f"{listed}/index.md", _fill(listed, 1, shared | lists))
    if review is not None:
        waiting = [(item, edition.name(item.sheet.id, item.sheet.name), _asked(item, edition)) for item in review]
        yield Page("review/index.md", _fill("review", 1, shared | {"items": waiting, "kinds": kinds}))
    for folder, template in (("organisations", "organisation"), ("countries", "country")):
        for one in lists[folder]:
            path = f"{folder}/{one['id']}"
            yield Page(f"{path}.md", _fill(template, 2, shared | one), f"content/overrides/{path}.yml")
    for one in read:
        path = f"articles/{article_stem(one['article'].id)}.md"
        yield Page(path, _fill("article", 2, shared | one), f"content/articles/{one['article'].id}.md")


def article_stem(id: str) -> str:
    """The file stem of an article's page; `index` and `readme` would be taken for the list itself."""
    return f"{id}_" if id.casefold() in ("index", "readme") else id


# ---- what each page says


def _organisation(sheet: Sheet, edition: Edition) -> dict[str, Any]:
    rows, record = edition.rows[sheet.id], edition.gazetteer.record(sheet.id)
    terms = sorted(_of(rows, "presidency"), key=lambda row: (dates.sort_key(row.since), row.value.text))
    officials = _by_office(_of(rows, "official"))
    return {
        "id": sheet.id,
        "subject": edition.name(sheet.id, sheet.name),
        "acronym": record.acronym if record else None,
        "founding": sorted(_of(rows, "founding"), key=lambda row: _place(row.fact.fields.get("event"), _EVENTS)),
        "members": _by_status(_of(rows, "membership")),
        "terms": terms[::-1],
        "presides": next((row for row in reversed(terms) if row.standing in ("current", "due", "possibly over")), None),
        "next": next((row for row in terms if row.standing == "announced"), None),
        "handovers": list(_handovers(terms, edition))[::-1],
        "office_rows": officials,
        "head_official": next((row for row in officials if row.standing != "over" and _office(row) < len(_HEADS)), None),
        "other_kinds": _other_kinds(rows, edition),
        "member_of": _by_status(_of(edition.derived.get(sheet.id, ()), "membership"), by="subject"),
        "articles_used": _sources(rows, edition),
        "tables": _tables(rows, edition),
        "reported": any(row.fact.decided_by != "reference" for row in rows),
    }


def _country(id: str, edition: Edition) -> dict[str, Any]:
    own, derived = edition.rows.get(id, ()), edition.derived.get(id, ())
    sheet = edition.sheets.get(id)
    first = next((row.value.text for row in derived), id)
    return {
        "id": id,
        "subject": edition.name(id, sheet.name if sheet else first),
        "memberships": _by_status(_of(derived, "membership"), by="subject"),
        "terms": sorted(
            _of(derived, "presidency"), key=lambda row: (dates.sort_key(row.since), row.subject.text), reverse=True
        ),
        "office_rows": _by_office(_of(own, "official")),
        "other_kinds": _other_kinds(own, edition),
        "articles_used": _sources((*own, *derived), edition),
        "tables": _tables((*own, *derived), edition),
    }


def _article(article: Article, edition: Edition) -> dict[str, Any]:
    rows = edition.quoted.get(article.id, {})
    found = sorted((q for q in rows if _holds(q, article)), key=lambda q: (q.start, -q.end))
    notes = [Note(n, _mark_id(q), tuple(rows[q])) for n, q in enumerate(found, 1)]
    facts = {(row.sheet.id, row.anchor) for quoted in found for row in rows[quoted]}
    return {
        "article": article,
        "url": f"articles/{percent(article_stem(article.id))}/",
        "link": _web(article.url),
        "based_on": [link for address in article.based_on if (link := _web(address))],
        "paragraphs": list(_paragraphs(article.text, list(zip(found, notes, strict=True)))),
        "orphans": [(quoted, rows[quoted]) for quoted in rows if quoted not in found],
        "facts": len(facts),
    }


_OWN_SECTION = ("founding", "membership", "presidency", "official")
_STATUSES = ("member", "suspended", "observer", "partner", "candidate", "former")
_EVENTS = ("established", "treaty-signed", "entered-into-force")
_HEADS = ("secretary general", "director general", "executive secretary", "president", "chair", "head", "director",
          "managing director")  # fmt: skip


def _rows(sheet: Sheet, edition: Edition) -> Iterator[Row]:
    used: dict[str, int] = {}
    standings = _standings(sheet, edition.today)
    subject, record = edition.name(sheet.id, sheet.name), edition.gazetteer.record(sheet.id)
    for place, fact in enumerate(sheet.facts):
        if not _shown(fact) or fact.kind not in edition.kinds:
            continue
        kind = edition.kinds[fact.kind]
        anchor = _anchor(fact, kind)
        used[anchor] = used.get(anchor, 0) + 1
        backing = tuple(_evidence(claim, fact, edition) for claim in fact.claims if not claim.denies)
        yield Row(
            anchor=anchor if used[anchor] == 1 else f"{anchor}-{used[anchor]}",
            kind=kind,
            sheet=sheet,
            fact=fact,
            subject=subject,
            short=(record.acronym if record else None) or subject.text,
            value=edition.name(fact.value, fact.value_name),
            standing=standings[place],
            status=_status(fact, standings[place], edition.today),
            since=fact.fields.get("since"),
            until=_until(fact),
            stale=bool(fact.confirmed) and _old(fact.confirmed or "", edition),
            evidence=tuple(item for item in backing if not item.says),
            against=tuple(item for item in backing if item.says),
            report=_report(fact, subject.text, edition),
        )


def _report(fact: Fact, subject: str, edition: Edition) -> str | None:
    """The issue form `.github/ISSUE_TEMPLATE/fact.yml`, filled in with the override that would state the fact."""
    if not edition.repository:
        return None
    override = overridefile.entry(fact.kind, fact.value or fact.value_name, fact.fields, why="")
    title = f"{subject}, {fact.kind}: {fact.value_name}"
    form = urlencode({"template": "fact.yml", "title": title, "override": override}, quote_via=percent)
    return _web(f"{edition.repository.rstrip('/')}/issues/new?{form}")


def _asked(item: Item, edition: Edition) -> list[Evidence]:
    return [_evidence(claim, item.says, edition) for claim in item.claims]


def _shown(fact: Fact) -> bool:
    listed = fact.decided_by == "reference"  # a flagged row is shown as such
    return (listed or fact.verdict != "needs-review") and any(not claim.denies for claim in fact.claims)


def _old(said: str, edition: Edition) -> bool:
    return (edition.today - dates.bounds(said).latest).days > 730


def _anchor(fact: Fact, kind: Kind) -> str:
    parts = [fact.kind, *(fact.get(name) or fact.value_name for name in kind.identity)]
    if kind.cardinality == "timeline":
        parts.append(fact.fields.get("since", "")[:10])
    return "-".join(word for part in parts if (word := re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-")))


def _standings(sheet: Sheet, today: date) -> dict[int, str]:
    """The state of each fact by its place on the sheet; a term of a presidency ends where the next has begun."""
    found: dict[int, str] = {place: timeline.state(fact, today) for place, fact in enumerate(sheet.facts)}
    terms = [(place, fact) for place, fact in enumerate(sheet.facts) if fact.kind == "presidency" and _shown(fact)]
    terms.sort(key=lambda item: dates.sort_key(timeline.started(item[1])))
    states = timeline.states([fact for _, fact in terms], today)
    return found | {place: state for (place, _), state in zip(terms, states, strict=True)}


def _status(fact: Fact, standing: str, today: date) -> str | None:
    """The status that the events give for today, else the one last said; `former` once the end has passed; `flagged`
    where only rows with known errors say so.
    """
    if fact.verdict == "needs-review":
        return "flagged"
    if fact.events and (status := timeline.status_on(fact, today)):
        return status
    status = fact.fields.get("status")
    return "former" if status and standing == "over" else status


def _until(fact: Fact) -> str | None:
    """When it ends: as said, or as its start and duration have it."""
    since, duration = fact.fields.get("since"), fact.fields.get("duration")
    if until := fact.fields.get("until"):
        return until
    if since and duration and "/" not in since:
        return dates.term_end(since, duration)
    return None


def _of(rows: Iterable[Row], kind: str) -> list[Row]:
    return [row for row in rows if row.kind.name == kind]


def _by_status(rows: Iterable[Row], by: str = "value") -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {status: [] for status in _STATUSES}
    for row in sorted(rows, key=lambda row: str(getattr(row, by).text).casefold()):
        groups.setdefault(row.status or "member", []).append(row)
    return {status: group for status, group in groups.items() if group}


def _by_office(rows: Iterable[Row]) -> list[Row]:
    """In office before former; heads first; then the latest."""
    latest_first = sorted(rows, key=lambda row: (dates.sort_key(row.since), row.value.text), reverse=True)
    return sorted(latest_first, key=lambda row: (row.standing == "over", _office(row)))


def _office(row: Row) -> int:
    post = row.fact.fields.get("post", "").casefold().replace("-", " ")
    return next((place for place, head in enumerate(_HEADS) if post.startswith(head)), len(_HEADS))


def _place(word: str | None, order: Sequence[str]) -> int:
    return order.index(word) if word in order else len(order)


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
    counts = Counter(
        source for row in rows for source in {quoted.article for claim in row.fact.claims for quoted in _quotes(claim)}
    )
    used = [edition.articles[source] for source in counts if source in edition.articles]
    used.sort(key=lambda article: (dates.sort_key(article.published), article.id), reverse=True)
    return [({"article": a, "url": f"articles/{percent(article_stem(a.id))}/"}, counts[a.id]) for a in used]


def _tables(rows: Iterable[Row], edition: Edition) -> list[Listed]:
    """The reference tables behind these facts, by id; those on what never changes do not age."""
    said: dict[str, list[str]] = defaultdict(list)
    aging = set()
    for row in rows:
        for claim in (claim for claim in row.fact.claims if claim.ref):
            name = (claim.ref or "").partition("#")[0]
            said[name].append(claim.said or "")
            aging |= {name} if row.kind.changes else set()
    return [
        Listed(edition.references[name], len(some), last, name in aging and _old(last, edition))
        for name, some in sorted(said.items())
        if name in edition.references and (last := max(some, key=dates.sort_key))
    ]


# ---- evidence


def _quotes(claim: Claim) -> Iterator[Quote]:
    """The words a claim rests on; of a derivation's, those that its own quote does not hold already."""
    if own := claim.quote:
        yield own
    for more in claim.derivation.quotes if claim.derivation else ():
        if not own or more.article != own.article or more.start < own.start or more.end > own.end:
            yield more


def _evidence(claim: Claim, fact: Fact, edition: Edition) -> Evidence:
    quoted = claim.quote
    article = edition.articles.get(quoted.article) if quoted else None
    orphaned = bool(quoted) and not (quoted and _found(quoted, edition))
    before, after = ("", "")
    mark = original = None
    if quoted and article and not orphaned:
        before, after = context(quoted, article.text)
        mark = _mark(quoted)
        address = _web(article.url)
        original = address + _fragment(quoted.text) if address and not article.based_on else address
    text = quoted.text if quoted else ""
    further = [more for more in _quotes(claim) if more != quoted]
    also = tuple((more.text, _mark(more) if _found(more, edition) else None) for more in further)
    return Evidence(claim, _says_otherwise(claim, fact), article, before, text, after, orphaned, mark, original, also)


def _says_otherwise(claim: Claim, fact: Fact) -> str | None:
    """The value or status this claim gives, where it cannot be the fact's own; None where it agrees."""
    if (claim.value or claim.value_name) != (fact.value or fact.value_name):
        if claim.value and fact.value and _is_date(claim.value) and _is_date(fact.value):
            return None if dates.overlaps(claim.value, fact.value) else claim.value
        return claim.value_name
    status = claim.fields.get("status")
    return status if status and fact.verdict == "disputed" and status != fact.fields.get("status") else None


def _is_date(text: str) -> bool:
    try:
        dates.bounds(text)
    except ValueError:
        return False
    return True


def _found(quoted: Quote, edition: Edition) -> bool:
    article = edition.articles.get(quoted.article)
    return article is not None and _holds(quoted, article)


def _holds(quoted: Quote, article: Article) -> bool:
    return bool(quoted.text) and article.text[quoted.start : quoted.end] == quoted.text


def _mark(quoted: Quote) -> Markup:
    return Markup(f"articles/{percent(article_stem(quoted.article))}/#{_mark_id(quoted)}")  # noqa: S704 (quoted)


def _mark_id(quoted: Quote) -> str:
    return f"q{quoted.start}-{quoted.end}"


def context(quoted: Quote, text: str) -> tuple[str, str]:
    """The rest of a short quote's sentence as far as CONTEXT reaches, never beyond its paragraph."""
    if quoted.end - quoted.start > 2 * CONTEXT:
        return "", ""
    before = re.split(r"\n\s*\n|(?<=[.!?])\s", text[max(0, quoted.start - CONTEXT) : quoted.start])[-1]
    after = re.split(r"\n\s*\n|(?<=[.!?])\s", text[quoted.end - 1 : quoted.end + CONTEXT])[0][1:]
    if len(before) == CONTEXT:
        before = "… " + before.partition(" ")[2]
    if len(after) == CONTEXT:
        after = after.rpartition(" ")[0] + " …"
    return before, after


def _web(address: str | None) -> Markup | None:
    """An address that is safe to link to: http or https with a host; None for anything else."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    plain = address and not re.search(r"[\s\x00-\x20\x7f\\]", address)
    if not plain or parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return Markup(re.sub(r"[\"'<>`{}|^$]", lambda match: percent(match[0]), address or "").replace("&", "&amp;"))  # noqa: S704


def _code(text: str) -> Markup:
    """Lines for a `<pre>`, in one line of Markdown, where indentation would be lost."""
    return Markup("&#10;").join(escape(line) for line in text.splitlines())


def _host(address: str) -> str:
    return (urlsplit(address).hostname or address).removeprefix("www.")


def _fragment(text: str) -> Markup:
    """A text fragment that leads to these words on the publisher's page; long quotes by their first and last words."""
    words = text.split()
    ends = [words] if len(words) <= 12 else [words[:5], words[-5:]]
    return Markup("#:~:text=" + ",".join(percent(" ".join(part), safe="").replace("-", "%2D") for part in ends))  # noqa: S704


# ---- articles


def _paragraphs(text: str, marked: Sequence[tuple[Quote, Note]]) -> Iterator[tuple[tuple[Segment, ...], tuple[Note, ...]]]:
    """Each paragraph in segments, and the notes that begin in it."""
    for match in re.finditer(r"\S(?:.|\n(?!\s*\n))*", text):
        start, end = match.span()
        inside = [(quoted, note) for quoted, note in marked if quoted.start < end and quoted.end > start]
        begun = tuple(note for quoted, note in inside if start <= quoted.start)
        yield tuple(_segments(text, start, end, inside)), begun


def _segments(text: str, start: int, end: int, marked: Sequence[tuple[Quote, Note]]) -> Iterator[Segment]:
    """The paragraph cut wherever a quote begins or ends, so that overlapping quotes nest nowhere wrongly."""
    edges = {start, end} | {edge for quoted, _ in marked for edge in (quoted.start, quoted.end) if start < edge < end}
    for left, right in pairwise(sorted(edges)):
        over = [(quoted, note) for quoted, note in marked if quoted.start <= left and quoted.end >= right]
        starts = frozenset(note.number for quoted, note in over if max(quoted.start, start) == left)
        ends = tuple(note for quoted, note in over if quoted.end == right)
        yield Segment(text[left:right], tuple(note for _, note in over), starts, ends)


# ---- templates


class Moment(NamedTuple):
    """A written date taken apart for a template to put into words."""

    form: str  # day month year half decade century set all interval | written (shown as it stands)
    text: str = ""
    year: int = 0
    month: int = 0  # or, from 0, the half-year
    day: int = 0
    about: bool = False
    perhaps: bool = False
    parts: tuple["Moment", ...] = ()


_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?([~?%]?)")
_SPAN = re.compile(r"(\d{2,3})(X{1,2})([~?%]?)")


def moment(text: str) -> Moment:
    """EDTF → its parts; what has no plain form in words comes back as written."""
    if text[:1] in "[{" and text[-1:] in "]}" and len(text) > 2:
        parts = tuple(moment(part.strip()) for part in text[1:-1].split(","))
        return Moment("set" if text[0] == "[" else "all", text, parts=parts)
    if text.count("/") == 1:
        start, end = (moment("" if part == ".." else part) for part in text.split("/"))
        return Moment("interval", text, parts=(start, end))
    if match := _SPAN.fullmatch(text):
        form, zeros = ("decade", "0") if len(match[2]) == 1 else ("century", "00")
        return Moment(form, text, int(match[1] + zeros), about=match[3] in ("~", "%"), perhaps=match[3] in ("?", "%"))
    if match := _DATE.fullmatch(text):
        year, month, day = (int(part or 0) for part in match.groups()[:3])
        form = "day" if day else "month" if month else "year"
        if month > 12:
            form, month = ("half", month - 40) if month in (40, 41) else ("written", 0)
        return Moment(form, text, year, month, day, match[4] in ("~", "%"), match[4] in ("?", "%"))
    return Moment("written", text)


def _periods(duration: str) -> list[tuple[int, str]] | None:
    """`P1Y6M` → its numbers and units; None for what is none."""
    match = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?", duration)
    units = ("year", "month", "week", "day")
    return [(int(n), unit) for n, unit in zip(match.groups(), units, strict=True) if n] if match else None


_DROPPED = dict.fromkeys([*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F),
                          *range(0x2066, 0x206A), 0xFEFF])  # fmt: skip
_MARKUP = re.compile(r"[&<>\"'`*_{}\[\]\\#|~^$=!:@+]")


def escape(value: object) -> Markup:
    """Text that no HTML, Markdown or Jinja further down the road takes for its own; controls are dropped."""
    if hasattr(value, "__html__"):
        return Markup(value.__html__())  # noqa: S704
    text = str(value).translate(_DROPPED).replace("\n", " ")
    return Markup(_MARKUP.sub(lambda match: f"&#{ord(match[0])};", text))  # noqa: S704


def front_matter(text: str) -> Markup:
    """A title for a page's front matter, as YAML. Themes print it unescaped, so nothing in it may become a tag."""
    plain = str(text).translate(_DROPPED)
    while (once := html.unescape(plain)) != plain:
        plain = once
    plain = plain.replace("<", "‹").replace(">", "›").replace("{", "(").replace("}", ")")
    return Markup(json.dumps(" ".join(plain.split()), ensure_ascii=False))  # noqa: S704


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader("generator"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=escape,
    )
    environment.filters.update(moment=moment, duration=_periods, front_matter=front_matter, web=_web, host=_host, code=_code)
    return environment


_ENVIRONMENT = _environment()


def _fill(template: str, depth: int, values: Mapping[str, Any]) -> str:
    """A page: its front matter, then headings in Markdown with one unbroken block of HTML between any two.

    A blank line would end the block for some engines, so there is none; a line that begins with `#` is a heading, for
    `escape` lets no text begin one.
    """
    text = _ENVIRONMENT.get_template(f"{template}.md.jinja").render(values, up="../" * depth)
    _, head, body = text.split("---\n", 2)
    lines = [stripped for line in body.split("\n") if (stripped := line.strip())]
    lines = [f"\n{line}\n" if line.startswith("#") else line for line in lines]
    return "\n".join([f"---\n{head}---", *lines]).rstrip() + "\n"
