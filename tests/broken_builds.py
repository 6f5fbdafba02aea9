"""Builds broken on purpose: each takes one wall away, and the test that proves the wall must then fail.

`make mutants` runs them all on a copy of the repository; `python tests/broken_builds.py WORD…` only those whose promise,
file or test has one of the words. test_broken_builds.py sees to it that no promise of the threat model is without one.
"""

import compileall
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
ATTACKS, BUILD, CONTENT, DURABLE, INTAKE, LIMITS, SOAK, SOURCES = (
    f"test_{name}.py" for name in ("attacks", "build", "content", "durability", "intake", "limits", "soak", "sources")
)


class Break(NamedTuple):
    """One wall less: in `file`, `old` (which stands there once) becomes `new`, and `test` must fail."""

    what: str
    test: str  # file::name
    file: str
    old: str
    new: str


ESCAPE = 'return Markup(_MARKUP.sub(lambda match: f"&#{ord(match[0])};", text))'
REFUSED = "    except OSError as error:\n        place"
MADE = "        descriptor, name = tempfile"
SERVED = f"{SOAK}::test_a_site_that_is_edited_misses_no_edit_and_takes_no_more_memory"
MANY = f"{SOAK}::test_all_whole_articles_of_many_are_read_and_each_broken_one_is_named"
PLUGS = f"{SOAK}::test_commands_disturbed_at_random_moments_lose_nothing"
IN_PLACE = "temporary.replace(path)"
PARSED = "    data, lines = schemas.parse(text, path, schemas.overrides(kinds))"
LEFT = """    from contextlib import ExitStack

    with held, ExitStack() as at_the_end:
        with in_words(folder):
            (folder / "held").mkdir()
        at_the_end.callback((folder / "held").rmdir)
"""

BREAKS = (
    # no text becomes markup, a script or a template
    Break("escaping is off", f"{ATTACKS}::test_no_attack_runs_a_script_or_leaves_its_place",
          "generator/render/words.py", ESCAPE, "return Markup(text)"),
    Break("titles may hold tags", f"{ATTACKS}::test_no_attack_runs_a_script_or_leaves_its_place",
          "generator/render/words.py", '.replace("<", "‹").replace(">", "›")', ""),
    Break("JSON-LD can end its script", f"{ATTACKS}::test_no_attack_runs_a_script_or_leaves_its_place",
          "generator/export.py", 'return re.sub("[<>&\\u2028\\u2029]", lambda match: f"\\\\u{ord(match[0]):04x}", text)',
          "return text"),
    Break("Markdown is not escaped", f"{ATTACKS}::test_every_attack_is_shown_as_it_was_written",
          "generator/render/words.py", """_MARKUP = re.compile(r"[&<>\\"'`*_{}\\[\\]\\\\#|~^$=!:@+]")""",
          """_MARKUP = re.compile(r"[<>\\"]")"""),
    # only http and https are linked to
    Break("any scheme is linked to", f"{ATTACKS}::test_an_address_that_is_none_is_refused_or_shown_as_plain_text",
          "generator/render/words.py", 'or parts.scheme not in ("http", "https")', ""),
    Break("an address is linked to whatever stands in it", f"{ATTACKS}::test_no_link_is_unsafe",
          "generator/render/words.py", "    if not plain or parts.scheme", "    if False or parts.scheme"),
    # the Content-Security-Policy
    Break("no policy is put into pages", "test_browser.py::test_what_would_get_into_a_page_all_the_same_does_nothing",
          "generator/site.py", "found[0] + meta", "found[0]"),
    Break("the policy allows inline scripts", "test_browser.py::test_what_would_get_into_a_page_all_the_same_does_nothing",
          "generator/site.py", "script-src 'self' {scripts};", "script-src 'self' 'unsafe-inline';"),
    Break("the policy trusts what came with the page",
          "test_browser.py::test_a_script_that_came_with_a_page_is_in_no_policy", "generator/site.py",
          "output = _with_policy(output, self._policies[shape])", "output = _with_policy(output, _policy(output))"),
    # tables, calendars and feeds
    Break("spreadsheets may take a cell for a formula", f"{ATTACKS}::test_other_programs_read_the_data_as_it_was_written",
          "generator/export.py", """return f"'{text}" if text and text[0] in "=+-@\\t\\r\\n＝＋－＠" else text or \"\"""",
          'return text or ""'),
    Break("characters that nobody sees stay", f"{ATTACKS}::test_every_attack_is_shown_as_it_was_written",
          "generator/strict_yaml.py", "\\u202a-\\u202e\\u2060-\\u206f", ""),
    Break("a value may hold commands to a terminal", f"{ATTACKS}::test_no_text_sends_commands_to_a_terminal",
          "generator/strict_yaml.py", 'UNSEEN.sub("", event.value) if event.style', "event.value if event.style"),
    # templates
    Break("templates in the sandbox are compiled like ours",
          "test_templates.py::test_compiled_templates_lie_outside_the_project_and_those_in_a_sandbox_apart",
          "generator/render/words.py", 'compiled("sandboxed" if own else "pages")', 'compiled("pages")'),
    Break("templates run outside the sandbox", f"{ATTACKS}::test_a_template_cannot_reach_the_program_nor_run_for_ever",
          "generator/render/words.py", "(_Sandbox if own else Environment)(", "Environment("),
    Break("templates may change what they are given",
          f"{ATTACKS}::test_a_template_cannot_reach_the_program_nor_run_for_ever", "generator/render/words.py",
          "class _Sandbox(ImmutableSandboxedEnvironment):",
          "from jinja2.sandbox import SandboxedEnvironment\n\n\nclass _Sandbox(SandboxedEnvironment):"),
    # file names and links
    Break("a file's name is told as it is",
          f"{ATTACKS}::test_a_file_with_a_hostile_name_is_named_on_one_plain_line_and_makes_no_page", "generator/disk.py",
          "c if c.isprintable() else ascii(c)[1:-1]", "c"),
    Break("any name makes a page",
          f"{ATTACKS}::test_a_file_with_a_hostile_name_is_named_on_one_plain_line_and_makes_no_page", "generator/content.py",
          "if not _ID.fullmatch(path.stem) or", "if"),
    Break("links of files lead anywhere", f"{ATTACKS}::test_a_link_out_of_the_project_is_not_followed",
          "generator/content.py", "or (path.is_symlink() and disk.leads_out(path, root))", ""),
    Break("links of folders are read",
          f"{ATTACKS}::test_a_folder_that_leads_out_of_the_project_is_neither_read_nor_written_to", "generator/content.py",
          "path.parent in away or", ""),
    Break("links of folders are written to",
          f"{ATTACKS}::test_a_folder_that_leads_out_of_the_project_is_neither_read_nor_written_to", "generator/disk.py",
          "if problems := links_out(root):", "if problems := []:"),
    # a broken article
    Break("one broken article stops all",
          f"{BUILD}::test_where_some_articles_are_broken_the_good_ones_build_and_each_broken_one_is_named",
          "generator/build.py", 'if any(p.path is None or p.path.parts[:2] != ("content", "articles") for p in errors):',
          "if errors:"),
    Break("a broken article loses its facts",
          f"{BUILD}::test_where_some_articles_are_broken_the_good_ones_build_and_each_broken_one_is_named",
          "generator/build.py", "kept |= {id_: known[id_] for id_ in was}", "pass"),
    # killed processes, full disks
    Break("files are written in place", f"{DURABLE}::test_a_full_disk_leaves_every_file_as_it_was_or_whole",
          "generator/disk.py", MADE, f"        return bool(path.write_bytes(data))\n{MADE}"),
    Break("files are written in place, the old one gone first",
          f"{DURABLE}::test_a_plug_pulled_at_any_moment_loses_nothing_and_the_next_run_makes_it_whole",
          "generator/disk.py", IN_PLACE, "(path.unlink(missing_ok=True), temporary.replace(path))"),
    Break("nothing is flushed to the disk before its rename",
          f"{DURABLE}::test_what_is_written_reaches_the_disk_before_its_name_does", "generator/disk.py",
          "                os.fsync(file.fileno())\n", ""),
    Break("nothing is flushed to the disk after its rename",
          f"{DURABLE}::test_what_is_written_reaches_the_disk_before_its_name_does", "generator/disk.py",
          "            _flush(path.parent)\n", ""),
    Break("a disk that is full for others is a traceback",
          f"{DURABLE}::test_a_disk_that_is_full_for_others_who_write_is_told_in_words", "generator/commands/__init__.py",
          "if error.errno not in (", "if error not in ("),
    Break("what broke off is taken for whole", f"{DURABLE}::test_a_network_lost_midway_adds_nothing",
          "generator/sources/web.py", 'raise FactsheetsError(f"{url}: broke off: {error}") from None', "return"),
    Break("what an ended run left stays",
          f"{DURABLE}::test_a_plug_pulled_at_any_moment_loses_nothing_and_the_next_run_makes_it_whole",
          "generator/disk.py", "leftover.unlink(missing_ok=True)", "pass"),
    Break("lost claims are not noticed", f"{BUILD}::test_facts_that_were_lost_or_edited_are_made_anew",
          "generator/build.py", "return content.seal(known.get(article.id, ())) == project.made_from.claims.get(article.id)",
          "return True"),
    Break("a full disk is a traceback", f"{DURABLE}::test_a_full_disk_leaves_every_file_as_it_was_or_whole",
          "generator/disk.py", REFUSED, REFUSED.replace("OSError", "KeyError")),
    Break("a record is written anew, not added to",
          f"{DURABLE}::test_a_clock_that_runs_back_changes_no_fact_and_loses_no_record", "generator/content.py",
          "write(path, old + changes.dump(found).encode())", "write(path, changes.dump(found).encode())"),
    Break("a record follows a clock that runs back",
          f"{DURABLE}::test_a_clock_that_runs_back_changes_no_fact_and_loses_no_record", "generator/changes.py",
          "day = max([on, *(change.on for change in past)])", "day = on"),
    Break("a folder that is read-only is a traceback", f"{BUILD}::test_a_read_only_facts_folder_is_a_clear_error",
          "generator/disk.py", REFUSED, REFUSED.replace("OSError", "KeyError")),
    Break("the lock is ignored", f"{CONTENT}::test_only_one_build_at_a_time", "generator/disk.py",
          'held = filelock.FileLock(folder / "build.lock").acquire(timeout=seconds)', "held = suppress()"),
    # what people wrote
    Break("what stood in an override file is written anew",
          "test_review.py::test_what_a_person_wrote_survives_byte_for_byte", "generator/content.py",
          "write(path, old + added.encode())\n    return path", "write(path, (text + added).encode())\n    return path"),
    Break("an addition that changes what stood there is kept",
          "test_review.py::test_a_file_that_cannot_be_added_to_stays_as_it_is", "generator/content.py",
          "for it in (text, text + added)]", "for it in (text, text)]"),
    Break("adding writes over what a person edited", f"{INTAKE}::test_what_a_person_edited_is_never_written_over",
          "generator/intake.py", "if not same_text and added != articlefile.digest(stands) and not force:", "if False:"),
    # what is fetched
    Break("hosts that are not public are reached",
          f"{SOURCES}::test_hosts_that_are_not_public_are_refused_before_anything_is_sent", "generator/sources/web.py",
          "return ip.is_global and not ip.is_multicast", "return True"),
    Break("an address inside an IPv6 address is not looked at",
          f"{SOURCES}::test_an_address_inside_another_counts_as_what_it_is", "generator/sources/web.py",
          "ip = ip.ipv4_mapped or ip.sixtofour or inside or ip", "pass"),
    Break("a name is looked up again after it was allowed",
          f"{SOURCES}::test_a_name_that_turns_private_after_it_was_looked_at_is_not_followed", "generator/sources/web.py",
          "self._dns_host = addresses[-1]", "pass"),
    Break("a page has no limit of size", f"{SOURCES}::test_a_server_that_misbehaves_is_left_in_time_and_named",
          "generator/sources/web.py", "if size > limits.size:", "if False:"),
    Break("fetching has no limit of time", f"{SOURCES}::test_a_server_that_misbehaves_is_left_in_time_and_named",
          "generator/sources/web.py", "return result.result(limits.seconds)", "return result.result(limits.seconds + 9)"),
    Break("robots.txt is not asked", f"{SOURCES}::test_robots_who_are_asked_to_stay_away_do", "generator/sources/web.py",
          "if robots and not", "if False and not"),
    # bounded work
    Break("the model's files are not compared", f"{LIMITS}::test_a_model_whose_files_are_not_those_we_know_is_refused",
          "generator/extract/pipeline.py", "if model == DEFAULT_MODEL and digest(folder) != MODEL_DIGEST:", "if False:"),
    Break("YAML may have aliases", f"{LIMITS}::test_yaml_that_takes_more_than_it_has_is_refused_where_it_begins",
          "generator/strict_yaml.py", "kind is yaml.AliasEvent or (kind not in _ENDS and event.anchor)", "False"),
    Break("YAML may be nested without end", f"{LIMITS}::test_yaml_that_takes_more_than_it_has_is_refused_where_it_begins",
          "generator/strict_yaml.py", "if len(at) >= MAX_DEPTH:", "if False:"),
    Break("YAML may name types", f"{LIMITS}::test_yaml_that_takes_more_than_it_has_is_refused_where_it_begins",
          "generator/strict_yaml.py", "if kind not in _ENDS and event.tag:", "if False:"),
    Break("a file may have any size", f"{LIMITS}::test_a_file_that_is_too_large_is_named_before_it_is_read",
          "generator/strict_yaml.py", "(size := path.stat().st_size) > MAX_BYTES", "(size := path.stat().st_size) < 0"),
    Break("a phrase may take for ever", f"{LIMITS}::test_a_phrase_of_a_project_that_takes_for_ever_is_its_authors_error",
          "generator/extract/matching.py", "finditer(text, timeout=MATCH_SECONDS)", "finditer(text)"),
    Break("our own patterns go back and forth", f"{LIMITS}::test_no_pattern_of_ours_takes_longer_than_its_text_is_long",
          "generator/extract/types.yml", "(?:[\\w-]+ ){0,9}", "(?:[\\w-]+ )*"),
    # long runs, each with a small count
    Break("a character that YAML cannot hold is a traceback",
          "test_fuzz.py::test_a_text_that_nobody_wrote_gives_a_value_or_an_error_that_names_its_file",
          "generator/strict_yaml.py", "    except yaml.YAMLError as error:", "    except KeyError as error:"),
    Break("content that is edited is not watched", SERVED, "generator/site.py",
          'watched = (_root(config) / "content", ', "watched = ("),
    Break("a file that was edited is taken for what it was", SERVED, "generator/content.py",
          "if known and known[0] == stats and", "if known and"),
    Break("each reading of an override keeps 200 MB", SERVED, "generator/overridefile.py",
          PARSED, f'    schemas.lost = [*getattr(schemas, "lost", ()), "x" * 2 * 10**8]\n{PARSED}'),
    Break("of many articles, one that is broken stops all", MANY, "generator/build.py",
          'if any(p.path is None or p.path.parts[:2] != ("content", "articles") for p in errors):', "if errors:"),
    Break("of many articles, those that are broken are passed over in silence", MANY, "generator/content.py",
          "key=lambda article: article.id), [*problems, *_below", "key=lambda article: article.id), [*_below"),
    Break("a command that meets a full disk wrote in place", PLUGS, "generator/disk.py",
          MADE, f"        return bool(path.write_bytes(data))\n{MADE}"),
    Break("a lock outlives the process that held it", PLUGS, "generator/disk.py", "    with held:\n", LEFT),
    Break("a page in the site stays though somebody wrote another there",
          "test_site.py::test_pages_that_stay_are_left_where_they_stand_and_nothing_else_is",
          "generator/standing.py", "if stamp == _stamp(self._aside, path)", "if stamp"),
    Break("what nobody made stays in the site",
          "test_site.py::test_pages_that_stay_are_left_where_they_stand_and_nothing_else_is",
          "generator/standing.py", 'elif f"{within}{entry.name}" in places:', "elif True:"),
    Break("what was made by a template stays when the template changes",
          "test_publish.py::test_a_template_of_the_project_s_own_changes_what_is_made_once",
          "generator/publish.py", "last if last and last.edition.templates == project.templates else None", "last"),
    # workflows
    Break("an action is named by its version", "test_docs.py::test_workflows_use_actions_by_commit_and_ask_for_little",
          ".github/workflows/check.yml", "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683", "actions/checkout@v4"),
    Break("a workflow may write to the repository", "test_docs.py::test_workflows_use_actions_by_commit_and_ask_for_little",
          ".github/workflows/check.yml", "permissions:\n  contents: read", "permissions:\n  contents: write"),
    # what is fetched, once more
    Break("redirects lead anywhere", f"{SOURCES}::test_a_server_that_misbehaves_is_left_in_time_and_named",
          "generator/sources/web.py", 'usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0',
          "usable = True"),
)  # fmt: skip


def apply(one: Break, root: Path) -> str:
    """Breaks a copy; returns the file as it was."""
    text = (root / one.file).read_text("utf-8")
    assert text.count(one.old) == 1, f"{one.file} has this {text.count(one.old)} times: {one.old}"
    (root / one.file).write_text(text.replace(one.old, one.new), "utf-8")
    return text


def copied(root: Path) -> Path:
    """The repository without what is made from it; tests run on it as on itself. Its byte code is that of its texts, by
    their digests, so what is broken is compiled again and nothing else is.
    """
    unwanted = shutil.ignore_patterns(".venv", ".git", ".cache", "site", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, root, ignore=unwanted)
    compileall.compile_dir(root / "generator", quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return root


def run(tests: set[str], root: Path) -> subprocess.CompletedProcess[str]:
    """The tests on the program of that copy: a path before all others, and no byte code is written."""
    few = {"EVERY_NTH_ATTACK": os.environ.get("EVERY_NTH_ATTACK", "4")}  # all of them take minutes each time
    few["LONGEST_WAIT"] = "30"  # for an edit that is missed
    environment = {**os.environ, **few, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:xdist", "-p", "no:cacheprovider", "--tb=line"]
    command += [f"tests/{test}" for test in sorted(tests)]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


def killed(one: Break, root: Path) -> tuple[bool, str]:
    """Whether its test failed on the broken copy, and what pytest said of it."""
    before = apply(one, root)
    done = run({one.test}, root)
    (root / one.file).write_text(before, "utf-8")
    lines = done.stdout.splitlines()
    last = [line for line in lines if line.startswith(("FAILED", "ERROR"))] or [done.stdout[-300:]]
    why = [line for line in lines if re.match(r"E  |/\S+\.py:\d+: ", line)]
    return done.returncode == 1, "\n".join([*last[:1], *why[:1]])


def main(words: list[str]) -> int:
    """Prints each, test by test, once the test has held where nothing is broken; 1 where a broken build was not noticed."""
    chosen = [one for one in BREAKS if not words or any(word in " ".join(one[:3]) for word in words)]
    survivors, sound = 0, set[str]()
    with tempfile.TemporaryDirectory() as folder:
        root = copied(Path(folder) / "copy")
        for one in chosen:
            start = time.monotonic()
            beside = {other.test for other in chosen if other.test.partition("::")[0] == one.test.partition("::")[0]}
            if one.test not in sound and (whole := run(beside, root)).returncode:
                sys.exit(f"a test fails already where nothing is broken:\n{whole.stdout[-3000:]}{whole.stderr[-500:]}")
            sound |= beside
            dead, said = killed(one, root)
            survivors += not dead
            state = "noticed " if dead else "SURVIVED"
            print(f"{state} {time.monotonic() - start:5.0f} s  {one.file}: {one.what}\n{said[:400]}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} broken builds noticed, by {len(sound)} tests")
    return bool(survivors)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
