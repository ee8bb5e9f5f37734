"""Flows and a listener for tests of the analyzer."""

from __future__ import annotations

from typing import Any

from procwire.dpi.analyzer import Analyzer
from procwire.dpi.opening import Limits
from procwire.dpi.registry import Registry
from procwire.model import address
from procwire.model.flow import Flow
from procwire.model.observation import Observation


def flow(proto: int = 6, dport: int = 80, *, opener_seen: bool = True, dst: str = "192.0.2.1") -> Any:
    """A flow from 198.51.100.1:40000."""
    made: Any = Flow()
    made.proto, made.sport, made.dport, made.opener_seen = proto, 40000, dport, opener_seen
    made.family, made.src_hi, made.src_lo = address.split("198.51.100.1")
    _, made.dst_hi, made.dst_lo = address.split(dst)
    return made


class Listener:
    """An analyzer that keeps what it emits."""

    def __init__(self, protocols: Registry | None = None, **limits: int) -> None:
        self.seen: list[Observation] = []
        self.decided: list[tuple[str, str]] = []
        self.analyzer: Any = Analyzer(
            lambda _, one: self.seen.append(one),
            decided=lambda one: self.decided.append((one.app, one.app_confidence)),
            limits=Limits(**limits),
            protocols=protocols,
        )
