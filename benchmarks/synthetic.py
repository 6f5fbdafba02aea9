"""A project of any size, of invented bodies and sentences, saved as a build would save it: no model is needed."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from generator import build, cache, content, disk, gazetteer, strict_yaml
from generator.model import Claim, Quote
from generator.reconcile import reconcile

SYLLABLES = "ba de fi go hu ka le mi no pu ra se ti vo zu cha dre fli gro ska".split()
FORMS = ("Council", "Union", "Forum", "League", "Compact")
POSTS = ("Secretary General", "Deputy Secretary General", "Treasurer", "Legal Adviser", "Chief of Protocol")
FILLER = "Delegates from {} and {} spoke on Friday with {}, and left the rest to {}."  # no six words that recur: no reprints
MEMBERS, SOURCES, PRESIDENCIES = 20, 10, range(2021, 2026)
SETTINGS = """\
site_name: Invented organisations
site_url: https://example.org/
repo_url: https://github.com/example/invented
theme:
  name: material
  font: false
  features: [content.action.edit, navigation.footer, search.highlight, search.suggest]
nav: [index.md, organisations/index.md, countries/index.md, articles/index.md, changes/index.md, review/index.md]
markdown_extensions: [admonition, attr_list, md_in_html, tables, toc: {permalink: true}]
"""


def name(number: int) -> str:
    """A word of three syllables or more, different for each number."""
    word = ""
    while number or len(word) < 6:
        number, place = divmod(number, len(SYLLABLES))
        word += SYLLABLES[place]
    return word.capitalize()


def title(number: int) -> str:
    """What the body of this number is called."""
    return f"{name(number * 7 + 400)} {FORMS[number % len(FORMS)]}"


def write(root: Path, sheets: int, articles: int) -> None:
    """Fills a folder: one organisation a sheet, its facts quoted from ten of the articles, and one override."""
    bodies = [{"id": f"body-{n}", "name": title(n), "acronyms": [], "kind": "regional"} for n in range(sheets)]
    texts: dict[str, str] = defaultdict(str)
    claims = [claim for number in range(sheets) for claim in _claims(number, articles, texts)]
    for article, text in texts.items():
        disk.write(
            root / f"content/articles/{article}.md", f"---\ntitle: On {article}\npublished: 2026-03-01\n---\n{text}\n"
        )
    disk.write(root / "content/organisations/invented.yml", strict_yaml.dump(bodies))
    disk.write(root / "mkdocs.yml", SETTINGS + "plugins: [search, factsheets]\n")
    disk.write(root / "docs/about.md", "# About\n\nAll of this is invented.\n")
    override(root, "Marker 0")
    project = build.refresh(root, today=cache.today())
    by_article: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_article[claim.quote.article if claim.quote else ""].append(claim)
    digests = {article.id: article.digest for article in project.articles}
    seals = {article: content.seal(by_article[article]) for article in digests}
    settled = reconcile([*claims, *project.overrides.claims], project.kinds, project.gazetteer)
    content.save_sheets(root, content.outdated(root, settled), content.MadeFrom(project.engine, digests, seals))


def override(root: Path, marker: str) -> None:
    """The edit that is measured: one line of one override file, seen on the page of the first body."""
    entry = [{"kind": "membership", "value": "AM", "status": "observer", "since": "2001", "why": f"{marker}."}]
    disk.write(root / "content/overrides/organisations/body-0.yml", strict_yaml.dump(entry))


def _claims(number: int, articles: int, texts: dict[str, str]) -> Iterator[Claim]:
    """What the articles say of one body; the sentences go to the ends of their texts."""
    body, codes = title(number), [*gazetteer.load_built_in().countries]
    countries = gazetteer.load_built_in().countries
    says = [("founding", str(1950 + number % 70), {"event": "established"}, f"The {body} was established long ago.")]
    for place in range(MEMBERS):
        code = codes[(number * 3 + place * 7) % len(codes)]
        sentence = f"{countries[code].name} has been a member of the {body} since {1990 + place}."
        says.append(("membership", code, {"status": "member", "since": str(1990 + place)}, sentence))
    for place, post in enumerate(POSTS):
        person = f"{name(number * 5 + place)} {name(number + 4000 + place)}"
        fields = {"post": post, "status": "current", "since": str(2015 + place)}
        says.append(("official", person, fields, f"{person}, {post} of the {body} since {2015 + place}, agreed."))
    for year in PRESIDENCIES:
        code = codes[(number * 3 + year * 7) % len(codes)]
        sentence = f"{countries[code].name} took over the presidency of the {body} for the year {year}."
        says.append(
            ("presidency", code, {"phase": "took-over", "since": f"{year}-01-01", "until": f"{year}-12-31"}, sentence)
        )
    for place, (kind, value, fields, sentence) in enumerate(says):
        article = f"report-{(number * SOURCES + place % SOURCES) % articles}"
        start = len(texts[article])
        filler = FILLER.format(*(name(number * 31 + place + more) for more in (900, 2_500, 5_300, 7_100)))
        texts[article] += f"{sentence}\n\n{filler}\n\n"
        shown = countries[value].name if value in countries else value
        quote = Quote(article, start, start + len(sentence), sentence)
        yield Claim(kind, f"body-{number}", body, "organisation", value, shown, fields, quote,
                    said="2026-03-01", rule=f"{kind}/invented", confidence=0.95)  # fmt: skip


if __name__ == "__main__":  # in a process of its own: a command's peak of memory counts that of whoever starts it
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
