"""Exfiltration: a program or host that sends far more to a place than it ever did, and gets little back.

The measure is its own: the most that it sent to any one place within a window before. Until a few windows
have passed there is none, and a finding says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from procwire.detect.contract import MINUTE, Detector, Kept, scope, subject
from procwire.model.finding import MAX_EVIDENCE, Finding
from procwire.model.rows import FlowRow
from procwire.model.values import human_size

LEARNT = 3  # windows after which a sender's own measure means something


class _Sender:
    def __init__(self) -> None:
        self.windows = 0
        self.most = 0  # bytes that went to one place within a window that is over


class _Place:
    def __init__(self, since: int) -> None:
        self.since = since
        self.out = self.back = 0
        self.flows: list[str] = []
        self.told = False


class Upload(Detector):
    """See the module."""

    NAME = "upload"
    TITLE = "Unusual upload"
    SEVERITY = "medium"
    ATTACK = ("T1048", "T1567")
    CONTROLS = (
        "Only global addresses, only where five times as much goes out as comes back, and only above ten "
        "times of what the same program sent before: a backup that runs daily is its own measure."
    )
    SETTINGS: ClassVar = {
        "window": (10, "Minutes whose bytes are added up."),
        "bytes": (100e6, "Least bytes sent to one place."),
        "ratio": (5, "Bytes sent for each that came back."),
        "times": (10, "Times what the sender sent to one place before."),
        "internal": (0, "1: also look at private addresses."),
    }

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._senders: Kept[_Sender] = Kept()
        self._places: Kept[_Place] = Kept()

    def ended(self, row: FlowRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        flow = row.flow
        where = scope(flow.dst)
        if where != "global" and not (self.settings["internal"] and where == "private"):
            return
        who, target = subject(row), flow.server_name or flow.dst
        sender = self._senders.of(who, _Sender)
        place = self._places.of((who, target), lambda: _Place(now))
        if now - place.since > self.settings["window"] * MINUTE:
            sender.windows += 1
            sender.most = max(sender.most, place.out)
            self._places.drop((who, target))
            place = self._places.of((who, target), lambda: _Place(now))
        place.out += flow.payload_out
        place.back += flow.payload_in
        if len(place.flows) < MAX_EVIDENCE:
            place.flows.append(flow.flow_id)
        if not place.told and self._much(place, sender):
            place.told = True
            yield self.found(
                f"{human_size(place.out)} went to {target}, {human_size(place.back)} came back; before, "
                f"{human_size(sender.most)} went at most",
                now=now, row=row, source=who.address, target=target, port=flow.dport,
                score=min(1.0, place.out / (place.out + self.settings["times"] * sender.most)),
                count=len(place.flows), first=place.since, last=now, flows=place.flows,
                reasons=() if sender.windows >= LEARNT else ("what is usual is not known yet",),
            )  # fmt: skip

    def _much(self, place: _Place, sender: _Sender) -> bool:
        return (
            place.out >= self.settings["bytes"]
            and place.out >= self.settings["ratio"] * place.back
            and place.out >= self.settings["times"] * sender.most
        )
