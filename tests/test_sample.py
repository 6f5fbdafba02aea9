"""The sample articles as a reader meets them: every feature shows, and what is shown is so."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from conftest import KINDS

from generator import build, content, timeline

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
""".strip().splitlines()
"""What the articles and tables say and the public record confirms; `field` as the sheet has it."""


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    root = tmp_path_factory.mktemp("sample")
    shutil.copytree(ROOT / "content", root / "content", ignore=shutil.ignore_patterns("facts", "changes"))
    build.build(root, today=TODAY, progress=lambda claims, total: claims)
    return {sheet.id: sheet for sheet in content.load_sheets(root)[0]}


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
