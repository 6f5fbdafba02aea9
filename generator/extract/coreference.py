"""What "the bloc", "the 27-nation union", "the country", "all four" and "it" stand for.

Never overrides an explicit name: a noun phrase that names something, listed or not, is left alone, and where no
antecedent fits nothing is guessed.
"""

from collections import Counter
from collections.abc import Iterable

from spacy.tokens import Doc, Token

from generator.extract.roles import clause_verb
from generator.extract.units import Unit
from generator.extract.words import words
from generator.gazetteer import Gazetteer

_BODY_NOUNS = words("body_nouns")
_SUB_BODIES = words("sub_bodies")
_COUNTRY_NOUNS = frozenset("country nation republic kingdom state emirate sultanate government".split())
_DETERMINERS = frozenset("the this that its their our".split())
_LOOSE = words("loose")
_WEAK = frozenset("org law norp loc fac event product work_of_art".split())
_ANY_BODY = frozenset("organization organisation body grouping group".split())
_NUMBERS = dict(zip("two three four five six seven eight nine ten".split(), range(2, 11), strict=True)) | {"both": 2}


def focus(units: Iterable[Unit]) -> Unit | None:
    """The organisation that a text is about: named most often, the earlier one at a tie."""
    found = [u for u in units if u.type == "organisation" and u.id]
    counts = Counter(u.id for u in found)
    if not counts:
        return None
    best = max(counts.values())
    return next(u for u in found if counts[u.id] == best)


def anaphors(doc: Doc, units: list[Unit], gazetteer: Gazetteer) -> list[Unit]:
    """Units for the definite noun phrases that stand for an organisation or a country named before."""
    _note_definitions(doc, units)
    weak = {u.start: u for u in units if u.type in _WEAK}
    covered = {i for u in units if u.type not in _WEAK for i in range(u.start, u.end)}
    result = sorted((u for u in units if u.type not in _WEAK), key=lambda u: u.start)
    made: list[Unit] = []
    for token in doc:
        if token.i in covered or token.pos_ not in ("NOUN", "PROPN"):
            continue
        start = _definite(doc, token, covered)
        if start is None:
            continue
        unit = _antecedent(doc, token, start, [*result, *made], gazetteer)
        if unit:
            made.append(unit)
    taken = {i for u in made for i in range(u.start, u.end)}
    kept = [u for u in weak.values() if not taken.intersection(range(u.start, u.end))]
    return sorted([*result, *made, *kept], key=lambda u: u.start)


def pronoun(token: Token, units: list[Unit], type_: str) -> Unit | None:
    """The organisation or country that "it", "its" or "they" stands for: the last one that was a subject, or named."""
    if type_ == "person":
        return _person(token, units) if token.lower_ in ("he", "she", "him") else None
    if token.lower_ not in ("it", "its", "they", "their", "itself", "which"):
        return None
    if token.lower_ == "which":
        wanted = _fitting(type_)
        return next((u for u in units if u.type in wanted and token.i - 3 <= u.end <= token.i), None)
    if token.i - token.sent.start < 6 and (ahead := _cataphor(token, units, type_)):
        return ahead
    plural = token.lower_ in ("they", "their") and any(
        u.type == "countries" and token.i - 60 < u.start < token.i for u in units
    )
    wanted = ("countries",) if plural and type_ in ("country", "party") else _fitting(type_)
    before = [u for u in units if u.end <= token.i and u.type in wanted and not u.data.get("dateline")]
    sentence = token.sent.start
    same = [u for u in before if u.start >= sentence]
    if type_ == "party":
        subjects = [u for u in reversed(before) if _is_subject(token.doc, u)]
        return next((u for u in subjects if u.start >= sentence - 60), None)
    pool = [u for u in before if u.start >= sentence - 80]
    if token.lower_ in ("its", "it") and same:
        pool = same
    if token.lower_ == "it" and _other_subject(token, units):
        return None
    subjects = [u for u in pool if _is_subject(token.doc, u)]
    return (subjects or pool)[-1] if pool else None


def _person(token: Token, units: list[Unit]) -> Unit | None:
    """Whom "he" or "she" means: the person who was a subject last, or was named last, in the last 60 words."""
    near = [u for u in units if u.type == "person" and u.end <= token.i and u.start > token.i - 60]
    return next((u for u in reversed(near) if _is_subject(token.doc, u)), near[-1] if near else None)


def _other_subject(token: Token, units: list[Unit]) -> bool:
    """Is the nearest subject before "it", in its own sentence, a plain thing: "the pact … when it was set up"?"""
    taken = {i for u in units for i in range(u.start, u.end)}
    for before in reversed([t for t in token.sent if t.i < token.i]):
        if before.dep_ in ("nsubj", "nsubjpass", "pobj", "dobj") and before.pos_ == "NOUN":
            return before.i not in taken and before.lower_ in _THINGS
    return False


_THINGS = words("things")


def _note_definitions(doc: Doc, units: list[Unit]) -> None:
    """ "X is a regional union", "X, a security alliance": from then on "the union" may be X."""
    defined: dict[str, set[str]] = {}
    bodies = [u for u in units if u.type == "organisation" and u.id]
    for unit in bodies:
        root = doc[unit.start : unit.end].root
        nouns = [c for c in root.children if c.dep_ == "appos"]
        if root.dep_ == "nsubj" and root.head.lemma_ == "be":
            nouns += [c for c in root.head.children if c.dep_ == "attr"]
        for noun in nouns:
            defined.setdefault(unit.id or "", set()).update(
                {noun.lower_, *(c.lower_ for c in noun.children if c.dep_ == "conj")}
            )
    for unit in bodies:
        unit.data["defined"] = defined.get(unit.id or "", set())


def _cataphor(token: Token, units: list[Unit], type_: str) -> Unit | None:
    """ "Since its accession in 2012, Russia has …": in an opening phrase, the subject that follows."""
    verb = clause_verb(token)
    subject = next((c for c in verb.children if c.dep_ in ("nsubj", "nsubjpass") and c.i > token.i), None)
    if subject is None or token.dep_ in ("nsubj", "nsubjpass"):
        return None
    wanted = _fitting(type_)
    return next((u for u in units if u.type in wanted and u.start <= subject.i < u.end), None)


def group(token: Token, units: list[Unit]) -> list[Unit]:
    """The countries of the last list that "all four nations", "both countries" stands for, if the count fits."""
    lower = token.lower_
    if lower not in _PLURALS and lower not in _NUMBERS:
        return []
    words = {c.lower_ for c in token.children} | {lower}
    count = next((_NUMBERS[w] for w in words if w in _NUMBERS), None)
    if count is None and not words & {"all", "these", "those", "they"}:
        return []
    if any(c.dep_ == "appos" for c in token.children):
        return []
    lists = [u for u in units if u.type == "countries" and u.end <= token.i and u.start > token.i - 150]
    return next(([u] for u in reversed(lists) if count in (None, len(u.parts))), [])


_PLURALS = words("plurals")


def plural(token: Token) -> bool:
    """Is this "six states", "three other countries", "the members", "the following nations"?"""
    return token.lower_ in _PLURALS | {"members", "economies"} or token.lower_ in _NUMBERS


def _definite(doc: Doc, token: Token, covered: set[int]) -> int | None:
    """Where the noun phrase "the [loose words] NOUN" begins; None where it names something or is not definite."""
    lower = token.lower_
    if (
        lower not in _BODY_NOUNS
        and lower not in _COUNTRY_NOUNS
        and not (lower.endswith("s") and lower[:-1] in _COUNTRY_NOUNS | {"countrie", "state"})
    ):
        if lower not in ("countries", "nations", "states", "republics", "members"):
            return None
    if token.i + 1 < len(doc) and doc[token.i + 1].lower_ in ("of", "for", "on") and lower not in _COUNTRY_NOUNS:
        return None
    if token.i + 1 < len(doc) and (
        token.i + 1 in covered
        or (doc[token.i + 1].pos_ in ("NOUN", "PROPN") and doc[token.i + 1].lower_ not in ("members",))
    ):
        return None
    i = token.i - 1
    while i >= 0 and not doc[i + 1].is_sent_start:
        word = doc[i].lower_
        if word in _DETERMINERS or word in ("all", "both", "those", "these"):
            if word in ("all", "both") or i == 0 or doc[i - 1].lower_ not in ("all", "of"):
                return i
            return i - 1 if doc[i - 1].lower_ == "all" else i
        plain = (
            word in _LOOSE
            or word in _NUMBERS
            or doc[i].like_num
            or word in ("-", "member", "nation", "state", "strong", "country", "member-state")
        )
        if not plain and not _hyphenated(word):
            return None
        i -= 1
    return None


def _hyphenated(word: str) -> bool:
    return "-" in word and word.rsplit("-", 1)[1] in ("nation", "member", "state", "country", "strong", "led", "based")


def _antecedent(doc: Doc, token: Token, start: int, units: list[Unit], gazetteer: Gazetteer) -> Unit | None:
    if token.lower_ in ("treaty", "charter"):
        return _treaty(doc, token, start, units)
    before = sorted((u for u in units if u.end <= start and not u.data.get("dateline")), key=lambda u: u.start)
    noun = token.lower_
    text = doc[start : token.i + 1].text
    if noun in ("countries", "nations", "states", "republics", "members"):
        return None
    if noun == "government":
        near = [u for u in before if u.type in ("country", "adjective") and u.start > start - 40 and _state(u, gazetteer)]
        return (
            Unit("country", start, token.i + 1, text, near[-1].id, near[-1].name, data={"coreference": True})
            if near
            else None
        )
    if noun in _COUNTRY_NOUNS:
        named = [u for u in before if u.type == "country" and u.start > start - 120 and _state(u, gazetteer)]
        named = (
            named
            or [
                u
                for u in before
                if noun == "country" and u.type == "adjective" and u.start > start - 60 and _state(u, gazetteer)
            ][-1:]
        )
        if noun in ("republic", "state"):
            named += [u for u in before if u.type == "gpe" and u.start > start - 40]
            named.sort(key=lambda u: u.start)
            region = named[-1] if named and named[-1].type == "gpe" else None
            if region:
                return Unit("gpe", start, token.i + 1, text, region.id, region.name, data={"coreference": True})
        subjects = [u for u in named if _is_subject(doc, u)]
        chosen = (subjects or named)[-1] if named else None
        return chosen and Unit("country", start, token.i + 1, text, chosen.id, chosen.name, data={"coreference": True})
    named = [u for u in before if u.type == "organisation" and (u.id or u.name) and not u.data.get("unnamed")]
    fitting = [u for u in named if _fits(u, noun, gazetteer)]
    recent = [u for u in fitting if u.start > start - 250]
    if not recent:
        return None
    sentence = token.sent.start
    same = [u for u in recent if u.start >= sentence]
    subjects = [u for u in recent if u.start < sentence and _is_subject(doc, u)]
    chosen = (same or subjects[-1:] or recent)[-1] if noun not in ("alliance", "union") else recent[-1]
    data = {"coreference": True, **{k: v for k, v in chosen.data.items() if k == "unlisted"}}
    return Unit("organisation", start, token.i + 1, text, chosen.id, chosen.name, data=data)


def _treaty(doc: Doc, token: Token, start: int, units: list[Unit]) -> Unit | None:
    """ "The treaty" is the founding treaty named last; "the Constitutive Treaty", the one of the body named last."""
    own = any(c.lower_ in ("constitutive", "founding", "constituent") for c in token.children)
    wanted = ("treaty", "organisation") if own else ("treaty",)
    near = [u for u in units if u.type in wanted and u.end <= start and u.start > start - 150]
    last = max(near, key=lambda u: u.start, default=None)
    text = doc[start : token.i + 1].text
    return last and Unit("treaty", start, token.i + 1, text, last.id, last.name, data={"coreference": True})


def _state(unit: Unit, gazetteer: Gazetteer) -> bool:
    record = gazetteer.countries.get(unit.id or "")
    return record is not None and record.data.get("status") in ("un-member", "un-observer", "partially-recognised")


def _fits(unit: Unit, noun: str, gazetteer: Gazetteer) -> bool:
    """Can this noun mean this body? By its record's `generic` nouns; without a record, by the words of its name."""
    record = gazetteer.organisations.get(unit.id or "")
    if record is None:
        return (
            noun in unit.name.lower().replace("z", "s")
            or noun.replace("z", "s") in unit.name.lower().replace("z", "s")
            or (
                noun in ("bloc", "group", "grouping", "organization", "organisation", "body", "alliance")
                and not unit.data.get("doubtful")
            )
        )
    generic = {g.lower().split()[-1] for g in record.data.get("generic") or []}
    spelled = {noun, noun.replace("s", "z") if noun == "organisation" else noun}
    if noun in _ANY_BODY or noun in unit.data.get("defined", ()):
        return True
    return bool(spelled & generic) or (not generic and noun not in _SUB_BODIES) or noun in record.name.lower().split()


def _is_subject(doc: Doc, unit: Unit) -> bool:
    root = doc[unit.start : unit.end].root
    return root.dep_ in ("nsubj", "nsubjpass") or (
        root.dep_ in ("conj", "appos") and root.head.dep_ in ("nsubj", "nsubjpass")
    )


def _fitting(type_: str) -> tuple[str, ...]:
    return {
        "organisation": ("organisation",),
        "country": ("country",),
        "party": ("country", "countries", "organisation"),
    }.get(type_, ())
