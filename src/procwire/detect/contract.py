"""What a detector is. It hears of flows and observations in packet order, and yields findings.

A detector reads no clock, opens no file, and keeps at most a stated number of things. What it forgets for
lack of room is counted in ``forgotten``, and makes its later findings ``degraded``.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from procwire.model.finding import MAX_EVIDENCE, Finding, packet_span
from procwire.model.flow import Flow
from procwire.model.observed import ObservationRow
from procwire.model.process import Owner, ProcessRef
from procwire.model.rows import FlowRow

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
MAX_SUBJECTS = 20_000  # subjects, targets or pairs that one detector follows
TCP, UDP = 6, 17

Value = TypeVar("Value")


class DetectError(Exception):
    """The room's error: settings that cannot be; one line."""


class Subject(msgspec.Struct, frozen=True):
    """Who does something: a program on this host where it is known, else an address."""

    address: str
    exe: str = ""
    container: str = ""


class Kept(Generic[Value]):
    """A table of at most ``most`` entries, the least recently used of which goes first and is counted."""

    def __init__(self, most: int = MAX_SUBJECTS) -> None:
        self._most = most
        self._entries: OrderedDict[Any, Value] = OrderedDict()
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Any) -> Value | None:
        """An entry, without a trace of the asking."""
        return self._entries.get(key)

    def of(self, key: Any, made: Callable[[], Value]) -> Value:
        """The entry of a key, made where there is none."""
        found = self._entries.get(key)
        if found is None:
            found = self._entries[key] = made()
            if len(self._entries) > self._most:
                self._entries.popitem(last=False)
                self.forgotten += 1
        else:
            self._entries.move_to_end(key)
        return found

    def drop(self, key: Any) -> None:
        """Forget a key on purpose."""
        self._entries.pop(key, None)

    def values(self) -> list[Value]:
        """All of them, the least recently used first."""
        return list(self._entries.values())

    def items(self) -> list[tuple[Any, Value]]:
        """The same with their keys."""
        return list(self._entries.items())


class Detector:
    """Derive from it, say what it is, and answer what matters."""

    NAME: ClassVar[str]
    TITLE: ClassVar[str]
    SEVERITY: ClassVar[str] = "medium"
    ATTACK: ClassVar[tuple[str, ...]] = ()
    CONTROLS: ClassVar[str] = ""  # what keeps it from finding what is harmless
    SETTINGS: ClassVar[Mapping[str, tuple[float, str]]] = {}  # name -> (default, one sentence)

    def __init__(self, settings: Mapping[str, float] | None = None) -> None:
        unknown = sorted(set(settings or {}) - set(self.SETTINGS))
        if unknown:
            raise DetectError(f"{self.NAME} has no setting {unknown[0]!r}; it has {', '.join(self.SETTINGS)}")
        self.settings = {name: default for name, (default, _) in self.SETTINGS.items()} | dict(settings or {})

    @property
    def forgotten(self) -> int:
        """Entries that were dropped for lack of room, over all its tables."""
        return sum(kept.forgotten for kept in vars(self).values() if isinstance(kept, Kept))

    def opened(self, row: FlowRow, now: int) -> Iterable[Finding]:  # noqa: ARG002
        """A flow's first packet was seen at ``now`` (ns)."""
        return ()

    def observed(self, row: ObservationRow, now: int) -> Iterable[Finding]:  # noqa: ARG002
        """A parser saw something in a flow."""
        return ()

    def ended(self, row: FlowRow, now: int) -> Iterable[Finding]:  # noqa: ARG002
        """A flow's numbers are final."""
        return ()

    def ticked(self, now: int) -> Iterable[Finding]:  # noqa: ARG002
        """Live, some times a second: time has come to ``now`` (ns), whether packets came or not."""
        return ()

    def finish(self, now: int) -> Iterable[Finding]:  # noqa: ARG002
        """Nothing more will come."""
        return ()

    def found(self, detail: str, *, now: int, row: FlowRow | None = None, **more: Any) -> Finding:
        """A finding of this detector; the process is that of ``row``'s opener, where it is on this host."""
        flows = tuple(dict.fromkeys(more.pop("flows", ())))[:MAX_EVIDENCE]
        if self.forgotten:
            more["reasons"] = (
                *more.get("reasons", ()),
                f"{self.forgotten} entries were dropped for lack of room",
            )
        process = {} if row is None else who(opener(row))
        if row is not None and row.flow.number:
            flow = row.flow
            more.setdefault("packets", (packet_span(flow.flow_id, flow.first, flow.last),))
        given = {"severity": self.SEVERITY, "attack": self.ATTACK, **process, **more}
        return Finding(time=now, detector=self.NAME, title=self.TITLE, detail=detail, flows=flows, **given)


def opener(row: FlowRow) -> ProcessRef | None:
    """The process that opened a flow, where it is on this host and known."""
    known = row.flow.owner  # it may have been found out since the row was made
    owner: Owner = known if isinstance(known, Owner) else row.owner
    return owner.peer if owner.side == "dst" else owner.process


def subject(row: FlowRow) -> Subject:
    """Who opened a flow."""
    process = opener(row)
    if process is None:
        return Subject(row.flow.src)
    return Subject(row.flow.src, process.exe or process.name, process.container)


def who(process: ProcessRef | None) -> dict[str, Any]:
    """What a finding says of a process."""
    if process is None:
        return {}
    return {
        "pid": process.pid,
        "process": process.name,
        "exe": process.exe,
        "user": process.user,
        "container": process.container_name,
        "cmdline": process.cmdline,
        "process_start": process.start,
        "ancestors": process.ancestors,
    }


def answered(flow: Flow) -> bool:
    """Whether the other side said anything that a service would: data, or a completed handshake."""
    if flow.proto == TCP:
        return bool(flow.payload_in > 0 or flow.rtt >= 0)
    return bool(flow.packets_in > 0)


@lru_cache(maxsize=65_536)
def scope(address: str) -> str:
    """``global``, ``private``, ``loopback``, ``link-local``, ``multicast`` or ``special`` (RFC 6890)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "special"
    if found.is_multicast or address == "255.255.255.255":
        return "multicast"
    if found.is_loopback:
        return "loopback"
    if found.is_link_local:
        return "link-local"
    if found.is_global:
        return "global"
    return "private" if found.is_private and not found.is_unspecified else "special"


def shared(address: str) -> bool:
    """Whether nobody in particular is meant: multicast, or no address at all."""
    return scope(address) in {"multicast", "special"}
