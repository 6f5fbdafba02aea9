"""An address → its bytes, within limits. Nothing else in the program opens a connection."""

import ipaddress
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from threading import Thread
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from protego import Protego
from urllib3.connection import HTTPConnection, HTTPSConnection

from generator.errors import FactsheetsError

AGENT = f"factsheets/{version('factsheets')} (fetches what a person adds)"
_HEADERS = {"User-Agent": AGENT, "Accept-Encoding": "gzip, deflate", "Accept": "text/html, application/pdf, */*;q=0.5"}
_SILENCE = 10  # seconds without a byte
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Limits(NamedTuple):
    """Where fetching ends."""

    size: int = 20_000_000  # bytes, once decompressed
    seconds: float = 60  # for all of it: names, robots.txt, redirects, the last byte
    redirects: int = 5


LIMITS = Limits()


class Fetched(NamedTuple):
    """What an address gave."""

    url: str  # where redirects ended
    raw: bytes  # decompressed
    charset: str | None  # as the server says; it may be wrong


def fetch(url: str, *, private: bool = False, limits: Limits = LIMITS) -> Fetched:
    """What stands at an http or https address; raises FactsheetsError, which says why, where that cannot be had.

    Only `private` reaches hosts that are not public, such as those of this machine's own network. A robots.txt that
    shuts us out is obeyed. Proxies of the environment are not used.
    """
    result: Future[Fetched] = Future()

    def work() -> None:
        try:
            result.set_result(_fetch(url, private, limits._replace(seconds=time.monotonic() + limits.seconds)))
        except Exception as error:
            result.set_exception(error)

    Thread(target=work, daemon=True).start()  # a server can spread one line over hours, a name may take minutes
    try:
        return result.result(limits.seconds)
    except TimeoutError:
        raise FactsheetsError(f"{url}: took longer than {limits.seconds:.0f} seconds") from None


def _fetch(url: str, private: bool, limits: Limits) -> Fetched:
    """`limits.seconds` is here the moment at which to end."""
    url, answer = _open(url, private, limits, robots=True)
    if answer.status != 200:
        raise FactsheetsError(f"{url}: the server answers {answer.status} {answer.reason or ''}".strip())
    charset = re.search(r"charset=[\"']?([\w-]+)", answer.headers.get("Content-Type", ""), re.I)
    return Fetched(url, b"".join(_body(url, answer, limits)), charset and charset[1])


def _open(url: str, private: bool, limits: Limits, robots: bool) -> tuple[str, urllib3.BaseHTTPResponse]:
    """The answer at the end of all redirects, and where it is from; each address on the way has to be allowed."""
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(_SILENCE), retries=False)
    if not private:
        pool.pool_classes_by_scheme = {"http": _PublicHTTPPool, "https": _PublicHTTPSPool}
    location = ""
    for _ in range(limits.redirects + 1):
        place = _checked(url, location)
        url = place.geturl()
        if robots and not _rules(f"{place.scheme}://{place.netloc}/robots.txt", private, limits).can_fetch(url, AGENT):
            raise FactsheetsError(f"{url}: its robots.txt asks programs to stay away", "save the page and add the file")
        try:
            answer = pool.request("GET", url, headers=_HEADERS, redirect=False, preload_content=False)
        except (urllib3.exceptions.HTTPError, UnicodeError) as error:
            why = re.sub(r"^\w+\(.*?\): ", "", str(error))  # the connection, as Python shows it
            raise FactsheetsError(f"{url}: cannot be reached: {why}") from None
        if not (location := answer.get_redirect_location() or ""):
            return url, answer
        answer.close()
    raise FactsheetsError(f"{url}: redirects more than {limits.redirects} times")


def _checked(url: str, location: str) -> SplitResult:
    """The parts of an address, seen from another, without the fragment."""
    try:
        parts = urlsplit(urljoin(url, location))._replace(fragment="")
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise FactsheetsError(f"{location or url}: only http:// and https:// addresses are fetched")
    if parts.username is not None:
        raise FactsheetsError(f"{parts.hostname}: addresses with a name or password in them are not fetched")
    return parts


@lru_cache
def _rules(url: str, private: bool, limits: Limits) -> Protego:
    """RFC 9309: where there is no robots.txt everything is allowed, and where a server cannot say, nothing is."""
    url, answer = _open(url, private, limits, robots=False)
    if answer.status >= 500:
        return Protego.parse("User-agent: *\nDisallow: /")
    body = b"".join(_body(url, answer, limits._replace(size=500_000))) if answer.status == 200 else b""
    return Protego.parse(body.decode("utf-8", "replace"))


def _body(url: str, answer: urllib3.BaseHTTPResponse, limits: Limits) -> Iterator[bytes]:
    size = 0
    try:
        for chunk in answer.stream(2**16):
            size += len(chunk)
            if size > limits.size:
                raise FactsheetsError(f"{url}: is larger than {limits.size // 1_000_000} MB")
            if time.monotonic() > limits.seconds:
                raise TimeoutError
            yield chunk
    except urllib3.exceptions.HTTPError as error:
        raise FactsheetsError(f"{url}: broke off: {error}") from None


class _Public(HTTPConnection):
    """Connects to public addresses alone: what was looked at is what is connected to, whatever a name says next."""

    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise urllib3.exceptions.NewConnectionError(self, f"{self.host} is not known ({error})") from None
        addresses = list(dict.fromkeys(str(address[0]).partition("%")[0] for *_, address in found))
        if not all(map(is_public, addresses)):
            hint = "a server of your own network? --allow-private"
            raise FactsheetsError(f"{self.host}: is not a public host ({', '.join(addresses)})", hint)
        for self._dns_host in addresses[:-1]:
            with suppress(urllib3.exceptions.HTTPError):
                return super()._new_conn()
        self._dns_host = addresses[-1]
        return super()._new_conn()


class _PublicTLS(_Public, HTTPSConnection):
    """The same, encrypted."""


class _PublicHTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Public


class _PublicHTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PublicTLS


def is_public(address: str) -> bool:
    """Does anybody on the internet mean the same machine by it? IPv4 inside IPv6 counts as what it is inside."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
        ip = ip.ipv4_mapped or ip.sixtofour or inside or ip
    return ip.is_global and not ip.is_multicast
