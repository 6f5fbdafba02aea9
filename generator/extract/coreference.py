"""What "the bloc", "the 27-nation union", "the country", "all four" and "it" stand for.

Never overrides an explicit name: a noun phrase that names something, listed or not, is left alone, and where no
antecedent fits nothing is guessed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from spacy.tokens import Doc, Token

from generator.extract.roles import attributes, clause_verb
from generator.extract.units import Unit, tokens
from generator.extract.words import words
from generator.gazetteer import Gazetteer

_NUMBERS = dict(zip("two three four five six seven eight nine ten".split(), range(2, 11), strict=True)) | {"both": 2}


def focus(units: Iterable[Unit]) -> Unit | None:
    """The organisation that a text is about: named most often, the earlier one at a tie."""
    found = [u for u in units if u.type == "organisation" and u.id]
    counts = Counter(u.id for u in found)
    return max(found, key=lambda u: counts[u.id], default=None)


def anaphors(doc: Doc, units: list[Unit], gazetteer: Gazetteer) -> list[Unit]:
    """Units for the definite noun phrases that stand for an organisation or a country named before."""
    _note_definitions(doc, units)
    named = [u for u in units if u.type not in words("weak_types")]
    covered = tokens(named)
    made: list[Unit] = []
    for token in (token for token in doc if token.lower_ in words("country_nouns", "body_nouns")):
        start = _definite(doc, token, covered)
        if start is not None and (unit := _antecedent(doc, token, start, [*named, *made], gazetteer)):
            made.append(unit)
    taken = tokens(made)
    kept = [u for u in units if u.type in words("weak_types") and not taken.intersection(range(u.start, u.end))]
    return sorted([*named, *made, *kept], key=lambda u: u.start)


def pronoun(token: Token, units: list[Unit], type_: str) -> Unit | None:
    """The organisation or country that "it", "its" or "they" stands for: the last one that was a subject, or named."""
    type_ = "country" if type_ == "party" and words("country_nouns") & {a.lower_ for a in attributes(token.head)} else type_
    word, wanted = token.lower_, _FITTING.get(type_, ())
    if type_ == "person":
        return _person(token, units) if word in ("he", "she", "him") else None
    if word == "which":
        return next((u for u in units if u.type in wanted and token.i - 3 <= u.end <= token.i), None)
    if word not in ("it", "its", "they", "their", "itself"):
        return None
    if token.i - token.sent.start < 6 and (ahead := _cataphor(token, units, wanted)):
        return ahead
    listed = any(u.type == "countries" and token.i - 60 < u.start < token.i for u in units)
    if listed and word in ("they", "their") and type_ in ("country", "party"):
        wanted = ("countries",)
    first, apart = max(0, token.sent.start - 80), tokens(u for u in units if u.type in (*wanted, "person", "post"))
    told = token.doc[first : token.i] if word == "its" and type_ == "party" else ()  # what "its" may stand for instead
    others = [t.i - 1 for t in told if t.dep_ in ("nsubj", "nsubjpass") and t.tag_ in ("NN", "NNP") and t.i not in apart]
    pool = [u for u in units if u.start >= max(first, *others[-1:], 0) and u.end <= token.i and u.type in wanted]
    subject = next((u for u in reversed(pool) if _is_subject(token.doc, u)), None)
    return subject or (pool[-1] if pool and type_ != "party" and not _rival(token, pool[-1], units) else None)


def _rival(token: Token, unit: Unit, units: list[Unit]) -> bool:
    """ "The secretariat has served the League since its foundation": may the thing that the clause tells of be meant?"""
    told = [c for c in clause_verb(token).children if c.dep_ == "nsubj" and c.i < unit.start]
    named = tokens(u for u in units if u.type != "word")
    definite = [c.tag_ == "NN" and c.i not in named and any(d.lower_ == "the" for d in c.children) for c in told]
    return any(definite) or any(c.lower_ == "which" for c in told)


_FITTING = {"organisation": ("organisation",), "country": ("country",), "party": ("country", "countries", "organisation")}


def _person(token: Token, units: list[Unit]) -> Unit | None:
    """Whom "he" or "she" means: the person who was a subject last, in the last 60 words; a "Sir" is not she."""
    near = (u for u in reversed(units) if u.type == "person" and u.end <= token.i and u.start > token.i - 60)
    subject = next((u for u in near if _is_subject(token.doc, u)), None)
    named = (u for u in units if subject and u.type == "person" and u.name.split()[-1:] == subject.name.split()[-1:])
    titles = {token.doc[i].lower_ for u in named for i in range(max(0, u.start - 2), u.end)}
    return None if titles & words("men" if token.lower_ == "she" else "women") else subject


def is_thing(token: Token, units: list[Unit]) -> bool:
    """Is this an "it" that stands for a plain thing, the nearest noun before: "the pact … when it was set up"?"""
    roles, taken = ("nsubj", "nsubjpass", "pobj", "dobj"), tokens(u for u in units if u.type != "word")
    nouns = [t for t in token.sent if t.i < token.i and t.dep_ in roles and t.pos_ == "NOUN"]
    return token.lower_ == "it" and bool(nouns) and nouns[-1].i not in taken and nouns[-1].lower_ in words("things")


def _note_definitions(doc: Doc, units: list[Unit]) -> None:
    """ "X is a regional union", "X, a security alliance": from then on "the union" may be X."""
    defined: dict[str, set[str]] = defaultdict(set)
    for unit in (u for u in units if u.type == "organisation" and u.id):
        known = unit.data["defined"] = defined[unit.id or ""]  # the same set at each mention of a body
        root = doc[unit.start : unit.end].root
        nouns = [c for c in root.children if c.dep_ == "appos"]
        if root.dep_ == "nsubj" and root.head.lemma_ == "be":
            nouns += [c for c in root.head.children if c.dep_ == "attr"]
        for noun in nouns:
            known.update(c.lower_ for c in (noun, *noun.conjuncts))


def _cataphor(token: Token, units: list[Unit], wanted: tuple[str, ...]) -> Unit | None:
    """ "Since its accession in 2012, Russia has …": in an opening phrase, the subject that follows."""
    subject = next((c for c in clause_verb(token).children if c.dep_ in ("nsubj", "nsubjpass") and c.i > token.i), None)
    if subject is None or token.dep_ in ("nsubj", "nsubjpass"):
        return None
    return next((u for u in units if u.type in wanted and u.start <= subject.i < u.end), None)


def group(token: Token, units: list[Unit]) -> list[Unit]:
    """The countries of the last list that "all four nations", "both countries" stands for, if the count fits."""
    around = {c.lower_ for c in token.children} | {token.lower_}
    count = next((_NUMBERS[w] for w in around if w in _NUMBERS), None)
    definite = around & {"all", "both", "these", "those", "they"} or (count and around & {"the", "its", "their"})
    if not plural(token) or not definite or any(c.dep_ == "appos" for c in token.children):
        return []
    lists = [u for u in units if u.type == "countries" and u.end <= token.i and u.start > token.i - 150]
    return next(([u] for u in reversed(lists) if count in (None, len(u.parts))), [])


def plural(token: Token) -> bool:
    """Is this "six states", "three other countries", "the members", "the following nations"?"""
    return token.lower_ in words("plurals") or token.lower_ in _NUMBERS


_PLAIN = words("loose") | _NUMBERS.keys() | frozenset("- member nation state strong country member-state".split())
_HYPHENATED = ("-nation", "-member", "-state", "-country", "-strong", "-led", "-based")


def _definite(doc: Doc, token: Token, covered: set[int]) -> int | None:
    """Where the noun phrase "the [loose words] NOUN" begins; None where it names something or is not definite."""
    if token.i in covered or token.pos_ not in ("NOUN", "PROPN"):
        return None
    if token.i + 1 < len(doc):
        behind = doc[token.i + 1]
        compound = behind.pos_ in ("NOUN", "PROPN") and behind.lower_ != "members"
        goes_on = behind.lower_ in ("of", "for", "on") and token.lower_ not in ("country", "nation")
        if behind.i in covered or compound or goes_on:
            return None
    for i in range(token.i - 1, token.sent.start - 1, -1):
        word = doc[i].lower_
        if word in words("definite"):
            return i - (i > 0 and word not in ("all", "both") and doc[i - 1].lower_ == "all")
        if word not in _PLAIN and doc[i].tag_ != "CD" and not word.endswith(_HYPHENATED):
            return None
    return None


def _antecedent(doc: Doc, token: Token, start: int, units: list[Unit], gazetteer: Gazetteer) -> Unit | None:
    """What the noun phrase that begins at `start` stands for, as a unit of its own."""
    noun = token.lower_
    before = sorted((u for u in units if u.end <= start), key=lambda u: u.start)
    if noun in ("treaty", "charter"):
        type_, chosen = "treaty", _treaty(token, [u for u in before if u.start > start - 150])
    elif noun in words("country_nouns"):
        type_, chosen = "country", _nation(doc, noun, start, before, gazetteer)
    else:
        type_, chosen = "organisation", _body(doc, token, start, before, gazetteer)
    if chosen is None:
        return None
    data = {"coreference": True, **{k: v for k, v in chosen.data.items() if k == "unlisted" and type_ == "organisation"}}
    type_ = "gpe" if chosen.type == "gpe" else type_
    return Unit(type_, start, token.i + 1, doc[start : token.i + 1].text, chosen.id, chosen.name, data=data)


def _treaty(token: Token, near: list[Unit]) -> Unit | None:
    """ "The treaty" is the founding treaty named last; "the Constitutive Treaty", the one of the body named last."""
    own = any(c.lower_ in ("constitutive", "founding", "constituent") for c in token.children)
    return next((u for u in reversed(near) if u.type == "treaty" or (own and u.type == "organisation")), None)


def _nation(doc: Doc, noun: str, start: int, before: list[Unit], gazetteer: Gazetteer) -> Unit | None:
    """The state that was a subject last, or was named last; "the republic" may be a region as well."""
    states = [u for u in before if u.start > start - 120 and u.type in ("country", "adjective") and _state(u, gazetteer)]
    states = [u for u in states if not _told(doc, u, states)]
    if noun == "government":
        return next((u for u in reversed(states) if u.start > start - 40), None)
    named = [u for u in states if u.type == "country"]
    if noun == "country" and not named:
        named = [u for u in states if u.start > start - 60][-1:]
    regions = [u for u in before if u.type == "gpe" and u.start > start - 40 and noun in ("republic", "state")]
    if regions and (not named or regions[-1].start > named[-1].start):
        return regions[-1]
    roots = [(u, doc[u.start : u.end].root) for u in named]
    subjects = [u for u, root in roots if "nsubj" in root.dep_ and not any(c.dep_ == "conj" for c in root.children)]
    return (subjects or named)[-1] if named else None


def _told(doc: Doc, unit: Unit, states: list[Unit]) -> bool:
    """Is this state in a clause below one about another: "A said that B had left"?"""
    verb = clause_verb(doc[unit.start : unit.end].root)
    over = [c.i for c in clause_verb(verb.head).children if "nsubj" in c.dep_ and verb.dep_.endswith(("cl", "ccomp"))]
    return any(u.id != unit.id and u.start <= i < u.end for u in states for i in over)


def _body(doc: Doc, token: Token, start: int, before: list[Unit], gazetteer: Gazetteer) -> Unit | None:
    """Of the bodies that this noun fits: one of the sentence, else the last that was a subject, else the last."""
    bodies = [u for u in before if u.type == "organisation" and u.start > start - 250]
    recent = [u for u in bodies if _fits(u, token.lower_, gazetteer)]
    same = [u for u in recent if u.start >= token.sent.start]
    subjects = [u for u in recent if _is_subject(doc, u)]
    chosen = recent if token.lower_ in ("alliance", "union") else same or subjects or recent
    return chosen[-1] if chosen else None


def _state(unit: Unit, gazetteer: Gazetteer) -> bool:
    record = gazetteer.countries.get(unit.id or "")
    return record is not None and record.data.get("status") in ("un-member", "un-observer", "partially-recognised")


def _fits(unit: Unit, noun: str, gazetteer: Gazetteer) -> bool:
    """Can this noun mean this body? By its record's `generic` nouns; without a record, by the words of its name."""
    record = gazetteer.organisations.get(unit.id or "")
    if record is None:
        sure = noun in words("any_body") | {"bloc", "alliance"} and not unit.data.get("doubtful")
        return sure or noun.replace("z", "s") in unit.name.lower().replace("z", "s")
    generic = {g.lower().split()[-1] for g in record.data.get("generic") or []}
    known = noun in generic | words("any_body") or noun in unit.data.get("defined", ())
    return known or (not generic and noun not in words("sub_bodies")) or noun in record.name.lower().split()


def _is_subject(doc: Doc, unit: Unit) -> bool:
    root = doc[unit.start : unit.end].root
    return "nsubj" in root.dep_ or (root.dep_ in ("conj", "appos") and "nsubj" in root.head.dep_)
