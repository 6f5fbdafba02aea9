"""The sample articles as a reader meets them: every feature shows, and what is shown is so."""

import json
import re
import shutil
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from conftest import KINDS

from generator import build, content, schemas, timeline
from generator.publish import data, publish
from generator.render import edition

ROOT = Path(__file__).parent.parent
TODAY = date(2026, 11, 23)

TRUE = """
csto        founding    2002-10-07                event=established
csto        founding    1992-05-15          event=treaty-signed
csto        membership  AM                  status=member
csto        membership  UZ                  until=2012-12-19
csto        presidency  RU                  since=2026-01-01
csto        presidency  RU                  from=KG
csto        official    Taalatbek Masadykov since=2026-01-01
sco         founding    2001-06-15          event=established
sco         membership  IN                  since=2017-06-09
sco         membership  IR                  since=2023-07-04
sco         presidency  KG                  from=CN
cis         founding    1991-12-08          event=established
cis         membership  GE                  until=2009-08-18
cis         presidency  TM                  since=2026-01-01
eaeu        founding    2014-05-29          event=treaty-signed
eaeu        membership  KG                  since=2015-08-12
eaeu        membership  IR                  since=2024-12
nato        founding    1949-04-04          event=treaty-signed
nato        membership  SE                  since=2024-03-07
nato        membership  FI                  since=2023-04-04
nato        official    Mark Rutte          since=2024-10-01
eu          membership  GB                  until=2020-01-31
eu          membership  HR                  since=2013-07-01
eu          presidency  CY                  since=2026-01-01
eu          presidency  IE                  since=2026-07-01
eu          presidency  LT                  since=2027-01-01
asean       founding    1967-08-08          event=established
asean       membership  TL                  since=2025-10-26
asean       membership  KH                  since=1999-04-30
asean       presidency  PH                  since=2026-01-01
au          membership  MA                  since=2017-01-30
au          membership  MG                  status=suspended
au          presidency  BI                  from=AO
brics       membership  ID                  since=2025-01-06
brics       presidency  IN                  from=BR
ecowas      membership  ML                  until=2025-01-29
ecowas      membership  NG                  status=member
ecowas      presidency  SL                  phase=took-over
mercosur    founding    1991-03-26          event=treaty-signed
mercosur    membership  VE                  status=suspended
mercosur    membership  CL                  status=partner
gcc         founding    1981-05-25          event=established
gcc         presidency  BH                  from=KW
pif         membership  KI                  status=member
pif         membership  GU                  status=partner
opec        founding    1960-09-14          event=established
opec        membership  AO                  until=2024-01-01
opec        membership  EC                  until=2020-01-01
opec        membership  AE                  until=2026-05-01
arab-league founding    1945-03-22          event=established
arab-league membership  YE                  since=1945-05
g20         membership  au                  since=2023-09-09
g20         presidency  US                  from=ZA
g20         presidency  GB                  since=2026-12-01
saarc       membership  AF                  since=2007-04
saarc       membership  JP                  status=observer
visegrad-group presidency SK                since=2026-07-01
council-of-europe membership RU             until=2022-03-16
polynesian-leaders-group founding 2011-11-17 event=established
osce        presidency  CH                  from=FI
eaeu        official    Bakytzhan Sagintayev since=2024-02
ec          membership  DK                  since=1973-01-01
eu          founding    1993-11-01          event=entered-into-force
eu          membership  PL                  since=2004-05-01
eu          official    Ursula von der Leyen status=current
nato        membership  EE                  since=2004-03-29
opec        membership  VE                  status=member
arab-league membership  PS                  status=member
arab-league presidency  IQ                  since=2025-05-17
arab-league presidency  BH                  until=2025-05
pif         founding    1971-08-05          event=established
pif         membership  PF                  status=member
pif         presidency  TO                  from=CK
pif         official    Baron Waqa          since=2024-06
benelux     founding    1958-02-03          event=treaty-signed
benelux     membership  LU                  status=member
benelux     presidency  NL                  from=LU
benelux     official    Frans Weekers       since=2023-01-01
nordic-council founding 1952-03-16          event=established
nordic-council presidency FI                since=2026-01-01
nordic-council official Kristina Háfoss     since=2021-02-01
eac         founding    1999-11-30          event=treaty-signed
eac         membership  SO                  since=2024-03-04
eac         presidency  KE                  from=SS
eac         presidency  UG                  until=2027-03
eac         official    Veronica Nduva      status=former
eac         official    Stephen Mbundi      status=current
sadc        membership  KM                  since=2018-08
sadc        presidency  ZA                  until=2026-08
sadc        official    Elias Magosi        since=2021-09
igad        membership  ER                  until=2025-12-12
igad        presidency  DJ                  since=2023-06
igad        official    Workneh Gebeyehu    since=2019-11
bimstec     founding    1997-06-06          event=established
bimstec     founding    2022-03-30          event=treaty-signed
bimstec     membership  MM                  since=1997-12
bimstec     presidency  BD                  since=2025-04-04
efta        founding    1960-05-03          event=entered-into-force
efta        membership  SE                  until=1994
efta        presidency  NO                  from=CH
cbss        membership  RU                  until=2022-05
cbss        membership  IS                  since=1995
cbss        presidency  PL                  from=EE
eco         membership  UZ                  since=1992
eco         presidency  KZ                  since=2025
eco         official    Asad Majeed Khan    since=2024-08
d-8         membership  AZ                  since=2024-12-19
d-8         presidency  ID                  from=EG
d-8         official    Sohail Mahmood      status=current
organization-of-turkic-states founding 2009-10-03 event=treaty-signed
organization-of-turkic-states membership HU status=observer
organization-of-turkic-states presidency AZ from=KG
caricom     founding    1973-07-04          event=treaty-signed
caricom     membership  SR                  since=1995
caricom     membership  CW                  status=partner
caricom     presidency  KN                  until=2026-06
oecs        membership  AI                  status=partner
oecs        presidency  VC                  from=LC
oecs        official    Didacus Jules       since=2014-05
apec        membership  RU                  since=1998
apec        presidency  CN                  from=KR
apec        official    Eduardo Pedrosa     since=2025-01
can         membership  VE                  until=2006
can         membership  CL                  status=partner
can         presidency  EC                  from=CO
comesa      founding    1994-12             event=established
comesa      membership  TN                  since=2018-07
comesa      presidency  KE                  from=BI
comesa      official    Chileshe Kapwepwe   since=2018-07
cemac       membership  CM                  status=member
cemac       presidency  CG                  until=2027-09
""".strip().splitlines()
"""What the articles and tables say and the public record confirms; `field` as the sheet has it."""

TOLD = """
csto sco cis eaeu nato eu asean ecowas saarc opec gcc arab-league pif benelux nordic-council eac sadc igad bimstec efta
cbss eco d-8 organization-of-turkic-states caricom oecs apec can comesa
""".split()
"""Bodies that the site tells whole: founding, members, head, and who presides."""

NOBODY_PRESIDES = {"nato", "opec"}
"""Those of them without a chair that goes round; an article says so."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("sample")
    shutil.copytree(ROOT / "content", root / "content", ignore=shutil.ignore_patterns("facts", "changes"))
    build.build(root, today=TODAY, progress=lambda claims, total: claims)
    return build.refresh(root, today=TODAY)


@pytest.fixture(scope="module")
def published(project):
    return publish(project)


@pytest.fixture(scope="module")
def bodies(project):
    """As pages show them, with what only tables say."""
    return {sheet.id: sheet for sheet in project.sheets if sheet.type == "organisation"}


@pytest.fixture(scope="module")
def sheets(project):
    return {sheet.id: sheet for sheet in content.load_sheets(project.root)[0]}


def told(sheet):
    """What the page says outright; flagged rows of tables are shown as such, and what waits for review is not shown."""
    return [fact for fact in sheet.facts if fact.verdict != "needs-review" and edition.shown(fact)]


def rests_on_articles(fact):
    return fact.decided_by == "articles" or any(claim.quote for claim in fact.claims)


@pytest.mark.parametrize("line", TRUE, ids=lambda line: " ".join(line.split()))
def test_a_sheet_says_what_is_so(sheets, line):
    subject, kind, rest = line.split(maxsplit=2)
    value, field = rest.rsplit(maxsplit=1)
    name, _, wanted = field.partition("=")
    found = [fact for fact in sheets[subject].facts if fact.kind == kind and fact.value == value.strip()]
    assert wanted in [fact.get(name) for fact in found]


def test_nothing_is_disputed_but_what_is_meant_to_be(sheets):
    disputed = {(sheet.id, fact.kind) for sheet in sheets.values() for fact in sheet.facts if fact.verdict == "disputed"}
    assert disputed == {("au", "founding")}


def test_corrections_show(sheets):
    assert {"asean", "cis", "csto"} <= {s.id for s in sheets.values() for f in s.facts if f.decided_by == "override"}


def test_a_derivation_shows_with_both_its_ends(sheets):
    claims = [claim for fact in sheets["csto"].facts if fact.value == "2002-10-07" for claim in fact.claims]
    assert any(claim.derivation and claim.derivation.says.startswith("1992 + ten years") for claim in claims)


def test_every_status_of_a_member_shows(sheets):
    shown = {fact.get("status") for sheet in sheets.values() for fact in sheet.facts if fact.kind == "membership"}
    assert shown >= {"member", "observer", "former", "partner", "suspended"}


def test_every_state_of_a_presidency_shows(sheets):
    terms = [[fact for fact in sheet.facts if fact.kind == "presidency"] for sheet in sheets.values()]
    assert {"announced", "due", "current", "over"} <= {
        state for each in terms for state in timeline.standings(each, KINDS, TODAY)
    }


def test_a_body_is_told_whole(bodies):
    assert len(TOLD) >= 25
    lacking = {
        (name, kind)
        for name in TOLD
        for kind in ("founding", "membership", "official")
        if not any(fact.kind == kind for fact in told(bodies[name]))
    }
    assert not lacking


def test_a_body_says_who_presides_or_an_article_that_nobody_does(project, published, bodies):
    presided = {name for name in TOLD if any(fact.kind == "presidency" for fact in told(bodies[name]))}
    assert presided == set(TOLD) - NOBODY_PRESIDES
    assert len(presided) >= 10
    none = json.loads(next(data(published.edition)).text)["none"]
    assert {it["subject"] for it in none if it["kind"] == "presidency" and it["as_of"]} == NOBODY_PRESIDES
    texts = {f"articles/{article.id}": article.text for article in project.articles}
    for it in none:
        (source,) = it["sources"]
        words = source["why"].partition("“")[2].partition("”")[0]
        assert words in texts[source["address"]]
        page = published.pages[f"organisations/{it['subject']}.md"].text
        assert re.search(rf"<dt>Presidency</dt> <dd>None\. .*{source['address']}/", page)


def test_articles_carry_a_good_part_of_what_is_told(bodies):
    facts = [fact for name in TOLD for fact in told(bodies[name])]
    assert sum(map(rests_on_articles, facts)) / len(facts) >= 0.4


def test_nothing_is_told_without_a_source_and_a_date(project):
    bare = [
        (sheet.id, fact.kind, fact.value_name)
        for sheet in project.sheets
        for fact in sheet.facts
        if edition.shown(fact) and not (fact.confirmed and any(c.quote or c.ref or c.override for c in fact.claims))
    ]
    assert not bare


def test_every_fact_of_the_data_has_its_fields_its_sources_and_a_date(published):
    whole = json.loads(next(data(published.edition)).text)
    facts = whole["facts"]
    jsonschema.Draft7Validator(schemas.WRITTEN["published"]).validate({**whole, "facts": facts[::20]})
    assert len(facts) > 10_000
    bare = [
        fact
        for fact in facts
        if not all(
            fact.get(name) for name in ("subject", "subject_name", "kind", "value_name", "verdict", "as_of", "sources")
        )
        or not all(len({"article", "reference", "override"} & source.keys()) == 1 for source in fact["sources"])
        or (fact["kind"] in ("membership", "official") and not fact.get("status"))
        or (fact["kind"] == "official" and not fact.get("post"))
        or (fact["kind"] == "founding" and not fact.get("event"))
    ]
    assert bare == []
