"""Flows and observations for detectors, made in packet time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from procwire.detect.contract import SECOND, Detector
from procwire.model import address
from procwire.model.finding import Finding
from procwire.model.flow import Flow
from procwire.model.observed import ObservationRow
from procwire.model.process import EXACT, Executable, Owner, ProcessRef
from procwire.model.rows import FlowRow

START = 1_767_323_045 * SECOND
CLIENT = "10.0.0.5"
ABROAD = "93.184.216.34"


def process(exe: str = "/usr/bin/curl", **more: Any) -> ProcessRef:
    """A process on this host."""
    name = more.pop("name", exe.rpartition("/")[2][:15])
    return ProcessRef(pid=more.pop("pid", 77), start=1, name=name, exe=exe, **more)


def program(path: str, **more: Any) -> Executable:
    """The file of a process."""
    return Executable(path=path, **more)


def flow(dst: str = ABROAD, port: int = 443, *, at: float = 0, src: str = CLIENT, **more: Any) -> Any:
    """A flow that was opened ``at`` seconds; ``answered`` and ``owner`` as said."""
    made: Any = Flow()
    made.number = more.pop("number", 1)
    made.proto, made.sport, made.dport, made.opener_seen = more.pop("proto", 6), 40000, port, True
    made.family, made.src_hi, made.src_lo = address.split(src)
    _, made.dst_hi, made.dst_lo = address.split(dst)
    made.first = made.last = START + round(at * SECOND)
    made.packets_out = 1
    if more.pop("answered", True):
        made.rtt, made.packets_in, made.payload_in, made.payload_out = 1_000_000, 5, 900, 300
    owner = more.pop("owner", None)
    if owner is not None:
        made.owner = Owner(process=owner, confidence=EXACT, side=more.pop("side", "src"))
    for name, value in more.items():
        setattr(made, name, value)
    return made


def lived(detector: Detector, flows: Iterable[Any], *, finish: bool = True) -> list[Finding]:
    """What a detector finds in flows that open and end in this order."""
    found: list[Finding] = []
    now = START
    for one in flows:
        now = max(now, one.first)
        found += detector.opened(FlowRow(one), now)
        found += detector.ended(FlowRow(one), now)
    return found + list(detector.finish(now + SECOND)) if finish else found


def seen(detector: Detector, observations: Iterable[tuple[float, Any]], **of: Any) -> list[Finding]:
    """What a detector finds in observations at (seconds)."""
    found: list[Finding] = []
    for at, observation in observations:
        row = ObservationRow(flow(at=at, **of), observation)
        found += detector.observed(row, START + round(at * SECOND))
    return found
