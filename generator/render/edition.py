"""What one rendering shows: every fact as a row, and how it stands on the day. No words, no pages."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import chain
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote as percent
from urllib.parse import urlencode

import msgspec

from generator import dates, overridefile, timeline
from generator.changes import Change
from generator.gazetteer import Gazetteer
from generator.kinds import Kind
from generator.model import FOLDERS, Article, Claim, DecidedBy, Fact, Quote, Sheet, Verdict
from generator.referencefile import Table
from generator.render.evidence import Backing, article_stem, backing, quotes, says_otherwise
from generator.render.values import Once
from generator.render.words import web
from generator.reprints import independent

T = TypeVar("T")

_FLAGS = frozenset(path.name.removesuffix(".svg") for path in files("generator").joinpath("assets/flags").iterdir())


class Name(NamedTuple):
    """Something named on a page, with the address of its own page below the site's root where it has one."""

    text: str
    url: str | None = None
    flag: str | None = None  # the country's code, where there is a flag to draw: `assets/flags/AM.svg`


class Line(NamedTuple):
    """What is known of a fact where it is not read itself, in values that JSON can hold: enough for a page that lists it."""

    place: int  # of the fact in its sheet
    anchor: str  # its id on the page
    kind_name: str
    value_id: str | None
    value_name: str
    verdict: Verdict
    decided_by: DecidedBy
    confirmed: str | None
    since: str | None
    until: str | None
    standing: str  # a timeline.State
    status: str | None  # where the kind has one: as of today
    on: str  # how it stood when, of what may change: `0001-01-01 not known;2002-10-07 member`
    stale: bool  # nobody has confirmed it for two years
    sources: int  # how many articles say so, reprints apart
    tabled: bool  # do rows of reference tables say so?
    listed: bool  # does it rest on these alone, which give no date but that of the list?
    departs: bool  # has it overtaken one?
    miscounts: int | None  # of a count, how many are listed where that is another number
    named: tuple[str, ...]  # ids of all subjects that it names
    cited_ids: tuple[str, ...]  # of articles that hold its quotes
    gist: str  # a digest of all this and of the fact, but for what sources say of it in which words
    digest: str  # of all of it


class Row(Once, Line):
    """A fact as one line of a page. What takes long to work out, and the fact itself, is so only where it is shown."""

    sheet: Sheet  # without its facts
    subject: Name
    short: str  # the subject's acronym, or its name
    kind: Kind
    face: str  # differs where what a list shows of it may: all but the evidence
    key: str  # differs where anything may that a page shows of it, besides what every page follows from
    _facts: Sequence[Fact]
    _articles: Mapping[str, Article]
    _name: Callable[[str | None, str], Name]
    _repository: str | None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def fact(self) -> Fact:
        """Itself, as settled."""
        return self._facts[self.place]

    @cached_property
    def value(self) -> Name:
        """What it says, as a page names it."""
        return self._name(self.value_id, self.value_name)

    @cached_property
    def quotes(self) -> Mapping[str, Sequence[Quote]]:
        """The words it rests on, by article."""
        found: dict[str, list[Quote]] = defaultdict(list)
        for quoted in dict.fromkeys(quoted for claim in self.fact.claims for quoted in quotes(claim)):
            found[quoted.article].append(quoted)
        return found

    @cached_property
    def backing(self) -> Backing:
        """What says so and what says otherwise."""
        return backing(self.fact, [claim for claim in self.fact.claims if not claim.denies], self._articles)

    @property
    def report(self) -> str | None:
        """The form in which a reader corrects it; what rests on tables alone has one a table."""
        return report(self.fact, self.subject.text, self._repository) if self.decided_by != "reference" else None


class Listed(NamedTuple):
    """A reference table as a page cites it."""

    table: Table
    rows: int  # how many facts of the page rest on it
    said: str  # the latest time that they describe
    old: bool  # more than two years ago
    report: str | None  # the form in which a reader corrects a row


@dataclass(eq=False, kw_only=True)
class Edition:
    """Everything one rendering shows, and the day on which it shows it."""

    subjects: Iterable[Sheet]
    read: Iterable[Article]
    kinds: Mapping[str, Kind]
    gazetteer: Gazetteer
    today: date
    references: Mapping[str, Table] = field(default_factory=dict)
    repository: str | None = None  # the address that readers' corrections go to
    changes: Sequence[Change] = ()  # the record, the oldest first
    templates: Mapping[str, str] = field(default_factory=dict)  # a project's own, by file name
    expected: Sequence[overridefile.Expectation] = ()  # how many facts editors count on
    told: Callable[[Sheet], Sequence[Line]] | None = None  # `lines`, where some are kept
    last: "Edition | None" = None  # the one that this replaces, until what is the same has been taken over
    _same: dict[Any, Any] = field(default_factory=dict)  # what rows say, by itself: see `_shared`
    _made: dict[str, tuple[object, Any]] = field(default_factory=dict)  # by what it is, with what it was made of
    _known: Mapping[str, tuple[object, Any]] = field(default_factory=dict)  # what the one before made

    def __post_init__(self) -> None:
        last, self.last = self.last, None
        if last and last._ground() == self._ground():
            self._known = last._made
        if last:
            last._give_up()

    def again(self, what: str, make: Callable[..., T], *given: object) -> T:
        """What is made of what is `given` and of the ground; what was made here or in the edition before of the same."""
        known = self._made.get(what) or self._known.get(what)
        made: T = known[1] if known and known[0] == given else make(*given)
        self._made[what] = given, made
        return made

    def before(self, what: str) -> object:
        """What the edition before made by this name, on the same ground."""
        return self._known.get(what, (None, None))[1]

    @cached_property
    def sheets(self) -> Mapping[str, Sheet]:
        """Those that get a page, by id."""
        return {sheet.id: sheet for sheet in self.subjects if sheet.type != "other"}

    @cached_property
    def articles(self) -> Mapping[str, Article]:
        """By id."""
        return {article.id: article for article in self.read}

    @cached_property
    def lines(self) -> Mapping[str, Sequence[Line]]:
        """What is known of the facts of each sheet by its id."""
        told = self.told or (lambda sheet: [*lines(sheet, self.kinds, self.today)])
        return {it.id: told(it) for it in self.sheets.values()}

    @cached_property
    def rows(self) -> Mapping[str, tuple[Row, ...]]:
        """The rows of each sheet by its id: settled and disputed facts; those that need review are not shown."""
        stamps = self.again("stamps", lambda them: {it.id: _digest(repr(it)) for it in them.values()}, self.articles)
        around = self.again("around", lambda *them: them, frozenset(self.pages), stamps)
        return {it.id: self.again(f"rows of {it.id}", self._rows, it, around) for it in self.sheets.values()}

    def _rows(self, sheet: Sheet, around: tuple[frozenset[str], Mapping[str, str]]) -> tuple[Row, ...]:
        """Their keys say who is named there that has no page, and how the articles read that are cited."""
        paged, stamps = around
        subject, record = self.name(sheet.id, sheet.name), self.gazetteer.record(sheet.id)
        short = (record.acronym if record else None) or subject.text
        same = {"sheet": Sheet(sheet.id, sheet.name, sheet.type), "subject": subject, "short": short, "_facts": sheet.facts}
        same |= {"_articles": self.articles, "_name": self.name, "_repository": self.repository}
        rows = tuple(Row._make(map(self._shared, line)) for line in self.lines[sheet.id])
        for row in rows:
            names = "" if paged.issuperset(row.named) else " ".join(it for it in row.named if it not in paged)
            key = row.digest + names + "".join([stamps.get(it, "") for it in row.cited_ids])
            vars(row).update(same, kind=self.kinds[row.kind_name], face=row.gist + names, key=key)
        return rows

    def _shared(self, value: Any) -> Any:
        """One object for what many rows say."""
        return self._same.setdefault(value, value) if type(value) in (str, tuple) and len(value) < 32 else value

    def _give_up(self) -> None:
        """What was made here lives on where it is shown, and the edition with it; all else that it made need not."""
        self._made, self._known, self._same, self.told = {}, {}, {}, None
        for name in ("lines", "rows", "derived", "citing"):
            vars(self).pop(name, None)

    def _ground(self) -> tuple[object, ...]:
        """All that what is made `again` depends on besides what is given."""
        names = self.gazetteer.countries, self.gazetteer.organisations
        return self.today, self.articles, self.kinds, names, self.references, self.repository

    @cached_property
    def derived(self) -> Mapping[str, tuple[Row, ...]]:
        """The rows of other sheets whose value is this id: a country's memberships and presidencies."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.of(lambda kind: _of_subject(kind.value, kind)):
            if row.value_id:
                found[row.value_id].append(row)
        return {id_: tuple(rows) for id_, rows in found.items()}

    def of(self, wanted: Callable[[Kind], bool]) -> list[Row]:
        """The rows of every sheet that are of such a kind."""
        names = {name for name, kind in self.kinds.items() if wanted(kind)}
        return [row for row in chain.from_iterable(self.rows.values()) if row.kind_name in names]

    @cached_property
    def citing(self) -> Mapping[str, Sequence[Row]]:
        """The rows that rest on words of each article, by its id."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in chain.from_iterable(self.rows.values()):
            for id_ in row.cited_ids:
                found[id_].append(row)
        return found

    @cached_property
    def pages(self) -> Mapping[str, str]:
        """The address below the site's root of every subject that has a page."""
        own = {s.id: f"{FOLDERS[s.type]}/{percent(s.id)}/" for s in self.sheets.values()}
        values = lambda lines: tuple({self._shared(line.value_id) for line in lines if line.value_id})  # noqa: E731
        named = chain.from_iterable(self.again(f"values of {it}", values, some) for it, some in self.lines.items())
        return {code: f"countries/{percent(code)}/" for code in sorted({*named} & self.gazetteer.countries.keys())} | own

    def name(self, id: str | None, otherwise: str) -> Name:
        """What a page calls a subject, linked where it has a page."""
        record = self.gazetteer.record(id) if id else None
        return Name(record.name if record else otherwise, self.pages.get(id) if id else None, id if id in _FLAGS else None)

    def nothing(self, id: str) -> list[tuple[Kind, Claim, Name]]:
        """The kinds that a subject has no fact of because an editor, who names a source, expects none; with both."""
        none = [it.facts for it in self.expected if it.facts.subject == id and not it.most]
        bare = [claim for claim in none if claim.source and not claim.fields and not claim.value_name]
        told = {row.kind_name for row in self.rows.get(id, ())} if bare else ()
        return [(self.kinds[c.kind], c, self.source(c.source or "")) for c in bare if c.kind not in told]

    def source(self, text: str) -> Name:
        """Of an article of ours, `articles/…`, its title and page; anything else as it stands."""
        article = self.articles.get(text.removeprefix("articles/"))
        return Name(article.title, f"articles/{percent(article_stem(article.id))}/") if article else Name(text)


def lines(sheet: Sheet, kinds: Mapping[str, Kind], today: date) -> Iterator[Line]:
    """Of the facts that are shown; they follow from the sheet, the kinds and the day."""
    used = Counter[str]()
    listed = {id(size): count for size, count in timeline.miscounted(sheet.facts)}
    for place, fact in enumerate(sheet.facts):
        if not shown(fact) or not (kind := kinds.get(fact.kind)):
            continue
        later = timeline.later(fact, sheet.facts, kinds)
        standing, here = timeline.standing(fact, later, today), anchor(fact, kind)
        used[here] += 1
        backing = [claim for claim in fact.claims if not claim.denies]
        agreeing = [claim for claim in backing if not says_otherwise(claim, fact)]
        until, gone = fact.fields.get("until"), fact.reason.get("departs", "").split(", ")
        more = fact.fields.get("since") or until or len(agreeing) < len(backing)
        holders = (name for name in kind.fields if _of_subject(name, kind))
        named = [fact.value if name == kind.value else fact.fields.get(name) for name in holders]
        said = [quoted for claim in fact.claims for quoted in quotes(claim)]
        line = Line(
            place=place, anchor=here if used[here] == 1 else f"{here}-{used[here]}", kind_name=fact.kind,
            value_id=fact.value, value_name=fact.value_name, verdict=fact.verdict, decided_by=fact.decided_by,
            confirmed=fact.confirmed, since=fact.fields.get("since"), until=until, standing=standing,
            status=_status(fact, standing, today), stale=bool(fact.confirmed) and old(fact.confirmed or "", today),
            on=";".join(f"{day} {word}" for day, word in timeline.span(fact, later)) if kind.changes else "",
            sources=independent(claim for claim in agreeing if claim.quote), tabled=any(claim.ref for claim in agreeing),
            listed=fact.decided_by == "reference" and not more, departs=any(claim.ref in gone for claim in fact.claims),
            miscounts=listed.get(id(fact)), named=(*filter(None, named),),
            cited_ids=(*dict.fromkeys(it.article for it in said),), gist="", digest="",
        )  # fmt: skip
        about = sheet.type, sheet.id, sheet.name, line
        yield line._replace(gist=_digest(about, replace(fact, claims=()), said), digest=_digest(about, fact))


def _of_subject(field: str, kind: Kind) -> bool:
    """Does a field hold the id of a subject?"""
    return kind.fields[field].type in ("country", "organisation", "party")


def _digest(*given: object) -> str:
    return hashlib.sha256(msgspec.json.encode(given)).hexdigest()[:32]


def report(fact: Fact, subject: str, repository: str | None) -> str | None:
    """The issue form `.github/ISSUE_TEMPLATE/fact.yml`, filled in with the override that would state the fact."""
    if not repository:
        return None
    override = overridefile.entry(fact.kind, fact.value or fact.value_name, fact.fields, why="")
    title = f"{subject}, {fact.kind}: {fact.value_name}"
    form = urlencode({"template": "fact.yml", "title": title, "override": override}, quote_via=percent)
    return web(f"{repository.rstrip('/')}/issues/new?{form}")


def shown(fact: Fact) -> bool:
    """Is it on the page? Not what waits for review, but a flagged row of a table, which is shown as such."""
    listed = fact.decided_by == "reference"
    return (listed or fact.verdict != "needs-review") and any(not claim.denies for claim in fact.claims)


def old(said: str, today: date) -> bool:
    """Has nobody said so for two years?"""
    return (today - dates.bounds(said).latest).days > 730


def anchor(fact: Fact, kind: Kind) -> str:
    """The id of a fact on its page; two facts of a page may share one, and are then numbered."""
    since = fact.fields.get("since", "")[:10] if kind.cardinality == "timeline" else ""
    parts = [fact.kind, *(fact.get(name) or fact.value_name for name in kind.identity), since]
    return "-".join(word for part in parts if (word := _hyphened(part)))


@lru_cache(maxsize=65536)
def _hyphened(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")


def _status(fact: Fact, standing: str, today: date) -> str | None:
    """The status that the events give for today, else the one last said; `former` once the end has passed; `flagged`
    where only rows with known errors say so; not known where only earlier editions of a table do.
    """
    if fact.verdict == "needs-review":
        return "flagged"
    if timeline.has_lapsed(fact):
        return timeline.NOT_KNOWN
    said = fact.fields.get("status")
    return timeline.status_on(fact, today) or ("former" if said and standing == "over" else said)
