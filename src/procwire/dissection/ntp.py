"""NTP: a packet's header with its four times (RFC 5905 section 7.3); control messages by their head alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from procwire.dissection.outline import Outline, addressed, hexed, quoted, sized

PORT = 123
HEADER_BYTES = 48
MODES = {1: "symmetric", 2: "symmetric answer", 3: "client", 4: "server", 5: "broadcast", 6: "control",
         7: "private"}  # fmt: skip
TIMED = frozenset(range(1, 6))
FIRST = datetime(1900, 1, 1, tzinfo=UTC)  # of era 0
ERA = 1 << 32
SIXTYEIGHT = 1 << 31  # seconds below it are of the era that began in 2036 (RFC 4330 section 3)


def fits(data: bytes, ports: tuple[int, int]) -> bool:
    """On its port: a mode with times and room for them, or a message of control."""
    if PORT not in ports or len(data) < 8:
        return False
    mode, edition = data[0] & 7, data[0] >> 3 & 7
    return 1 <= edition <= 4 and (mode in (6, 7) or (mode in TIMED and len(data) >= HEADER_BYTES))


def clock(data: bytes) -> str:
    """64 bits as a time; a dash where it was not set."""
    seconds, fraction = int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big")
    if not seconds and not fraction:
        return "-"
    whole = seconds + (0 if seconds >= SIXTYEIGHT else ERA)
    found = FIRST + timedelta(seconds=whole, microseconds=fraction * 1_000_000 // ERA)
    return found.isoformat(sep=" ").replace("+00:00", "Z")


def _short(number: int) -> str:
    return f"{number / 65536:.6f} s"


def _power(number: int) -> str:
    """Seconds, as a power of two."""
    signed = number - 256 if number > 127 else number
    return f"2^{signed} s"


def read(outline: Outline) -> str:
    """Header, times, what may follow."""
    first = outline.number("leap, version and mode", 1,
                           lambda n: f"{n >> 6}, {n >> 3 & 7}, {n & 7} {MODES.get(n & 7, '')}")  # fmt: skip
    mode = MODES.get(first & 7, "")
    if first & 7 not in TIMED:
        outline.rest("message", sized)
        return mode
    stratum = outline.number("stratum", 1)
    outline.number("poll", 1, _power)
    outline.number("precision", 1, _power)
    outline.number("root delay", 4, _short)
    outline.number("root dispersion", 4, _short)
    write: Callable[[bytes], str] = addressed if stratum > 1 else (lambda data: quoted(data.rstrip(b"\0")))
    outline.octets("reference", 4, write)
    for name in ("reference time", "origin time", "receive time"):
        outline.octets(name, 8, clock)
    sent = clock(outline.octets("transmit time", 8, clock))
    outline.rest("extensions and key", hexed)
    return f"{mode}  stratum {stratum}  {sent}"
