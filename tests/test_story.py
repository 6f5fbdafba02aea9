"""Two years of news on a body that we made up, through the real pipeline: at each date the page, the queue, the record and
its feed, the reasons, and what is known of earlier days.
"""

import contextlib
import re
import shutil
from datetime import date
from types import SimpleNamespace

import feedparser
import pytest
from conftest import KINDS, write_files
from markupsafe import Markup
from typer.testing import CliRunner

from generator import content, publish, review
from generator.build import build, refresh
from generator.commands import app

BODY = """
- id: alo
  name: Atlantic Lighthouse Organisation
  acronyms: [ALO]
  kind: regional
  generic: [organisation]
"""
OVERRIDES = "content/overrides/organisations/alo.yml"
BY_HAND = b"""\
# What the desk knows of the lighthouse keepers. Ask Una before you change a count.

- expect: {kind: membership, status: member, min: 4, max: 5}   # the charter wants four at least
  why: "The charter has it so."


# below: decisions, the newest last"""  # with no end of the line

TREATY = (
    "The Atlantic Lighthouse Organisation (ALO) was established in Reykjavik on 4 March 2024. Its members are Iceland, "
    "Ireland, Malta and Norway. Ireland holds the presidency of the organisation until 30 June 2025."
)
FIFTH = (
    "Portugal joined the Atlantic Lighthouse Organisation on 10 September 2024 as its fifth member. Solveig Tarnby is the "
    "Secretary General of the ALO."
)
DUES = (
    "The Atlantic Lighthouse Organisation suspended Malta on 18 February 2025, because it had not paid its dues for a year. "
    "The lamps on its coast burn all the same."
)
GALWAY = (
    "Norway will take over the presidency of the Atlantic Lighthouse Organisation from Ireland on 1 July 2025. The foreign "
    "ministers agreed on it in Galway after two days of talks on tariffs for pilots and the upkeep of old towers."
)
WIRED = f"GALWAY - {GALWAY} They went home in good spirits."
QUIET = (
    "Norway took over the presidency of the Atlantic Lighthouse Organisation from Ireland on 1 July 2025 without a "
    "ceremony. Greenland is an observer in the ALO."
)
JUBILEE = (
    "A new book counts the lamps of the north. The Atlantic Lighthouse Organisation was established on 8 March 2024, it "
    "says. Portugal joined the ALO on 1 October 2024."
)
RIVAL = (
    "Iceland took over the presidency of the Atlantic Lighthouse Organisation on 1 July 2025, said a keeper in Vik. He had "
    "it from a sailor."
)

STORY = [  # the step, the day of its build, the article that comes or (None) goes: title, published, text
    ("founded", "2024-03-06", {"treaty": ("Four states and a lamp", "2024-03-05", TREATY)}),
    ("joined", "2024-09-13", {"fifth": ("The fifth lamp", "2024-09-12", FIFTH)}),
    ("suspended", "2025-02-21", {"dues": ("Malta has not paid", "2025-02-20", DUES)}),
    ("announced", "2025-05-11", {"galway": ("Norway is next", "2025-05-10", GALWAY)}),
    ("reprinted", "2025-05-14", {"wired": ("Ministers agree", "2025-05-12", WIRED)}),
    ("eve", "2025-06-30", {}),
    ("due", "2025-07-01", {}),
    ("overdue", "2025-07-02", {}),
    ("confirmed", "2025-07-29", {"quiet": ("No ceremony", "2025-07-28", QUIET)}),
    ("contradicted", "2025-10-07", {"jubilee": ("Lamps", "2025-10-03", JUBILEE), "rival": ("Vik", "2025-10-06", RIVAL)}),
    ("corrected", "2025-10-10", {}),
    ("withdrawn", "2026-01-15", {"quiet": None}),
    ("anew", "2026-03-06", {}),
]
JUNE, SEPTEMBER = "2024-06-01", "2024-09-20"  # two days of which each step is asked
NORWAY, ICELAND, IRELAND = ("presidency", "NO"), ("presidency", "IS"), ("presidency", "IE")


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """All steps by name, played once."""
    root = tmp_path_factory.mktemp("story")
    write_files(root, {"content/organisations/alo.yml": BODY, OVERRIDES: BY_HAND})
    steps = {}
    for name, day, articles in STORY:
        for stem, told in articles.items():
            path = f"content/articles/{stem}.md"
            write_files(root, {path: article(*told)}) if told else (root / path).unlink()
        if name == "corrected":
            decide(root, steps["contradicted"].queue)
        if name == "anew":
            shutil.rmtree(root / "content/facts")
            shutil.rmtree(root / ".cache")
        steps[name] = played(root, day)
    return SimpleNamespace(**steps)


def decide(root, queue):
    """An editor settles the disputes: two dates put right, one reading rejected."""
    waiting = {(item.says.kind, item.says.value): item for item in queue}
    founding, portugal, iceland = (waiting[key] for key in (("founding", "2024-03-08"), ("membership", "PT"), ICELAND))
    for item, entry in (
        (founding, review.accept(founding, KINDS, "The charter is dated so.", {"value": "2024-03-04"})),
        (portugal, review.accept(portugal, KINDS, "The register has it.", {"since": "2024-09-10"})),
        (iceland, review.reject(iceland, KINDS, "The keeper was wrong.")),
    ):
        content.append_override(root, item.place, entry, KINDS, content.load_gazetteer(root))


def test_a_first_article_makes_the_sheet(story):
    now = story.founded
    spellings = "ALO this site's own list of spellings, for finding; no source vouches for them"
    assert box(now) == {"Found under": spellings, "Established": "4 March 2024", "Members": "4 members",
                        "Presides now": "Ireland until 30 June 2025",
                        "Subject and region": "Regional cooperation · Europe"}  # fmt: skip
    assert [*table(now, "Members")] == ["Iceland", "Ireland", "Malta", "Norway"]
    assert waits(now) == []
    assert recorded(now) == [
        ("founding", "2024-03-04", None, ("2024-03-04", "settled"), ("articles/treaty",)),
        *(("membership", code, None, ("member", "settled"), ("articles/treaty",)) for code in ("IS", "IE", "MT", "NO")),
        (*IRELAND, None, ("holds", "settled"), ("articles/treaty",)),
    ]
    assert why(now, "founding: 2024-03-04") == ("settled, decided by articles; last confirmed 2024-03-05", "sources 1",
                                                ["treaty"])  # fmt: skip


def test_a_state_joins(story):
    now = story.joined
    assert box(now)["Members"] == "5 members"
    assert "since 10 September 2024" in table(now, "Members")["Portugal"]
    assert box(now)["Secretary general"] == "Solveig Tarnby last confirmed 12 September 2024"
    assert recorded(now) == [
        ("membership", "PT", None, ("member", "settled"), ("articles/fifth",)),
        ("official", "Solveig Tarnby", None, ("current", "settled"), ("articles/fifth",)),
    ]
    assert now.read == ["fifth"]
    assert "  member: membership: Portugal, status member, since 2024-09-10" in now.then[SEPTEMBER]
    assert not [line for line in now.then[JUNE] if "Portugal" in line]


def test_a_suspended_state_is_shown_apart_and_was_a_member_before(story):
    now = story.suspended
    assert box(now)["Members"] == "4 members, 1 suspended"
    assert [*table(now, "Members")] == ["Iceland", "Ireland", "Norway", "Portugal"]
    assert "since 18 February 2025" in table(now, "Suspended")["Malta"]
    assert recorded(now) == [("membership", "MT", ("member", "settled"), ("suspended", "settled"), ("articles/dues",))]
    assert "Member: Malta – status member → suspended" in now.feed[0].title
    assert why(now, "membership: Malta")[2] == ["dues", "treaty"]
    assert "  member: membership: Malta" in now.then[JUNE], "not as it stands today"


def test_an_announced_handover_is_next_and_changes_nothing_yet(story):
    now = story.announced
    assert box(now)["Presides now"] == "Ireland until 30 June 2025"
    assert box(now)["Presides next"] == "Norway from 1 July 2025 announced"
    assert "1 July 2025: Ireland → Norway announced" in plain(now.page)
    assert recorded(now) == [(*NORWAY, None, ("will-take", "settled"), ("articles/galway",))]
    assert waits(now) == []


def test_a_reprint_counts_once_and_confirms_nothing(story):
    now = story.reprinted
    assert now.read == ["wired"]
    assert (now.added, len(now.feed)) == ([], len(story.announced.feed))
    row = table(now, "Presidency")["Norway"]
    assert "One source says so" in row
    assert "12 May 2025, Ministers agree reprint" in row
    assert why(now, "presidency: Norway") == ("settled, decided by articles; announced; last confirmed 2025-05-10",
                                              "sources 1", ["galway", "wired"])  # fmt: skip
    assert "wired, 2025-05-12, reprints galway" in now.explained


def test_until_a_day_includes_that_day(story):
    assert box(story.eve)["Presides now"] == "Ireland until 30 June 2025"
    assert box(story.eve)["Presides next"] == "Norway from 1 July 2025 announced"


def test_a_day_that_comes_without_a_word_is_due_and_then_overdue(story):
    for now in (story.due, story.overdue):
        assert box(now)["Presides now"] == "Norway from 1 July 2025 due, not yet confirmed"
        assert "Presides next" not in box(now)
        assert why(now, "presidency: Norway")[0].split("; ")[1] == "due"
        assert "former" in table(now, "Presidency")["Ireland"]
    assert (waits(story.eve), waits(story.due), waits(story.overdue)) == ([], [], [("overdue", *NORWAY)])
    (item,) = story.overdue.queue
    assert item.says.fields["phase"] == "took-over"
    assert "did it happen?" in plain(story.overdue.files["review/index.md"])


def test_time_alone_writes_nothing(story):
    for now in (story.eve, story.due, story.overdue):
        assert (now.read, now.written, now.added) == ([], (), [])
        assert now.files["feeds/changes.xml"] == story.reprinted.files["feeds/changes.xml"]


def test_a_report_confirms_it(story):
    now = story.confirmed
    assert box(now)["Presides now"] == "Norway since 1 July 2025, last confirmed 28 July 2025"
    assert waits(now) == []
    assert recorded(now) == [
        ("membership", "GL", None, ("observer", "settled"), ("articles/quiet",)),
        (*NORWAY, ("will-take", "settled"), ("took-over", "settled"), ("articles/quiet",)),
    ]
    assert why(now, "presidency: Norway") == ("settled, decided by articles; current; last confirmed 2025-07-28",
                                              "sources 2", ["quiet", "galway", "wired"])  # fmt: skip


def test_a_contradiction_is_shown_with_both_sides_and_waits(story):
    now = story.contradicted
    assert box(now)["Established"] == "8 March 2024 or 4 March 2024"
    assert "Sources disagree on the since: 1 October 2024 or 10 September 2024" in table(now, "Members")["Portugal"]
    assert "At the same time sources name Iceland" in table(now, "Presidency")["Norway"]
    assert "At the same time sources name Norway" in table(now, "Presidency")["Iceland"]
    assert box(now)["Presides now"].endswith("disputed")
    assert [*table(now, "Members")] == [*table(story.confirmed, "Members")]
    founding = ("founding", "2024-03-08")
    assert waits(now) == [("disputed", *what) for what in (founding, NORWAY, ("membership", "PT"), ICELAND)]
    reason = "sources 1; chosen as said last; otherwise 1; sources disagree: value"
    assert why(now, "founding: 2024-03-08")[1:] == (reason, ["jubilee", "treaty"])


def test_a_dispute_is_on_record_because_of_the_article_that_began_it_and_no_other(story):
    assert recorded(story.contradicted) == [
        ("founding", "2024-03-08", ("2024-03-04", "settled"), ("2024-03-08", "disputed"), ("articles/jubilee",)),
        ("membership", "PT", ("member", "settled"), ("member", "disputed"), ("articles/jubilee",)),
        (*ICELAND, None, ("took-over", "disputed"), ("articles/rival",)),
        (*NORWAY, ("took-over", "settled"), ("took-over", "disputed"), ("articles/rival",)),
    ]


def test_a_correction_settles_it_and_says_so(story):
    now = story.corrected
    assert box(now)["Established"] == "4 March 2024"
    assert "Settled by an editor" in table(now, "Founding")["Established"]
    assert "The charter is dated so." in table(now, "Founding")["Established"]
    assert "Said otherwise: 8 March 2024" in table(now, "Founding")["Established"]
    assert "since 10 September 2024" in table(now, "Members")["Portugal"]
    assert [*table(now, "Presidency")] == ["Norway", "Ireland"]
    assert box(now)["Presides now"] == "Norway since 1 July 2025, last confirmed 28 July 2025"
    assert (now.read, waits(now)) == ([], [])
    cause = ("overrides/organisations/alo.yml",)
    assert recorded(now) == [
        ("founding", "2024-03-04", ("2024-03-08", "disputed"), ("2024-03-04", "settled"), cause),
        ("membership", "PT", ("member", "disputed"), ("member", "settled"), cause),
        (*NORWAY, ("took-over", "disputed"), ("took-over", "settled"), cause),
        (*ICELAND, ("took-over", "disputed"), None, cause),
    ]
    assert why(now, "founding: 2024-03-04") == (
        "settled, decided by override; last confirmed 2024-03-05", "The charter is dated so.; sources 1; otherwise 1",
        ["override", "treaty", "jubilee"])  # fmt: skip
    assert "denied: - rival, 2025-10-06" in now.explained


def test_what_a_person_wrote_survives_the_decisions_byte_for_byte(story):
    path = story.anew.project.root / OVERRIDES
    assert path.read_bytes().startswith(BY_HAND + b"\n- kind: founding\n")
    assert [one.facts.kind for one in story.anew.project.overrides.expected] == ["membership"]
    assert len(story.anew.project.overrides.claims) == 3


def test_a_source_withdrawn_takes_what_only_it_said_and_leaves_the_rest(story):
    now, before = story.withdrawn, story.corrected
    assert box(now)["Members"] == "4 members, 1 suspended"
    assert box(now)["Presides now"] == "Norway from 1 July 2025 due, not yet confirmed"
    assert waits(now) == [("overdue", *NORWAY)]
    assert recorded(now) == [
        (*NORWAY, ("took-over", "settled"), ("will-take", "settled"), ("articles/quiet",)),
        ("membership", "GL", ("observer", "settled"), None, ("articles/quiet",)),
    ]
    (kept,), (old,) = now.project.sheets, before.project.sheets
    untouched = [fact for fact in old.facts if (fact.kind, fact.value) not in (NORWAY, ("membership", "GL"))]
    assert [fact for fact in kept.facts if (fact.kind, fact.value) != NORWAY] == untouched
    assert why(now, "presidency: Norway") == why(story.overdue, "presidency: Norway")


def test_what_was_so_on_a_day_is_kept_apart_from_when_we_learned_it(story):
    """Of one day in 2024, asked at different times: the day stays, what is known of it changes."""
    known = {name: [line for line in vars(story)[name].then[SEPTEMBER] if "Portugal" in line] for name, *_ in STORY}
    since = ["  member: membership: Portugal, status member, since 2024-09-10"]
    assert {name for name, lines in known.items() if lines == since} == known.keys() - {"founded", "contradicted"}
    assert known["founded"] == known["contradicted"] == []
    for name, *_ in STORY:
        then = vars(story)[name].then[JUNE]
        assert "  current: presidency: Ireland, phase holds, until 2025-06-30" in then
        assert [line.split(": ")[2].split(",")[0] for line in then if line.startswith("  member: ")] == [
            "Iceland", "Ireland", "Malta", "Norway"]  # fmt: skip
        assert ("  founding: 2024-03-08, event established" in then) == (name == "contradicted")


def test_the_feed_tells_each_change_once_on_its_day_with_a_link_that_leads_to_it(story):
    told = 0
    for name, day, _ in STORY:
        now = vars(story)[name]
        told += len(now.added)
        assert len({entry.id for entry in now.feed}) == len(now.feed) == told
        for entry, change in zip(now.feed, reversed(now.added), strict=False):
            assert entry.updated.startswith(day)
            assert change.fact.value_name in entry.title or change.fact.kind == "founding"
            path, _, anchor = entry.link.removeprefix("https://example.org/").partition("#")
            assert path == "organisations/alo/"
            assert f'id="{anchor}"' in now.page if change.after else not anchor
            assert f'id="{entry.id.rpartition(":")[2]}"' in now.files["changes/index.md"]
    assert told == 22


def test_facts_made_anew_are_the_same_and_no_news(story):
    old, new = story.withdrawn, story.anew
    assert new.read == ["dues", "fifth", "galway", "jubilee", "rival", "treaty", "wired"]
    assert new.project.sheets == old.project.sheets
    assert new.added == []


# What a step of the story looks like from outside.


def article(title, published, text):
    return f"---\ntitle: {title}\npublished: {published}\n---\n{text}\n"


def played(root, day):
    """A build on a day, and all that readers and editors then see."""
    before = content.load_changes(root)[0]
    report = build(root, today=date.fromisoformat(day))
    record, problems = content.load_changes(root)
    project = refresh(root, today=date.fromisoformat(day))
    assert [*problems, *(problem for problem in project.problems if problem.severity == "error")] == []
    assert record[: len(before)] == before, "the record is only added to"
    site = "https://example.org/"
    made = publish.publish(project, site=site)
    files = {page.path: page.text for page in (*made.pages.values(), *publish.data(made.edition, site))}
    feed = feedparser.parse(files["feeds/changes.xml"])
    assert not feed.bozo
    return SimpleNamespace(
        written=report.touched, read=[*report.extracted], project=project, files=files, page=files["organisations/alo.md"],
        queue=review.queue(project, project.today), added=record[len(before) :], feed=feed.entries,
        explained=typed(root, day, "explain", "alo"),
        then={period: typed(root, day, "show", "alo", "--as-of", period).splitlines()[1:] for period in (JUNE, SEPTEMBER)},
    )  # fmt: skip


def typed(root, day, *words):
    """What the command line prints on a day."""
    seconds = (date.fromisoformat(day) - date(1970, 1, 1)).days * 86400
    with contextlib.chdir(root):
        done = CliRunner().invoke(app, words, env={"SOURCE_DATE_EPOCH": str(seconds), "COLUMNS": "300"})
    assert done.exit_code == 0, done.output
    return done.stdout


def plain(html):
    return " ".join(Markup(html).striptags().split())


def box(step):
    """The summary on top of a sheet: term → what it says."""
    pairs = re.findall(r"<dt>(.*?)</dt> *<dd>(.*?)</dd>", step.page)
    return {plain(term): plain(says) for term, says in pairs}


def table(step, heading):
    """The rows of a section: what each is about → its text, evidence included."""
    section = re.split(r"^## ", step.page, flags=re.M)
    (found,) = [part for part in section if part.startswith(f"{heading}\n")] or [""]
    rows = re.findall(r"<tr [^>]*id=.*?</tr>", found, re.S)
    return {plain(re.search(r"<th.*?</th>", row, re.S)[0]): plain(row) for row in rows}


def waits(step):
    return [(item.reason, item.says.kind, item.says.value or item.says.value_name) for item in step.queue]


def recorded(step):
    """What a build added to the record: kind, value, what it said before and after, because of what."""

    def side(fact):
        return fact and (fact.fields.get("status") or fact.fields.get("phase") or fact.value_name, fact.verdict)

    return [(c.fact.kind, c.fact.value or c.fact.value_name, side(c.before), side(c.after), c.because) for c in step.added]


def why(step, fact):
    """What `factsheets explain` says of a fact: its verdict, its reason, its claims in rank order."""
    (found,) = [part for part in step.explained.split("\n\n") if part.startswith(fact)]
    _, verdict, reason, *claims = (line.strip() for line in found.splitlines() if not line.startswith("denied"))
    return verdict, reason.removeprefix("why: "), [re.split(r"[ ,]", line.removeprefix("- "))[0] for line in claims]
