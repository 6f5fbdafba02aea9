"""A web server on loopback, well behaved or not, and PDFs made by hand."""

import gzip
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serving(pages):
    """A server's address; `pages` maps a path to bytes, or to what writes an answer with the handler.

    It stays as given: change the mapping, and the server answers otherwise.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            page = pages.get(self.path.partition("?")[0])
            try:
                if callable(page):
                    page(self)
                else:
                    answer(self, page or b"", 200 if page is not None else 404)
            except OSError:  # the other side has had enough
                pass

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def answer(handler, body, status=200, **headers):
    handler.send_response(status)
    for name, value in {"Content-Type": "text/html", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    if "Content_Length" not in headers:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def redirect(target):
    return lambda handler: answer(handler, b"", 302, Location=target)


def drip(handler):
    """A byte of the headers now and then, for ever."""
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"<p>And another thing. " * 5000)


def bomb(handler):
    """A gigabyte of nothing in a megabyte."""
    packed = gzip.compress(bytes(2**24))
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.end_headers()
    for _ in range(64):
        handler.wfile.write(packed)


def cut_off(handler):
    answer(handler, b"<p>Half a", Content_Length="5000")


def page(title, *paragraphs, published="", more="", charset="utf-8"):
    """A news page as they are: navigation, an article, what else there is to read."""
    date = f'<meta property="article:published_time" content="{published}">' if published else ""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="{charset}"><title>{title} | The Steppe Courier</title>'
        f'<meta property="og:site_name" content="The Steppe Courier">{date}{more}</head><body>'
        '<nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li></ul></nav>'
        f"<article><h1>{title}</h1>{text}<table><tr><td>Fiji</td><td>member of NATO</td></tr></table></article>"
        '<aside><h2>Read more</h2><p><a href="/x">Georgia is a member of NATO, says nobody in this teaser</a></p></aside>'
        "<footer><p>© The Steppe Courier. All rights reserved.</p></footer></body></html>"
    ).encode(charset)


def pdf(*pages, title=""):
    """A PDF of pages of lines, in a font that every reader has."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = b"".join(b"(%s) Tj T*\n" % _escaped(line) for line in lines)
        stream = b"BT /F1 11 Tf 14 TL 72 760 Td\n" + shown + b"ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]/Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
            % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    objects.append(b"<< /Title (%s) >>" % _escaped(title))
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects))
    return out + tail + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)


def _escaped(line):
    return line.encode("latin-1").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
