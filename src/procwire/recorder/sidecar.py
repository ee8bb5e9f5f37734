"""``FILE.connections.jsonl``: who owned the connections of a pcap file, which has no place for that.

The lines are those that RustNet's tools read: local end first, times as seconds and nanoseconds. Each
connection has one line, written once its owner is known and it is over; those still open at the end have
theirs too. Refuses to guess which end is local: where that is not known, it is the one that opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from procwire.capture.raw import reason_of
from procwire.capture.source import CaptureError
from procwire.flows import states
from procwire.model.flow import Flow
from procwire.model.frames import INBOUND, OUTBOUND
from procwire.model.lines import line_of
from procwire.model.process import Owner
from procwire.model.values import time_text

SUFFIX = ".connections.jsonl"
_NAMES = {6: "TCP", 17: "UDP", 1: "ICMP", 58: "ICMPv6", 132: "SCTP"}
_SECOND = 1_000_000_000


class Sidecar:
    """Hears of flows; ``wanted`` says which are in the file. Raises CaptureError."""

    def __init__(self, capture: str, settled: Callable[[Flow], bool], wanted: Callable[[Flow], bool]) -> None:
        self.path = capture + SUFFIX
        self.written = 0
        self._settled = settled
        self._wanted = wanted
        self._open: dict[int, Flow] = {}
        self._over: dict[int, Flow] = {}  # ended, and waiting for their owner
        try:
            self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CaptureError(self.path, None, reason_of(error)) from None

    def opened(self, flow: Flow) -> None:
        """A flow began."""
        self._open[flow.number] = flow

    def ended(self, flow: Flow) -> None:
        """It is over."""
        if self._open.pop(flow.number, None) is not None:
            self._over[flow.number] = flow

    def tick(self) -> None:
        """Write what is known for good."""
        known = [flow for flow in self._over.values() if self._settled(flow)]
        self._write(known)
        for flow in known:
            del self._over[flow.number]

    def close(self) -> None:
        """Write what is left, as far as it is known; may be called twice."""
        if self._fd < 0:
            return
        try:
            self._write([*self._over.values(), *self._open.values()])
        finally:
            os.close(self._fd)
            self._fd = -1

    def _write(self, flows: list[Flow]) -> None:
        found = [line_of(connection(flow)) for flow in flows if self._wanted(flow)]
        view = memoryview(b"".join(found))
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as error:
            raise CaptureError(self.path, None, f"cannot write: {reason_of(error)}") from None
        self.written += len(found)


def connection(flow: Flow) -> dict[str, Any]:
    """One line; what is not known is null, as RustNet has it."""
    owner = flow.owner if isinstance(flow.owner, Owner) else None
    process = owner.process if owner is not None else None
    local_is_src = _local_is_src(flow, owner)
    src, dst = _end(flow.src, flow.sport), _end(flow.dst, flow.dport)
    sent, received = flow.bytes_out, flow.bytes_in
    if not local_is_src:
        src, dst, sent, received = dst, src, received, sent
    return {
        "timestamp": time_text(flow.last),
        "protocol": _NAMES.get(flow.proto, str(flow.proto)),
        "local_addr": src, "remote_addr": dst,
        "pid": process.pid if process is not None else None,
        "process_name": process.name if process is not None else None,
        "first_seen": _moment(flow.first), "last_seen": _moment(flow.last),
        "bytes_sent": sent, "bytes_received": received,
        "state": states.name(flow.state),
        "flow_id": flow.flow_id,
        "owner_confidence": owner.confidence if owner is not None else None,
    }  # fmt: skip


def _local_is_src(flow: Flow, owner: Owner | None) -> bool:
    if owner is not None and owner.process is not None and owner.side:
        return owner.side == "src"
    return not (flow.heading & INBOUND and not flow.heading & OUTBOUND)


def _end(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _moment(ns: int) -> dict[str, int]:
    return {"secs_since_epoch": ns // _SECOND, "nanos_since_epoch": ns % _SECOND}
