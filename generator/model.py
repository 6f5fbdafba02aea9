"""The nouns: Article, Quote, Claim, Fact, Sheet. Frozen values; no behaviour beyond their own shape."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

SubjectType = Literal["organisation", "country", "other"]
"""`other` is a body or region we have no record of; its sheet is kept but gets no page."""

Verdict = Literal["settled", "disputed", "needs-review"]
DecidedBy = Literal["articles", "reference", "override"]

PUBLISH_AT = 0.8
"""Claims below this confidence wait for a person's eye: they are in the facts file, never on a page as fact."""

FOLDERS: Mapping[SubjectType, str] = {"organisation": "organisations", "country": "countries", "other": "others"}
"""Folder of a sheet below `facts/` and `overrides/`; apart, so that `au` and `AU` never meet on one disk."""

TYPES: Mapping[str, SubjectType] = {folder: type_ for type_, folder in FOLDERS.items()}
"""The other way round."""


@dataclass(frozen=True, slots=True)
class Article:
    """A text someone else wrote, normalised once. All offsets are Unicode code points of `text`."""

    id: str  # the file's stem, unchanged
    title: str
    text: str  # the body; its title is not part of it unless the file is plain text
    published: str | None = None  # EDTF
    publisher: str | None = None
    url: str | None = None
    language: str = "en"
    licence: str | None = None
    based_on: tuple[str, ...] = ()  # public addresses; where given, the text is a sample written for this project
    digest: str = field(init=False, repr=False, compare=False)
    """SHA-256 of all that extraction reads: text, title, publication date, language."""

    def __post_init__(self) -> None:
        parts = "\0".join((self.text, self.title, self.published or "", self.language))
        object.__setattr__(self, "digest", hashlib.sha256(parts.encode()).hexdigest())


@dataclass(frozen=True, slots=True, order=True)
class Quote:
    """The exact characters that say something: `article.text[start:end] == text`, always, or it is orphaned."""

    article: str  # id
    start: int  # code points, from 0
    end: int  # exclusive
    text: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a value follows from what is written, where it is not written as such."""

    says: str  # e.g. "1992 + ten years → 2002, to the year"
    quotes: tuple[Quote, ...] = ()  # what it rests on besides the claim's own quote


@dataclass(frozen=True, slots=True)
class Claim:
    """What one source says: one value, for one kind of fact, about one subject.

    `fields` are the kind's other fields (`status`, `post`, `since`, `until`, `from` …), each a string: an id, EDTF,
    ISO 8601 duration, a word of the kind's list, or plain text, as the kind's file declares. Absent means unknown.
    Exactly one of `quote`, `ref` and `override` says where the claim comes from.
    """

    kind: str
    subject: str  # an id, or a slug of the name where no record exists
    subject_name: str
    subject_type: SubjectType
    value: str | None  # an id, an EDTF date, or a person's name; None where the thing named has no id
    value_name: str  # as a reader should see it
    fields: Mapping[str, str] = field(default_factory=dict)
    quote: Quote | None = None  # an article's words
    origin: str | None = None  # the article that this one reprints: it follows from the texts and is never saved
    ref: str | None = None  # a reference row: "factbook-2025#au/CF"
    listed: str | None = None  # of a row, the editions of its table that have it: "1990/1994 1996/..", or "1990/2004"
    override: str | None = None  # a person's decision: "organisations/csto.yml", relative to overrides/
    said: str | None = None  # EDTF: when the source was published or the decision is dated; None if unknown
    rule: str = ""  # "kind/rule id" that read it; empty for overrides and references
    confidence: float = 1.0  # 0..1: the rule's measured precision, lowered for risky matches
    derivation: Derivation | None = None
    denies: bool = False  # an override that says: this is not so
    why: str = ""  # an override's reason; of a reference row, what is known to be wrong with it
    source: str | None = None  # an override's address, optional
    evidence: str | None = None  # what spoke against an override when it was decided, as `review.digest`

    def get(self, name: str) -> str | None:
        """A field, or `value` by that name."""
        return self.value if name == "value" else self.fields.get(name)

    @property
    def lapsed(self) -> bool:
        """Is it a row that the last edition of its table no longer has? It tells of the past, and of nothing else."""
        return bool(self.listed) and not str(self.listed).endswith("..")

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits that depend on what is said and where, and on nothing else."""
        place = self.quote or self.ref or self.override
        parts = [self.kind, self.subject, self.value or self.value_name, sorted(self.fields.items()), place, self.denies]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Event:
    """A change of status (membership) at a date; undated, a status seen at `as_of`, or that none is known from then on."""

    status: str
    date: str | None = None  # EDTF: when it came to be so
    as_of: str | None = None  # EDTF: the publication that last said so
    seen: str | None = None  # EDTF: of an undated status, the publication that first said so, where that is another


@dataclass(frozen=True, slots=True)
class Fact:
    """Our decision and every claim behind it.

    `value`, `value_name` and `fields` are the winner's, filled up from claims that agree. Whether the fact is
    announced, current, due or over follows from its dates and today, and is never stored.
    """

    kind: str
    value: str | None
    value_name: str
    fields: Mapping[str, str]
    verdict: Verdict
    decided_by: DecidedBy
    reason: Mapping[str, str]  # why this value: see `reconcile.REASONS`; a page puts it into words
    claims: tuple[Claim, ...]  # the winner first, then by rank
    events: tuple[Event, ...] = ()  # kinds with a status: the timeline that status on a date derives from
    confirmed: str | None = None  # EDTF: the latest source that says so

    def get(self, name: str) -> str | None:
        """A field, or `value` by that name."""
        return self.value if name == "value" else self.fields.get(name)


@dataclass(frozen=True, slots=True)
class Sheet:
    """All facts on one subject: one YAML file, one page, one id."""

    id: str
    name: str
    type: SubjectType
    facts: Sequence[Fact] = ()
    denied: Sequence[Claim] = ()  # denials, each followed by the claims it took away: withdrawn, it gives them back


Reason: TypeAlias = Literal["overdue", "disputed", "miscounted", "drifting", "orphaned", "unsure"]
"""Why something waits for a person, the most valuable first."""


class Item(NamedTuple):
    """Something that waits for a person; its id depends on the evidence alone."""

    id: str
    reason: Reason
    sheet: Sheet
    says: Fact  # what to accept: the value and fields that the override below states
    claims: tuple[Claim, ...]  # what sources say, for and against
    place: str  # the override file, relative to overrides/
    override: str  # YAML that accepts it
    stands: Claim | None = None  # the override in question, where there is one
