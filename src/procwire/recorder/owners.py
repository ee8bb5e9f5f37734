"""Who owned which flow, written down: so that packets that are read again have their owners again.

A flow is found by its ends and its time, not by its id alone: packets that begin in the middle of a flow make
another id of it, and maybe the other side its opener. Reads what others wrote too: NetWatch's connections of
an incident, RustNet's lines beside a capture.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from procwire.model.flow import Flow
from procwire.model.lines import line_of
from procwire.model.listening import Silent
from procwire.model.observation import Observation
from procwire.model.process import EXACT, UNKNOWN, Owner, ProcessRef

SCHEMA = "procwire.owner/1"
SLACK_NS = 5_000_000_000  # an owner answers for packets so long before and after what was noted
MAX_OWNERS = 1_000_000
_PROTOS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
_OTHER = {"src": "dst", "dst": "src"}

End = tuple[str, int]


class _Known(msgspec.Struct, frozen=True):
    first: int
    last: int
    src: End
    owner: Owner


class OwnerBook:
    """Owners by ends and time. ``skipped``: lines that told nothing."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, End, End], list[_Known]] = {}
        self.count = self.skipped = 0

    def add(self, proto: int, src: End, dst: End, span: tuple[int, int], owner: Owner) -> None:
        """``span``: first and last time of the flow."""
        if self.count >= MAX_OWNERS:
            self.skipped += 1
            return
        self.count += 1
        self._known.setdefault(_key(proto, src, dst), []).append(_Known(*span, src, owner))

    def of(self, flow: Flow) -> Owner | None:
        """Whose the flow is, from what was noted nearest to its beginning."""
        src = (flow.src, flow.sport)
        found = self._known.get(_key(flow.proto, src, (flow.dst, flow.dport)))
        near = min(found, key=lambda each: _away(each, flow.first), default=None) if found else None
        if near is None or _away(near, flow.first) > SLACK_NS:
            return None
        return near.owner if near.src == src or src[0] == flow.dst else _turned(near.owner)

    def processes(self) -> list[ProcessRef]:
        """Everybody who is known to own something, once."""
        return processes(each.owner for known in self._known.values() for each in known)

    def read(self, lines: Iterable[bytes]) -> None:
        """What ``line`` has written."""
        for line in lines:
            try:
                told = msgspec.json.decode(line)
                owner = msgspec.convert(told["owner"], Owner)
                src, dst = (told["src"], told["src_port"]), (told["dst"], told["dst_port"])
                self.add(told["proto"], src, dst, (told["first"], told["last"]), owner)
            except (msgspec.MsgspecError, KeyError, TypeError, UnicodeDecodeError):
                self.skipped += 1

    def read_connections(self, found: Iterable[Any], time: Any = None) -> None:
        """Connections as NetWatch and RustNet write them: ends as text, the local one first."""
        for told in found:
            try:
                proto = _PROTOS[str(told["protocol"]).lower().rstrip("46")]
                ends = _end(told["local_addr"]), _end(told["remote_addr"])
                span = _moment(told.get("first_seen") or time), _moment(told.get("last_seen") or time)
                self.add(proto, *ends, span, _foreign(told))
            except (KeyError, ValueError, TypeError, AttributeError):
                self.skipped += 1


def line(flow: Flow, flow_id: str = "") -> bytes:
    """A flow's owner as one line; empty where nobody was asked."""
    if not isinstance(flow.owner, Owner):
        return b""
    return line_of({
        "schema": SCHEMA, "flow_id": flow_id or flow.flow_id, "proto": flow.proto,
        "src": flow.src, "src_port": flow.sport, "dst": flow.dst, "dst_port": flow.dport,
        "first": flow.first, "last": flow.last, "owner": msgspec.to_builtins(flow.owner),
    })  # fmt: skip


def owner_lines(flows: Iterable[Flow]) -> Iterator[bytes]:
    """The lines of all flows that have one."""
    return (written for flow in flows if (written := line(flow)))


def processes(owners: Iterable[Any]) -> list[ProcessRef]:
    """The processes of owners and at the other ends, once; what is no owner is none's."""
    found: dict[tuple[int, int, str], ProcessRef] = {}
    for owner in owners:
        if isinstance(owner, Owner):
            for each in (owner.process, owner.peer):
                if each is not None:
                    found[each.pid, each.start, each.name] = each
    return list(found.values())


class Owned(Silent):
    """A listener in front of another, who hears of flows with their owners."""

    def __init__(self, listener: Any, book: OwnerBook) -> None:
        self.listener = listener
        self.book = book

    def opened(self, flow: Flow) -> None:
        """See Listener."""
        flow.owner = self.book.of(flow)
        self.listener.opened(flow)

    def decided(self, flow: Flow) -> None:
        """See Listener."""
        self.listener.decided(flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Listener."""
        self.listener.observed(flow, observation)

    def ended(self, flow: Flow) -> None:
        """See Listener."""
        self.listener.ended(flow)


def _key(proto: int, one: End, other: End) -> tuple[int, End, End]:
    return (proto, one, other) if one <= other else (proto, other, one)


def _away(known: _Known, moment: int) -> int:
    return max(known.first - moment, moment - known.last, 0)


def _turned(owner: Owner) -> Owner:
    """The same of a flow whose other side counts as its opener."""
    return msgspec.structs.replace(owner, side=_OTHER.get(owner.side, ""))


def _end(text: str) -> End:
    host, _, port = text.rpartition(":")
    address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), int(port)


def _moment(told: Any) -> int:
    """Ns from RFC 3339, or from seconds and nanoseconds apart."""
    if isinstance(told, dict):
        return int(told["secs_since_epoch"]) * 1_000_000_000 + int(told.get("nanos_since_epoch", 0))
    return int(datetime.fromisoformat(str(told)).timestamp() * 1_000_000_000)


def _foreign(told: dict[str, Any]) -> Owner:
    pid = told.get("pid")
    if not isinstance(pid, int):
        return Owner(process=None, confidence=UNKNOWN, source="file", reason="not known when it was recorded")
    process = ProcessRef(pid=pid, start=0, name=str(told.get("process_name") or "?")[:255])
    return Owner(process=process, confidence=EXACT, source="file", side="src")
