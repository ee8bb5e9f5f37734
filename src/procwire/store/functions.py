"""SQL functions that SQLite lacks, as the filter language has them.

| function | what it says |
|---|---|
| `within(address, net)` | whether an address is in a network or in a range (`10.0.0.1..10.0.0.9`) |
| `regexp(pattern, text)` | whether the pattern is found; also `text REGEXP pattern` |
| `like(pattern, text)` | as SQLite's own, in time that grows with the text alone; also `text LIKE pattern` |
| `caselike(pattern, text)` | as LIKE, with regard to case; `\\` before `%` or `_` takes it as it is |
| `fold(text)` | in lower case, as Unicode has it; SQLite's own lower knows ASCII alone |
| `rfc3339(time)` | a time as text, UTC with nanoseconds |
| `moment(text)` | the time that a text stands for: RFC 3339, or relative: `-2h` |
| `ago(span)` | the time so long ago: `ago('2h')` |
| `span(text)` | a duration in nanoseconds: `span('80ms')` |
| `octets(text)` | a size in bytes: `octets('1MB')` |
| `timepart(time, part)` | minute, hour, day, week (ISO 8601), month or year of a time in UTC |
"""

from __future__ import annotations

import ipaddress
import re
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from procwire.model import values
from procwire.model.filter.literals import address_number
from procwire.model.filter.pattern import searcher

TIME_PARTS = ("minute", "hour", "day", "week", "month", "year")
MAX_PATTERNS = 4096  # that are remembered; a rule's own are compiled once in any case
_searcher = lru_cache(maxsize=MAX_PATTERNS)(searcher)


@lru_cache(maxsize=1024)
def _ends(net: str) -> tuple[int, int, int]:
    """Family, lowest and highest address of a network or range. Raises ValueError."""
    low, found, high = net.partition("..")
    if found:
        first, last = ipaddress.ip_address(low), ipaddress.ip_address(high)
        if first.version != last.version:
            raise ValueError(f"{net} mixes IPv4 and IPv6")
        return first.version, int(first), int(last)
    network = ipaddress.ip_network(net, strict=False)
    return network.version, int(network.network_address), int(network.broadcast_address)


def within(address: Any, net: Any) -> int | None:
    """See the table above."""
    if address is None or net is None:
        return None
    family, low, high = _ends(str(net))
    found, number = address_number(str(address))
    return int(found == family and low <= number <= high)


def regexp(pattern: Any, text: Any) -> int | None:
    """See the table above."""
    if pattern is None or text is None:
        return None
    return int(_searcher(str(pattern))(values.as_text(text)))


@lru_cache(maxsize=MAX_PATTERNS)
def liker(pattern: str, escape: str = "", *, cased: bool = False) -> Callable[[str], bool]:
    """A LIKE pattern as a test of one text."""
    match = _like(pattern, escape, re.NOFLAG if cased else re.IGNORECASE).match
    return lambda text: match(text) is not None


def _like(pattern: str, escape: str, case: re.RegexFlag) -> re.Pattern[str]:
    """``%`` takes as little as it can and gives nothing back, so that no text holds it up."""
    parts = [""]
    letters = iter(pattern)
    for letter in letters:
        if escape and letter == escape:
            parts[-1] += re.escape(next(letters, ""))
        elif letter == "%":
            parts.append("")
        else:
            parts[-1] += "." if letter == "_" else re.escape(letter)
    out = [parts[0], *(f"(?>.*?{part})" for part in parts[1:-1] if part)]
    if len(parts) > 1:
        out.append(f".*{parts[-1]}")
    return re.compile(f"(?:{''.join(out)})\\Z", re.DOTALL | case | re.ASCII)


def like(pattern: Any, text: Any, escape: Any = "") -> int | None:
    """See the table above."""
    if pattern is None or text is None or escape is None:
        return None
    return int(liker(str(pattern), str(escape))(values.as_text(text)))


def caselike(pattern: Any, text: Any) -> int | None:
    """See the table above."""
    if pattern is None or text is None:
        return None
    return int(liker(str(pattern), "\\", cased=True)(values.as_text(text)))


def fold(text: Any) -> str | None:
    """See the table above."""
    return None if text is None else values.as_text(text).lower()


def rfc3339(ns: Any) -> str | None:
    """See the table above."""
    return None if ns is None else values.time_text(int(ns)) or None


def timepart(ns: Any, part: Any) -> int | None:
    """See the table above. Raises ValueError for a part that there is none of."""
    if ns is None or part is None:
        return None
    if part not in TIME_PARTS:
        raise ValueError(f"a time has no {part}")
    try:
        moment = datetime.fromtimestamp(int(ns) // 10**9, UTC)
    except (OverflowError, ValueError):
        return None
    found: int = moment.isocalendar().week if part == "week" else getattr(moment, str(part))
    return found


def _read(read: Callable[[str], int]) -> Callable[[Any], int | None]:
    return lambda text: None if text is None else read(str(text))


def _moment(text: str) -> int:
    return values.parse_time(text, now=time.time_ns())


def _ago(text: str) -> int:
    return time.time_ns() - values.parse_duration(text)


FUNCTIONS: dict[str, tuple[int, Callable[..., Any], bool]] = {
    "within": (2, within, True),
    "regexp": (2, regexp, True),
    "like": (2, like, True),
    "caselike": (2, caselike, True),
    "fold": (1, fold, True),
    "rfc3339": (1, rfc3339, True),
    "moment": (1, _read(_moment), False),
    "ago": (1, _read(_ago), False),
    "span": (1, _read(values.parse_duration), True),
    "timepart": (2, timepart, True),
    "octets": (1, _read(values.parse_size), True),
}
"""Name -> number of arguments, function, whether the same arguments always give the same."""


def register(connection: sqlite3.Connection) -> None:
    """Teach them to a connection."""
    for name, (arguments, function, same) in FUNCTIONS.items():
        connection.create_function(name, arguments, function, deterministic=same)
    connection.create_function("like", 3, like, deterministic=True)  # with ESCAPE
