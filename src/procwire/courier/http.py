"""One POST after another to one URL, over a connection that is kept: bounded answers, no redirects."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from urllib.parse import urlsplit

import msgspec

from procwire.courier.contract import CourierError
from procwire.courier.hosts import Hosts, secured, shut
from procwire.model.values import SECOND

MAX_ANSWER_BYTES = 4 << 20  # Elasticsearch answers with a line an item
MAX_PAUSE_SECONDS = 300
_PORTS = {"http": 80, "https": 443}


class Answer(msgspec.Struct, frozen=True):
    """Status, body, and how long the server asks to be left alone."""

    status: int
    body: bytes
    wait_ns: int = 0

    @property
    def excerpt(self) -> str:
        """The beginning, for people."""
        return " ".join(self.body[:160].decode("utf-8", "replace").split())


class Place(msgspec.Struct, frozen=True):
    """A URL taken apart."""

    scheme: str
    host: str
    port: int
    path: str


def place_of(url: str, name: str) -> Place:
    """Raises CourierError; the URL itself, which may be a secret, is not in it."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise CourierError(f"sink {name}: its URL cannot be read") from None
    if not port or not parts.hostname or parts.username or not url.isascii() or not url.isprintable():
        raise CourierError(f"sink {name}: its URL must be http:// or https://, a host, and no user in it")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, parts.hostname, port, path)


class _Connection(http.client.HTTPConnection):
    """Connects through Hosts."""

    def __init__(self, place: Place, hosts: Hosts, context: ssl.SSLContext | None, timeout: float) -> None:
        super().__init__(place.host, place.port, timeout=timeout)
        self._hosts = hosts
        self._context = context
        self._seconds = timeout

    def connect(self) -> None:
        """See HTTPConnection."""
        made = self._hosts.connect(self.host, self.port, self._seconds)
        self.sock = made if self._context is None else secured(made, self._context, self.host)


class Post:
    """``send`` a body. Raises OSError where there is no answer."""

    def __init__(self, place: Place, hosts: Hosts, context: ssl.SSLContext | None, timeout: float) -> None:
        self.place = place
        secure = context if place.scheme == "https" else None
        self._connection = _Connection(place, hosts, secure, timeout)
        self._kept = False

    def send(self, body: bytes, headers: dict[str, str], path: str = "") -> Answer:
        """One request. A kept connection that the server has closed meanwhile is made anew, once."""
        if self._kept:
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self._once(body, headers, path)
        return self._once(body, headers, path)

    def abort(self) -> None:
        """See Carrier."""
        sock: socket.socket | None = self._connection.sock
        shut(sock)

    def _once(self, body: bytes, headers: dict[str, str], path: str) -> Answer:
        self._kept = False
        try:
            self._connection.request(
                "POST", path or self.place.path, body, {"User-Agent": "procwire", **headers}
            )
            response = self._connection.getresponse()
            found = response.read(MAX_ANSWER_BYTES)
            answer = Answer(response.status, found, _pause(response.getheader("Retry-After")))
        except http.client.HTTPException as error:
            self._connection.close()
            raise OSError(0, f"no HTTP answer: {type(error).__name__} {error}".strip()) from None
        except OSError:
            self._connection.close()
            raise
        if response.will_close or not response.isclosed():
            self._connection.close()
        else:
            self._kept = True
        return answer


def _pause(text: str | None) -> int:
    """Retry-After in seconds (RFC 9110 section 10.2.3); a date is as good as nothing said."""
    if text is None or not text.isascii() or not text.strip().isdigit():
        return 0
    return min(int(text.strip()[:9]), MAX_PAUSE_SECONDS) * SECOND
