"""An override file → claims: its form checked by `schemas`, its names resolved to ids, each problem on its line."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from generator import dates, schemas, strict_yaml
from generator.errors import ContentError, Problem, did_you_mean
from generator.gazetteer import Gazetteer, fold
from generator.kinds import Field, Kind
from generator.model import FOLDERS, Claim, SubjectType
from generator.strict_yaml import Lines


class Expectation(NamedTuple):
    """How many facts an editor expects on a sheet. Not a claim: it never changes what is settled or shown."""

    facts: Claim  # what they are like, in the form of a denial
    least: int
    most: float
    line: int


def entry(kind: str, value: str, fields: Mapping[str, str], *, deny: bool = False, **also: str | None) -> str:
    """The YAML of one correction or denial, as `read` takes it back; `also` is `why`, `source` and `evidence`."""
    says = {"kind": kind, "value": value, **fields}
    more = {name: text for name, text in also.items() if text is not None}
    return strict_yaml.dump([{**({"deny": says} if deny else says), **more}])


def read(
    path: Path, folder: Path, kinds: Mapping[str, Kind], gazetteer: Gazetteer, text: str | None = None
) -> tuple[list[tuple[Claim, int]], list[Expectation]]:
    """The claims of a file below `folder` (or of what it is to hold), each with its line, and what is expected of the
    sheet; raises ContentError listing all that is wrong.
    """
    type_: SubjectType = next((type_ for type_, name in FOLDERS.items() if path.parent == folder / name), "other")
    if type_ == "other" or path.suffix != ".yml":
        hint = "overrides are content/overrides/organisations/<id>.yml and countries/<ID>.yml"
        raise ContentError(Problem("is not an override file", path, None, hint))
    records = gazetteer.countries if type_ == "country" else gazetteer.organisations
    if path.stem not in records:
        meant = gazetteer.find(path.stem)
        other = f"did you mean {meant.id}.yml?" if meant and meant.id in records else did_you_mean(path.stem, records)
        raise ContentError(Problem(f"no {type_} has the id {path.stem!r}", path, None, other))
    text = strict_yaml.read_text(path) if text is None else text
    data, lines = schemas.parse(text, path, schemas.overrides(kinds))
    blank = Claim("", path.stem, records[path.stem].name, type_, None, "", override=path.relative_to(folder).as_posix())
    claims, expected, problems = dict[str, tuple[Claim, int]](), list[Expectation](), list[Problem]()
    for number, item in enumerate(data or ()):
        line = lines[(number,)]
        claim, wrong = _claim(item, number, lines, blank, kinds, gazetteer)
        problems += wrong
        if bounds := item.get("expect"):
            least, most = int(bounds.get("min", "max" not in bounds)), float(bounds.get("max", math.inf))
            expected.append(Expectation(claim, least, most, line))
            continue
        if claim.id in claims and not wrong and claim.evidence == claims[claim.id][0].evidence:
            problems.append(Problem("this override stands twice", None, line))
        claims[claim.id] = claim, line
    problems += _contradictions(claims.values(), kinds)
    if problems:
        raise ContentError(*(replace(problem, path=path) for problem in problems))
    return [*claims.values()], expected


def _contradictions(claims: Iterable[tuple[Claim, int]], kinds: Mapping[str, Kind]) -> Iterator[Problem]:
    """Of the overrides on one fact those that cannot stand beside an earlier one."""
    alike = defaultdict[tuple[str, ...], list[tuple[Claim, int]]](list)
    for claim, line in ((claim, line) for claim, line in claims if claim.kind):
        kind = kinds[claim.kind]
        others = alike[kind.name, *(fold(claim.get(name) or claim.value_name) for name in kind.identity)]
        if at := next((at for other, at in others if _contradict(other, claim, kind)), None):
            yield Problem("this override contradicts another", None, line, f"it is on line {at}; keep one of the two")
        others.append((claim, line))


def _contradict(one: Claim, other: Claim, kind: Kind) -> bool:
    """Do two overrides on one fact say something else of what both name? Not of two terms of a presidency, nor of two
    statuses of a member, by their dates. A denial and a correction contradict each other where they name the very same.
    """
    first, second = ({**claim.fields, "value": claim.value_name} for claim in (one, other))
    if one.denies or other.denies:
        return one.denies != other.denies and first == second
    names = [name for name in first if name in second and (name != "value" or kind.cardinality == "one")]
    starts = [says.get("since") or says.get("until") for says in (first, second)]
    apart = kind.cardinality == "timeline" or (kind.cardinality == "many" and first.get("status") != second.get("status"))
    return any(first[name] != second[name] for name in names) and not (apart and starts[0] != starts[1])


def _claim(
    item: Mapping[str, Any], number: int, lines: Lines, blank: Claim, kinds: Mapping[str, Kind], gazetteer: Gazetteer
) -> tuple[Claim, list[Problem]]:
    says, *at = next(((item[key], number, key) for key in ("deny", "expect") if key in item), (item, number))
    denies = says is not item
    kind = kinds[says["kind"]]
    home = kind.fields[kind.subject].type
    if home not in (blank.subject_type, "party"):
        hint = f"it belongs in the file of the {home}"
        return blank, [Problem(f"{kind.name} is not kept here", None, lines[(*at, "kind")], hint)]
    found: dict[str, tuple[str | None, str]] = {}
    problems = []
    for field in (replace(kind.fields[kind.value], name="value"), *kind.others()):
        if text := says.get(field.name):
            found[field.name] = resolve(text, field, gazetteer)
            # a denial may name what has no id
            if found[field.name][0] is None and (not denies or gazetteer.called(text, field.type)):
                problems.append(unknown(text, field, gazetteer, lines[(*at, field.name)]))
    value, name = found.pop("value", (None, ""))
    fields = {name: code or written for name, (code, written) in found.items()}
    since, until = fields.get("since"), fields.get("until")
    if since and until and not denies and dates.precedes(until, since):
        problems.append(Problem(f"until {until} lies before since {since}", None, lines[(*at, "until")]))
    if value == blank.subject and not denies:
        problems.append(Problem(f"{name} cannot be said of itself", None, lines[(*at, "value")]))
    more = {"denies": denies, "why": item["why"], "source": item.get("source"), "evidence": item.get("evidence")}
    return replace(blank, kind=kind.name, value=value, value_name=name, fields=fields, **more), problems


def resolve(text: str, field: Field, gazetteer: Gazetteer) -> tuple[str | None, str]:
    """Id and name of what a person wrote; no id where it names nothing of the field's type, or more than one."""
    if field.type not in ("country", "organisation", "party"):
        return text, text
    meant = gazetteer.called(text, field.type)
    return (meant[0].id, meant[0].name) if len(meant) == 1 else (None, text)


def unknown(text: str, field: Field, gazetteer: Gazetteer, line: int) -> Problem:
    """What to say of a name that `resolve` finds no id for."""
    what = "country or organisation" if field.type == "party" else field.type
    if several := [f"{record.id} ({record.name})" for record in gazetteer.called(text, field.type)]:
        return Problem(f"{field.name}: {text!r} may mean more than one {what}", None, line, f"one of: {', '.join(several)}")
    known = (*gazetteer.countries.values(), *gazetteer.organisations.values())
    hint = did_you_mean(text, [word for r in known if field.type in (r.type, "party") for word in (r.id, r.name)])
    return Problem(f"{field.name}: no {what} is called {text!r}", None, line, hint)
