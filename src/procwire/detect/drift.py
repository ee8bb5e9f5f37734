"""Egress drift: a program goes where the policy that is in force does not let it go.

A flow's server is often named by its first bytes, so a flow is judged when it ends, or some seconds after it
began, whichever is first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from procwire.detect.contract import SECOND, Detector, Kept
from procwire.egress.contact import Contact, contacts
from procwire.egress.verdict import CHANGED_PROGRAM, NEW_PROGRAM, WORDS, Judge
from procwire.model.finding import Finding
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS

_SEVERITY = {CHANGED_PROGRAM: "high", NEW_PROGRAM: "medium"}
_UNKNOWN = "whose it is is not known"


class Drift(Detector):
    """See the module. Without a policy it finds nothing."""

    NAME = "egress-drift"
    TITLE = "Egress outside the policy"
    SEVERITY = "medium"
    ATTACK = ("T1041", "T1071")
    CONTROLS = (
        "Only where a policy is in force (procwire egress); what it lets pass by name, whatever its "
        "address is today, is none. Told once for each program, destination and port."
    )
    SETTINGS: ClassVar = {
        "again": (86400, "Seconds until the same is told of again."),
        "wait": (10, "Seconds after which a flow that goes on is judged by what is known of it."),
    }

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self.judge: Judge | None = None
        self._read = contacts(FLOWS)
        self._told: Kept[list[int]] = Kept()
        self._waiting: Kept[FlowRow] = Kept()

    def opened(self, row: FlowRow, now: int) -> Iterable[Finding]:  # noqa: ARG002
        """See Detector."""
        if self.judge is not None and row.flow.number:
            self._waiting.of(row.flow.number, lambda: row)
        return ()

    def ticked(self, now: int) -> Iterator[Finding]:
        """See Detector."""
        oldest = now - round(self.settings["wait"] * SECOND)
        for number, row in self._waiting.items():
            if row.flow.first > oldest:
                break  # the others began later
            self._waiting.drop(number)
            yield from self._judged(row, now)

    def ended(self, row: FlowRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        if self.judge is None:
            return ()
        self._waiting.drop(row.flow.number)
        return self._judged(row, now)

    def _judged(self, row: FlowRow, now: int) -> Iterator[Finding]:
        row = FlowRow(row.flow, row.context)  # its owner may have been found since
        contact = self._read(row)
        if self.judge is None or contact is None:
            return
        verdict = self.judge.verdict(contact)
        if verdict.allowed or self._again(contact, verdict.word, now):
            return
        flow = row.flow
        yield self.found(
            f"{verdict.word}: {_program(contact)} went to {_place(contact)}: {WORDS[verdict.word]}",
            now=now, row=row, severity=_SEVERITY.get(verdict.word, self.SEVERITY), source=flow.src,
            target=contact.target, port=contact.port, first=flow.first, last=flow.last, flows=[flow.flow_id],
            reasons=() if contact.owned else (_UNKNOWN,),
        )  # fmt: skip

    def _again(self, contact: Contact, word: str, now: int) -> bool:
        """Whether it was told of lately; else it is told of now."""
        who = contact.who.exe or contact.who.process or contact.who.host
        key = (who, contact.who.container, contact.target, contact.port, contact.proto, word)
        last = self._told.of(key, list)
        if last and now - last[0] < self.settings["again"] * SECOND:
            return True
        last[:] = [now]
        return False


def _program(contact: Contact) -> str:
    return str(contact.who) if contact.owned else f"a program on {contact.who.host}"


def _place(contact: Contact) -> str:
    where = f"{contact.name} ({contact.address})" if contact.name else contact.address
    return f"{where}, {contact.proto}" + (f" port {contact.port}" if contact.port is not None else "")
