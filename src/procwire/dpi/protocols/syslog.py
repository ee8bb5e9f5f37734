"""Syslog: log messages on their way to a collector (RFC 5424, RFC 3164; over TCP RFC 6587).

Recognised by a priority in angle brackets followed by the version and time of RFC 5424 or by the date of RFC
3164; a priority before any other printable text is only taken on port 514. Over TCP messages are counted or
end with a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "syslog"
REQUESTS = True
PORTS = frozenset({("udp", 514), ("tcp", 514), ("tcp", 601)})
TRANSPORTS = frozenset({"udp", "tcp"})
FIRST = b"<0123456789"

KEEP = 8192  # of one message; RFC 5424 section 6.1 asks for 2048 at least
MAX_TEXT = 1024  # characters shown
FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
)  # fmt: skip
SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")

_PRIORITY = lazy(rb"<(\d{1,3})>")
_COUNT = lazy(rb"([1-9]\d{0,5}) <")
_NEW = lazy(
    rb"<\d{1,3}>[1-9]\d{0,2} (-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,16}) (\S{1,255}) (\S{1,48}) (\S{1,128}) "
    rb"(\S{1,32}) ?"
)
_OLD = lazy(
    rb"<\d{1,3}>(?:\d{1,10}: )?[*.]?((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]?\d(?: \d{4})? "
    rb"\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: [A-Z]{3,4}(?=:))?:? ?"
)
_TAG = lazy(rb"(?:([\w.:-]{1,255}) )?([\w./-]{1,64})(?:\[(\d{1,10})\])?: ?")
_STRUCTURED = lazy(rb'-(?: |$)|((?:\[(?:[^\]\\"]|\\.|"(?:[^"\\]|\\.)*+")*+\])++) ?')


class SyslogMessage(Observation, kw_only=True):
    """One log message."""

    TABLE = "syslog"
    facility: Annotated[str, says("Part of the system that it comes from.")]
    severity: Annotated[str, says("How grave it is.")]
    format: Annotated[str, says("rfc5424, rfc3164, or free where it keeps to neither.")]
    timestamp: Annotated[str, says("Time as the sender wrote it.")] = ""
    hostname: Annotated[str, says("Host that it is from, as the sender wrote it.")] = ""
    program: Annotated[str, says("Program that it is from.")] = ""
    pid: Annotated[str, says("Process id, as the sender wrote it.")] = ""
    message_id: Annotated[str, says("Kind of message (RFC 5424).")] = ""
    data: Annotated[str, says("Structured data (RFC 5424).")] = ""
    text: Annotated[str, says("What it says.")] = ""
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]


OBSERVATIONS = (SyslogMessage,)


def _priority(data: bytes) -> int | None:
    """The priority value, None where there is none (RFC 5424 section 6.2.1)."""
    found = _PRIORITY.match(data)
    if found is None or int(found[1]) > 191 or (found[1][:1] == b"0" and found[1] != b"0"):
        return None
    return int(found[1])


def measure(data: bytes | bytearray) -> int:
    """RFC 6587 section 3.4: a count before the message, or a line's end behind it."""
    if data[0] == 0x3C:
        end = data.find(b"\n")
        return end + 1
    found = _COUNT.match(data)
    if found is not None:
        return found.end() - 1 + int(found[1])
    if len(data) > 8 or re.fullmatch(rb"[1-9]\d{0,5} ?", data) is None:
        raise ProtocolError("neither count nor priority")
    return 0


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A priority and a known form behind it."""
    if context.transport == "tcp":
        return _claims_stream(data)
    if _priority(data) is None:
        return Claim.NO
    if _NEW.match(data) or _OLD.match(data):
        return Claim.YES
    text = data.rstrip(b"\r\n\0")
    named = 514 in {context.src_port, context.dst_port}
    return Claim.YES if named and len(text) > 8 and _printable(text) else Claim.NO


def _claims_stream(data: bytes) -> Claim:
    """The form must be whole within the first 600 bytes."""
    start = data[:600]
    if not start:
        return Claim.MORE
    if start[:1] != b"<":
        found = _COUNT.match(start)
        if found is None:
            return Claim.MORE if re.fullmatch(rb"[1-9]\d{0,5} ?", start) else Claim.NO
        start = start[found.end() - 1 :]
    if _NEW.match(start) or _OLD.match(start):
        return Claim.YES if _priority(start) is not None else Claim.NO
    if re.match(rb"<(?:\d{0,3}|\d{1,3}>.*)$", start, re.DOTALL) is None:
        return Claim.NO
    return Claim.NO if len(data) >= 600 or b"\n" in start else Claim.MORE


def _printable(text: bytes) -> bool:
    try:
        return text.decode("utf-8").replace("\t", " ").replace("\n", " ").isprintable()
    except UnicodeDecodeError:
        return False


class Parser(FramedParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, measure, KEEP)

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        size = len(data)
        if self.stream and data[:1] != b"<":
            data = data.partition(b" ")[2]
        data = data.rstrip(b"\r\n\0")
        value = _priority(data)
        if value is None:
            raise ProtocolError("no priority")
        seen = SyslogMessage(
            time=now,
            side=side,
            facility=FACILITIES[value >> 3],
            severity=SEVERITIES[value & 7],
            format="free",
            size_bytes=size,
        )
        _fill(seen, data)
        yield seen


def _fill(seen: SyslogMessage, data: bytes) -> None:
    found = _NEW.match(data)
    if found is not None:
        seen.format = "rfc5424"
        words = ["" if word == b"-" else plain(word) for word in found.groups()]
        seen.timestamp, seen.hostname, seen.program, seen.pid, seen.message_id = words
        rest = data[found.end() :]
        structured = _STRUCTURED.match(rest)
        if structured is not None:
            seen.data = plain(structured[1] or b"", MAX_TEXT)
            rest = rest[structured.end() :]
        seen.text = plain(rest.removeprefix(b"\xef\xbb\xbf"), MAX_TEXT)  # section 6.4: the mark of UTF-8
        return
    old = _OLD.match(data)
    start = old or _PRIORITY.match(data)
    if old is not None:
        seen.format = "rfc3164"
        seen.timestamp = plain(old[1])
    rest = data[start.end() if start else 0 :]
    tag = _TAG.match(rest)
    if tag is not None:
        seen.hostname, seen.program, seen.pid = (plain(word or b"") for word in tag.groups())
        rest = rest[tag.end() :]
    seen.text = plain(rest, MAX_TEXT)
