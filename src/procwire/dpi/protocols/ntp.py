"""NTP: time asked for and told, and the commands that are sent to time servers (RFC 5905, RFC 9327).

Recognised on port 123 by a version, a mode, a length that header, extensions and check sum can have, and
values that a clock can have. There is no magic, so elsewhere it is not claimed. Shows whether answers are
authenticated (NTS or a key), and the commands that amplification attacks use.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "ntp"
PORT = 123
REQUESTS = True
PORTS = frozenset({("udp", PORT)})
TRANSPORTS = frozenset({"udp"})
FIRST = bytes(value for value in range(256) if 1 <= value >> 3 & 7 <= 4 and value & 7)

HEADER_BYTES = 48
MAX_BYTES = 1500  # of a message of control or private use
_UNIX = 2_208_988_800  # seconds from 1900 to 1970
_ERA = 1 << 32
_MODES = {1: "symmetric", 2: "symmetric-answer", 3: "client", 4: "server", 5: "broadcast", 6: "control",
          7: "private"}  # fmt: skip
_LEAPS = ("", "insert", "delete", "unsynchronised")
# RFC 9327 section 2.1; and of mode 7, which no RFC describes, what ntpd called these (ntp_request.h).
_COMMANDS = {1: "read-status", 2: "read-variables", 3: "write-variables", 4: "read-clock-variables",
             5: "write-clock-variables", 6: "set-trap", 7: "trap", 8: "configure", 9: "save-configuration",
             10: "read-mru", 11: "read-ordered-list", 12: "request-nonce", 31: "unset-trap"}  # fmt: skip
_PRIVATE = {0: "peer-list", 1: "peer-list-sum", 2: "peer-info", 3: "peer-stats", 4: "system-info",
            5: "system-stats", 16: "restrict-list", 20: "monlist", 42: "monlist"}  # fmt: skip


class NtpMessage(Observation, kw_only=True):
    """Time asked for or told, or a command."""

    TABLE = "ntp"
    mode: Annotated[str, says("client, server, broadcast, symmetric, control, private, ...")]
    version: Annotated[int, says("Version of the protocol.")]
    stratum: Annotated[int | None, says("Steps from a reference clock; 0 is unknown.")] = None
    reference: Annotated[str, says("Where the sender has its time from: a clock's name or an address.")] = ""
    kiss: Annotated[str, says("Code by which a server turns a client away.")] = ""
    leap: Annotated[str, says("insert or delete for a leap second to come, or unsynchronised.")] = ""
    server_time: Annotated[int | None, says("The server's clock when it answered.", kind=Kind.TIME)] = None
    root_delay: Annotated[int | None, says("Round trip to the reference clock.", kind=Kind.DURATION)] = None
    root_dispersion: Annotated[int | None, says("Error against it, at most.", kind=Kind.DURATION)] = None
    poll: Annotated[int | None, says("Longest time between messages, as a power of two.", unit="s")] = None
    authentication: Annotated[str, says("nts or key:NUMBER, where the message is authenticated.")] = ""
    command: Annotated[str, says("What a control or private message asks for.")] = ""
    answer: Annotated[bool, says("Whether this is the answer to a request.")] = False
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]


OBSERVATIONS = (NtpMessage,)


def _sane(data: bytes) -> bool:
    """Length and values that a message of this mode can have."""
    size = len(data)
    if not data or not 1 <= data[0] >> 3 & 7 <= 4:
        return False
    mode = data[0] & 7
    if mode == 6:
        return 12 <= size <= MAX_BYTES and data[1] & 31 in _COMMANDS and _control_fits(data)
    if mode == 7:  # version 2, an implementation number, items that fit in the message
        items = int.from_bytes(data[4:6], "big") & 0xFFF
        fits = 8 + items * (int.from_bytes(data[6:8], "big") & 0xFFF) <= size
        return 8 <= size <= MAX_BYTES and data[0] >> 3 & 7 == 2 and data[2] in {0, 2, 3} and fits
    if mode == 0 or size < HEADER_BYTES or size > MAX_BYTES or size % 4:
        return False
    poll, precision = _signed(data[2]), _signed(data[3])
    right = mode == 3 or -63 <= precision <= 20  # clients that hide their clock send what they like
    return data[1] <= 16 and -8 <= poll <= 36 and right and _clock_fits(data, mode)


def _control_fits(data: bytes) -> bool:
    """No leap bits, and the count of data is what follows, padded, with or without a check sum (RFC 9327)."""
    count = int.from_bytes(data[10:12], "big")
    return data[0] >> 6 == 0 and len(data) - 12 - count in {0, 1, 2, 3, *range(20, 32)}


def _clock_fits(data: bytes, mode: int) -> bool:
    """A server tells its time; a client may leave everything at zero but has some of it.

    No reference clock is hours away, though a delay of version 3 may be a little below nothing (RFC 1305).
    """
    if 0x0F < data[4] < 0xFF or data[8] > 0x0F:
        return False
    if mode in {4, 5}:
        return any(data[40:48])
    return not any(data[24:32]) or any(data[40:48]) or mode == 1


_CLOCKS = bytes(value for value in FIRST if value & 7 <= 5)  # modes with times, by the first byte
_POLLS = bytes((*range(37), *range(248, 256)))
SHAPES = {
    "udp": Shape(
        starts=(
            {0: _CLOCKS, 1: bytes(range(17)), 2: _POLLS},
            {0: bytes(value for value in FIRST if value & 7 == 6 and value < 64)},
            {0: bytes(value for value in FIRST if value & 63 == 0x17), 2: b"\0\2\3"},
        ),
        least=8,
    )
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A sane message on its port."""
    if PORT not in {context.src_port, context.dst_port} or not _sane(data):
        return Claim.NO
    return Claim.YES


def _signed(value: int) -> int:
    return value - 256 if value > 127 else value


def _time(data: bytes) -> int | None:
    """A time stamp as ns since 1970, in the era that ends 2036 or the one after (section 6)."""
    seconds = int.from_bytes(data[:4], "big")
    if not seconds:
        return None
    seconds += 0 if seconds & 0x80000000 else _ERA
    return (seconds - _UNIX) * 1_000_000_000 + (int.from_bytes(data[4:8], "big") * 1_000_000_000 >> 32)


def _short(data: bytes) -> int:
    """Seconds in 16.16 bits as ns."""
    return int.from_bytes(data, "big") * 1_000_000_000 >> 16


def authentication(data: bytes) -> str:
    """``nts`` by its extension field (RFC 8915 section 5.6), or the key of the check sum at the end."""
    at = HEADER_BYTES
    while at + 28 <= len(data):  # RFC 7822 section 3: what is shorter at the end is a check sum
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if size < 16 or size % 4 or at + size > len(data):
            break
        if data[at : at + 2] == b"\x04\x04":
            return "nts"
        at += size
    if len(data) - at in {20, 24, 36, 4 + 64}:
        return f"key:{int.from_bytes(data[at : at + 4], 'big')}"
    return ""


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pending = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        if not _sane(data):
            raise ProtocolError("values make no sense")
        mode = data[0] & 7
        seen = NtpMessage(
            time=now, side=side, mode=_MODES[mode], version=data[0] >> 3 & 7, size_bytes=len(data)
        )
        if mode == 6:
            seen.answer = bool(data[1] & 0x80)
            seen.command = _COMMANDS[data[1] & 31]
        elif mode == 7:
            seen.answer = bool(data[0] & 0x80)
            seen.command = _PRIVATE.get(data[3]) or f"request{data[3]}"
        else:
            _clock(seen, data, mode)
        key = (mode | 1 if mode < 6 else mode, seen.command)
        if mode in {2, 4} or seen.answer:
            seen.latency, _ = self._pending.answer((1 - side, 3 if mode == 4 else key[0], key[1]), now)
        elif mode != 5:
            self._pending.ask((int(side), *key), now, side=side, said="time")
        yield seen


def _clock(seen: NtpMessage, data: bytes, mode: int) -> None:
    seen.leap = _LEAPS[data[0] >> 6]
    seen.stratum = data[1]
    seen.poll = _signed(data[2])
    seen.authentication = authentication(data)
    seen.answer = mode in {2, 4}
    if mode == 3:
        return
    seen.root_delay, seen.root_dispersion = _short(data[4:8]), _short(data[8:12])
    seen.server_time = _time(data[40:48])
    name = data[12:16].rstrip(b"\0")
    if data[1] == 0:
        seen.kiss = name.decode("ascii") if name.isalnum() else ""
    elif data[1] == 1:
        seen.reference = (
            name.decode("ascii") if name.isascii() and name.decode().isprintable() else name.hex()
        )
    else:
        seen.reference = ".".join(map(str, data[12:16]))
