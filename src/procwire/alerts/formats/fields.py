"""What several formats ask of an alert: its ends, moments, severity as a number, text made sound."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

import msgspec

from procwire.model.alert import Alert
from procwire.model.values import SECOND, time_text

VENDOR = PRODUCT = "procwire"
TCP, UDP = "tcp", "udp"
_PROTOCOL = {"icmp": 1, TCP: 6, UDP: 17, "icmp6": 58, "ipv6-icmp": 58, "sctp": 132}
# Halves of characters (from names that are no UTF-8), and controls but for tab and ends of lines.
_UNSOUND = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_encode = msgspec.json.Encoder().encode


def sound(text: str) -> str:
    r"""Text that UTF-8 can carry and that drives no terminal: controls and halves as ``\xNN``."""
    return _UNSOUND.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def one_line(text: str) -> str:
    r"""The same with tabs and ends of lines as ``\t``, ``\n``, ``\r`` and backslashes doubled: reversible."""
    return sound(text).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def known(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what is not known: nothing, empty text, empty lists, empty objects."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}


def packed(value: Any) -> bytes:
    """JSON in one line, whatever its text holds."""
    return _encode(_mended(value))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, dict):
        return {sound(key): _mended(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(one) for one in value]
    return value if not isinstance(value, float) or value - value == 0 else None


class Ends:
    """Who did it and whom it was done to, as addresses, names and ports where they are known."""

    def __init__(self, alert: Alert) -> None:
        finding, facts = alert.finding, alert.facts
        self.source = _address(finding.source) or _address(facts.get("src"))
        self.source_port = _whole(facts.get("src_port")) if self._is(facts.get("src"), self.source) else None
        self.target = _address(finding.target) or _address(facts.get("dst"))
        self.target_port = finding.port if finding.port is not None else _whole(facts.get("dst_port"))
        named = "" if _address(finding.target) else finding.target
        self.target_name = named or str(facts.get("server_name", ""))
        self.proto = str(facts.get("proto", ""))
        self.protocol = _PROTOCOL.get(self.proto)

    @staticmethod
    def _is(one: Any, other: str) -> bool:
        return bool(other) and one == other

    @property
    def versions(self) -> set[int]:
        """Of the addresses."""
        return {ipaddress.ip_address(one).version for one in (self.source, self.target) if one}


def _address(value: Any) -> str:
    try:
        return str(ipaddress.ip_address(str(value or "")))
    except ValueError:
        return ""


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number_of(alert: Alert, scale: tuple[int, int, int, int, int]) -> int:
    """Its severity on a format's scale, from info to critical; what is none of these counts as medium."""
    names = ("info", "low", "medium", "high", "critical")
    severity = alert.finding.severity
    return scale[names.index(severity)] if severity in names else scale[2]


def parent(alert: Alert) -> dict[str, Any]:
    """The process's parent, as its name and pid."""
    name, _, pid = (alert.finding.ancestors or ("",))[0].rpartition(":")
    return known({"pid": int(pid) if pid.isascii() and pid.isdigit() else None, "name": name})


def milliseconds(ns: int) -> int:
    """Since 1970."""
    return ns // 1_000_000


def moment(ns: int, digits: int = 3) -> str:
    """RFC 3339 in UTC with so many decimals; 1970 for a time that no calendar has."""
    text = time_text(ns) or time_text(0)
    return text[: 20 + digits] + "Z"


def span(alert: Alert) -> tuple[int, int]:
    """First and last of what it rests on, in ns, in that order."""
    finding = alert.finding
    first, last = finding.first or finding.time, finding.last or finding.time
    return min(first, last), max(first, last)


def technique(name: str) -> tuple[str, str]:
    """``T1071.004`` as technique and sub-technique, the latter empty where there is none."""
    return (name.partition(".")[0], name if "." in name else "")


def day(ns: int) -> str:
    """The UTC day, for names of indexes: 2026.11.26."""
    return moment(ns - ns % SECOND)[:10].replace("-", ".")
