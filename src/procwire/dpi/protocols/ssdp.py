"""SSDP: devices and services of a link, searched for and announced by multicast (UPnP Device Architecture).

Recognised on any port by a whole start line (``M-SEARCH * HTTP/1.1``, ``NOTIFY * HTTP/1.1``, or a status line
with the fields of a search's answer), over UDP only. Answers come to the asker's own port, mostly as a flow
of their own, so a latency is known only where both went the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "ssdp"
REQUESTS = True
PORTS = frozenset({("udp", 1900)})
TRANSPORTS = frozenset({"udp"})
FIRST = b"MNH"

MAX_FIELDS = 64  # header lines of one message that are read
_START = lazy(rb"(?i:M-SEARCH \* HTTP/1\.[01]|NOTIFY \* HTTP/1\.[01]|HTTP/1\.[01] 200 OK)\r?\n")
_ANSWER = lazy(rb"(?i)\n(?:st|usn|nt):")
_AGE = lazy(r"max-age\s*=\s*(\d{1,9})", re.IGNORECASE)


class SsdpMessage(Observation, kw_only=True):
    """A search, an answer to one, or an announcement."""

    TABLE = "ssdp"
    message: Annotated[str, says("search, response, alive, byebye, update or notify.")]
    target: Annotated[str, says("Type that is searched for or announced (ST, NT).")] = ""
    device: Annotated[str, says("Unique name of the device or service (USN).")] = ""
    location: Annotated[str, says("Where its description is.")] = ""
    server: Annotated[str, says("System and product of the device.")] = ""
    user_agent: Annotated[str, says("System and product of the asker.")] = ""
    max_wait: Annotated[int | None, says("Longest wait of an answer (MX).", unit="s")] = None
    max_age: Annotated[int | None, says("How long the announcement holds.", unit="s")] = None
    latency: Annotated[int | None, says("From the search to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (SsdpMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A start line, and behind a status line the fields of an answer."""
    if _START.match(data) is None:
        return Claim.NO
    return Claim.YES if data[:1] not in {b"H", b"h"} or _ANSWER.search(data) else Claim.NO


def _fields(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in data.split(b"\n")[1 : MAX_FIELDS + 1]:
        name, colon, value = line.partition(b":")
        if colon:
            found.setdefault(plain(name.strip(), 64).lower(), plain(value.strip()))
    return found


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pending = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        if _START.match(data) is None:
            raise ProtocolError("no start line")
        fields = _fields(data)
        age = _AGE.search(fields.get("cache-control", ""))
        seen = SsdpMessage(
            time=now,
            side=side,
            message="search",
            target=fields.get("st") or fields.get("nt", ""),
            device=fields.get("usn", ""),
            location=fields.get("location", ""),
            server=fields.get("server", ""),
            user_agent=fields.get("user-agent", ""),
            max_wait=_number(fields.get("mx", "")),
            max_age=None if age is None else int(age[1]),
        )
        if data[:1] in b"Nn":
            seen.message = fields.get("nts", "").removeprefix("ssdp:") or "notify"
        elif data[:1] in b"Hh":
            seen.message = "response"
            for wanted in (seen.target, "ssdp:all"):
                latency = self._pending.answer((1 - side, wanted), now)[0] if seen.latency is None else None
                seen.latency = latency if seen.latency is None else seen.latency
        else:
            self._pending.ask((int(side), seen.target), now, side=side, said=f"search {seen.target}")
        yield seen


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
