"""Risks that protocols state, as findings: each once for a program or host, a target and a risk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from procwire.detect.contract import Detector, Kept, subject
from procwire.model.finding import Finding
from procwire.model.risks import RISKS
from procwire.model.rows import FlowRow

SEVERITY_OF: Mapping[str, str] = {
    "cleartext-credentials": "medium",
    "tls-obsolete-version": "low",
    "tls-weak-cipher": "medium",
    "weak-cryptography": "low",
    "obsolete-protocol": "low",
    "certificate-expired": "medium",
    "certificate-not-yet-valid": "medium",
    "certificate-name-mismatch": "medium",
    "certificate-weak-key": "low",
    "certificate-weak-signature": "low",
    "certificate-self-signed": "info",
    "unusual-port": "low",
}
ATTACK_OF: Mapping[str, tuple[str, ...]] = {"cleartext-credentials": ("T1040",), "unusual-port": ("T1571",)}
WORDS = {risk.name: risk.doc for risk in RISKS}


class Facts(Detector):
    """See the module."""

    NAME = "risk"
    TITLE = "Risk stated by a protocol"
    SEVERITY = "low"
    CONTROLS = "Facts that are common and harmless (no server name, ECH) stay in the column `risks` alone."
    SETTINGS: ClassVar = {"again": (86400, "Seconds until the same is told of again.")}

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._told: Kept[list[int]] = Kept()

    def ended(self, row: FlowRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        flow = row.flow
        for risk in flow.facts.get("risks") or ():
            severity = SEVERITY_OF.get(risk)
            if severity is None:
                continue
            target = flow.server_name or flow.dst
            last = self._told.of((subject(row), target, flow.dport, risk), list)
            if last and now - last[0] < self.settings["again"] * 10**9:
                continue
            last[:] = [now]
            yield self.found(
                f"{risk}: {WORDS[risk]}", now=now, row=row, severity=severity, attack=ATTACK_OF.get(risk, ()),
                source=flow.src, target=target, port=flow.dport, first=flow.first, last=flow.last,
                flows=[flow.flow_id],
            )  # fmt: skip
