"""Bytes from strangers: servers that misbehave, and files that are not what they are called."""

import socket
import time

import pytest
from loopback import answer, bomb, cut_off, drip, endless, page, pdf, redirect, serving

from generator.errors import FactsheetsError
from generator.sources import load, load_feed, same, texts, web

QUICK = web.Limits(size=2_000_000, seconds=1.5, redirects=3)
NEWS = "BISHKEK, November 27 – Russia will take over the presidency of the CSTO from Kyrgyzstan on 1 January 2026."
MORE = "Officials said so on Thursday, after months of talks among the members of the organisation about who comes next."
PAGE = page("Kyrgyzstan hands the CSTO on", NEWS, MORE, published="2025-11-27T09:00:00+06:00")


def fetch(url, limits=QUICK):
    return web.fetch(url, private=True, limits=limits)


def refused(url, says, **more):
    with pytest.raises(FactsheetsError) as caught:
        fetch(url, **more)
    assert says in str(caught.value)
    assert "0x" not in str(caught.value), "no address of an object"
    assert "(host=" not in str(caught.value), "and no connection as Python shows it"


def test_a_page_becomes_an_article_without_what_surrounds_it():
    with serving({"/news/csto": PAGE}) as server:
        article = load(f"{server}/news/csto#comments", private=True).article
    assert (article.id, article.title) == ("kyrgyzstan-hands-the-csto-on", "Kyrgyzstan hands the CSTO on")
    assert (article.published, article.publisher, article.language) == ("2025-11-27", "The Steppe Courier", "en")
    assert article.url == f"{server}/news/csto"
    assert article.text == f"{NEWS}\n\n{MORE}"


@pytest.mark.parametrize(
    ("misbehaves", "says"),
    [
        (drip, "took longer than"),
        (endless, "larger than 2 MB"),
        (bomb, "larger than 2 MB"),
        (cut_off, "broke off"),
        (lambda handler: answer(handler, b"not gzip", Content_Encoding="gzip"), "broke off"),
        (lambda handler: handler.wfile.write(b"\x16\x03\x01 what?\r\n\r\n"), "cannot be reached"),
        (lambda handler: answer(handler, b"", 503), "answers 503"),
        (redirect("/page"), "redirects more than 3 times"),
        (redirect("file:///etc/passwd"), "only http:// and https://"),
        (redirect("ftp://127.0.0.1/x"), "only http:// and https://"),
        (redirect("http://user:secret@127.0.0.1/"), "name or password"),
        (redirect("http://[::1"), "only http:// and https://"),
    ],
    ids="drip endless bomb cut-off not-gzip not-http 503 loop file ftp password nonsense".split(),
)
def test_a_server_that_misbehaves_is_left_in_time_and_named(misbehaves, says):
    with serving({"/page": misbehaves}) as server:
        start = time.monotonic()
        refused(f"{server}/page", says)
        assert time.monotonic() - start < 5


def test_what_is_not_there_or_no_address_is_said_so():
    with serving({}) as server:
        refused(f"{server}/page", "answers 404")
    refused(f"{server}/page", "cannot be reached")
    refused("ftp://example.org/x", "only http:// and https://")
    refused("http://", "only http:// and https://")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "0.0.0.0", "2130706433"]
)
def test_hosts_that_are_not_public_are_refused_before_anything_is_sent(host):
    with serving({"/": lambda handler: pytest.fail("it was asked")}) as server:
        port = server.rpartition(":")[2]
        with pytest.raises(FactsheetsError, match="not a public host"):
            web.fetch(f"http://{host}:{port}/", limits=QUICK)


@pytest.mark.parametrize("address", ["64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1", "fc00::1", "224.0.0.1", "100.64.0.1"])
def test_an_address_inside_another_counts_as_what_it_is(address):
    assert not web.is_public(address)
    assert web.is_public("2606:4700:4700::1111")
    assert web.is_public("1.1.1.1")


def test_a_name_that_turns_private_after_it_was_looked_at_is_not_followed(monkeypatch):
    """What a redirect or a second look-up says is checked again, and what was checked is what is connected to."""
    answers = iter(["93.184.216.34", "127.0.0.1"])
    connected = []
    real = socket.getaddrinfo

    def turning(host, port, *given, **more):
        return real(next(answers) if host == "turning.example" else host, port, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", turning)
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: connected.append(address[0]))
    monkeypatch.setattr(socket.socket, "sendall", lambda self, data: (_ for _ in ()).throw(OSError("far enough")))
    with pytest.raises(FactsheetsError):
        web.fetch("http://turning.example/", limits=QUICK)
    assert connected == ["93.184.216.34"]


def test_robots_who_are_asked_to_stay_away_do():
    rules = b"User-agent: *\nDisallow: /private/\nDisallow: /*.pdf$\nAllow: /private/press\n"
    pages = {
        "/robots.txt": rules,
        "/private/x": PAGE,
        "/private/press": PAGE,
        "/a.pdf": PAGE,
        "/away": redirect("/private/x"),
    }
    with serving(pages) as server:
        assert fetch(f"{server}/private/press").raw == PAGE
        for path in ("/private/x", "/a.pdf", "/away"):
            refused(f"{server}{path}", "robots.txt asks programs to stay away")
    with serving({"/robots.txt": lambda handler: answer(handler, b"", 500), "/x": PAGE}) as server:
        refused(f"{server}/x", "robots.txt")


@pytest.mark.parametrize("named", ["utf-8", "iso-8859-1", "nonsense", None])
def test_a_wrong_charset_of_the_server_does_no_harm(named):
    kind = f"text/html; charset={named}" if named else "text/html"
    body = page("Reşat Çelik takes office", "Çelik was sworn in on Monday in İzmir. " + NEWS, MORE)
    with serving({"/x": lambda handler: answer(handler, body, Content_Type=kind)}) as server:
        assert "Çelik was sworn in on Monday in İzmir." in load(f"{server}/x", private=True).article.text


def test_an_old_charset_is_understood_where_server_or_page_name_it():
    words = "Президент Казахстана прибыл в Бишкек на саммит организации. Он встретился с президентом Армении. " * 5
    for served, written in (("text/html; charset=windows-1251", "utf-8"), ("text/html", "windows-1251")):
        body = page("Саммит", words, charset="windows-1251").replace(b"windows-1251", written.encode(), 1)
        with serving({"/x": lambda handler, served=served, body=body: answer(handler, body, Content_Type=served)}) as server:
            article = load(f"{server}/x", private=True).article
        assert article.text.startswith("Президент Казахстана"), served
        assert article.language == "ru"
        assert article.id == "x", "the address names what the title cannot"


def test_the_bytes_tell_what_a_file_is_whatever_it_is_called():
    with serving({"/report.pdf": PAGE, "/page.html": pdf([NEWS.replace("–", "-")])}) as server:
        assert load(f"{server}/report.pdf", private=True).article.text == f"{NEWS}\n\n{MORE}"
        assert load(f"{server}/page.html", private=True).article.text == NEWS.replace("–", "-")


LEFT = [
    "Annual report of the observatory", "3",
    "The session was chaired by Kyrgyz President Sadyr Japarov, who spoke of a year of",
    "coopera-", "tion with the Vice-", "President of the bank, and closed it on Thursday evening in Bishkek.",
    "Taalatbek Masadykov is the Secretary General of the organisation and goes on.",
]  # fmt: skip
RIGHT = ["Annual report of the observatory", "4", "Russia takes over next year. The Vice-President agreed."]


def test_a_pdf_is_read_in_sentences_without_running_titles():
    article = texts.read(pdf(LEFT, RIGHT, title="Microsoft Word - x.docx"), "report.pdf")
    assert article.text.split("\n\n") == [
        "The session was chaired by Kyrgyz President Sadyr Japarov, who spoke of a year of cooperation with "
        "the Vice-President of the bank, and closed it on Thursday evening in Bishkek. "
        "Taalatbek Masadykov is the Secretary General of the organisation and goes on. "
        "Russia takes over next year. The Vice-President agreed."
    ]
    assert (article.published, article.language) == (None, "en")
    assert "Word" not in article.title


def test_what_has_no_text_is_refused():
    for raw, says in [
        (b"", "has no text"),
        (b"<!doctype html><html><body><script>x()</script></body></html>", "has no text"),
        (b"<html>", "has no text"),
        (pdf([""]), "has no text"),
        (b"%PDF-1.7 and then nothing", "cannot be read as PDF"),
        (b"\x89PNG\r\n\0\0\0", "neither a web page nor a PDF nor text"),
        (b"<?xml version='1.0'?><rss version='2.0'></rss>", "is a feed"),
    ]:
        with pytest.raises(FactsheetsError, match=says):
            texts.read(raw, "file.html")


@pytest.mark.parametrize(
    ("title", "id"),
    [
        ("../../../etc/passwd", "etc-passwd"), ("CON", "con-article"), ("Index", "index-article"), ("lpt1", "lpt1-article"),
        ("a" * 500, "a" * 60), ("C:\\Windows\\win.ini: a story", "c-windows-win-ini-a-story"), ("首脳会議", "page"),
    ],
)  # fmt: skip
def test_a_title_becomes_a_file_name_that_is_safe_everywhere(title, id):
    assert texts.read(f"---\ntitle: '{title}'\n---\n{NEWS}".encode(), "page.md").id == id


def test_text_and_markdown_say_of_themselves_what_they_are():
    plain = texts.read(f"The CSTO moves on\n\n{NEWS}\r\n".encode("utf-16"), "notes.txt")
    assert (plain.title, plain.text) == ("The CSTO moves on", f"The CSTO moves on\n\n{NEWS}")
    marked = texts.read(f"---\ntitle: On\npublished: 2025-11\nlicence: CC0-1.0\n---\n{NEWS}\n".encode(), "a.md")
    assert (marked.title, marked.published, marked.licence, marked.text) == ("On", "2025-11", "CC0-1.0", NEWS)
    with pytest.raises(FactsheetsError, match="published"):
        texts.read(b"---\npublished: tomorrow\n---\nWords.\n", "a.md")


def test_an_address_is_known_again_without_what_does_not_matter():
    one = same("https://Example.org/news/a/?utm_source=feed&id=3#top")
    assert one == same("http://example.org/news/a?id=3")
    assert one != same("http://example.org/news/a?id=4")
    assert same("http://[::1") == "http://[::1"


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>The wire</title>
<item><title>A</title><link>/a</link></item><item><title>B</title><link>{}/b</link></item><item><title>no link</title></item>
</channel></rss>"""


def test_a_feed_leads_to_its_entries():
    pages = {"/page": PAGE, "/path": b"/etc/passwd"}
    with serving(pages) as server:
        pages["/rss"] = RSS.format(server).encode()
        assert load_feed(f"{server}/rss", private=True) == ("The wire", (f"{server}/a", f"{server}/b"))
        for path in ("/page", "/path"):
            with pytest.raises(FactsheetsError, match="is no feed"):
                load_feed(f"{server}{path}", private=True)
