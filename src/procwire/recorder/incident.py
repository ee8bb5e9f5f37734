"""One incident on its way to the disk: packets before and after, what was known, why, and what lacks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from procwire import __version__
from procwire.capture.writer import section, statistics
from procwire.model.lines import line_of
from procwire.model.values import time_text
from procwire.recorder import clocks
from procwire.recorder.scribe import Scribe
from procwire.recorder.track import Block, Numbers
from procwire.recorder.vault import Spilled, Vault

SCHEMA = "procwire.incident/1"
PACKETS, HEAD = "packets.pcapng", "incident.json"
FLOWS, OBSERVATIONS, FINDINGS, OWNERS, PROCESSES = (
    "watched.ndjson", "observed.ndjson", "findings.ndjson", "owners.ndjson", "processes.ndjson",
)  # fmt: skip
RECORDING, FROZEN = "recording", "frozen"
MAX_REASONS = 100
LINES_BYTES = 1 << 20  # written at once


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why it was frozen: ``kind`` is signal, finding or command."""

    time: int
    kind: str
    name: str = ""  # of the detector
    severity: str = ""
    detail: str = ""

    def fields(self) -> dict[str, Any]:
        """For the record; what is not known is left out."""
        told = msgspec.to_builtins(self)
        return {key: value for key, value in told.items() if value} | {"time": time_text(self.time)}


class Incident:
    """Hands blocks and facts to a scribe. ``until``: when it is complete, unless it is triggered again."""

    def __init__(self, vault: Vault, scribe: Scribe, name: str, reason: Reason) -> None:
        self.name = name
        self.reasons = [reason]
        self.triggers = 1
        self.first = self.until = 0
        self.reach = 0  # its first packet, which may be older: blocks are whole
        self.packets = self.bytes = 0
        self.written_to = 0  # packet time of the last packet
        self.dropped: dict[str, int] = {}  # packets, by reason
        self.lacking: list[str] = []  # why it is not complete, beside what was dropped
        self._vault = vault
        self._scribe = scribe
        self._file: Spilled | None = None
        self._numbered = 0  # interfaces that the file describes
        self._received: dict[int, int] = {}

    @property
    def kind(self) -> tuple[str, str]:
        """What a further trigger must be to belong to it."""
        return self.reasons[0].kind, self.reasons[0].name

    def again(self, reason: Reason, until: int) -> None:
        """The same happened again while it is being recorded."""
        self.triggers += 1
        self.until = max(self.until, until)
        if len(self.reasons) < MAX_REASONS:
            self.reasons.append(reason)

    def begin(self, head: Mapping[str, Any]) -> None:
        """Make its place on the disk."""
        told = dict(head)
        self._scribe.add(lambda: self._begin(told))

    def add(self, block: Block, numbers: Numbers) -> None:
        """Packets; what cannot be written is counted."""
        block.shared = True
        described = numbers.described[self._numbered :]
        self._numbered = len(numbers.described)
        if not self._scribe.add(lambda: self._write(block, described), len(block.data)):
            self._drop("the disk is too slow", block.packets)

    def finish(
        self, facts: Mapping[str, Iterable[bytes]], head: Mapping[str, Any], lost: Sequence[int]
    ) -> None:
        """The last words: files of lines, statistics of each interface, then the head."""
        told = dict(head)
        self._scribe.add(lambda: self._finish(facts, told, lost))

    # On the scribe's thread.

    def _begin(self, head: dict[str, Any]) -> None:
        try:
            self._vault.make(self.name)
            self._file = self._vault.create(f"{self.name}/{PACKETS}")
            self._file.add(section(f"procwire incident {self.name}", os.uname().release))
            self._put_head(head, RECORDING)
        except OSError as error:
            self._fail(error)

    def _write(self, block: Block, described: Sequence[bytes]) -> None:
        reason = "the disk failed"
        try:
            if self._file is not None and self._file.add(b"".join((*described, block.data))):
                self.packets += block.packets
                self.bytes += len(block.data)
                self.written_to = max(self.written_to, block.last)
                return
            if self._file is not None:
                reason = "over the quota"
                self._file.add(b"".join(described))
        except OSError as error:
            self._fail(error)
        self._drop(reason, block.packets)

    def _finish(
        self, facts: Mapping[str, Iterable[bytes]], head: dict[str, Any], lost: Sequence[int]
    ) -> None:
        try:
            if self._file is not None:
                for number, drops in enumerate(lost[: self._numbered]):
                    self._file.force(statistics(number, None, drops, self.written_to))
                os.fsync(self._file.fd)
                self._file.close()
            for name, found in facts.items():
                self._put_lines(name, found)
            self._put_head(head, FROZEN)
            self._vault.settle(self.name)
        except OSError as error:
            self._fail(error)

    def _put_lines(self, name: str, found: Iterable[bytes]) -> None:
        file = self._vault.create(f"{self.name}/{name}")
        try:
            for part in _parts(found):
                if not file.add(part):
                    self.lacking.append(f"{name} ends early: over the quota")
                    break
            os.fsync(file.fd)
        finally:
            file.close()

    def _put_head(self, head: dict[str, Any], state: str) -> None:
        told = {
            "schema": SCHEMA,
            "id": self.name,
            "state": state,
            "reasons": [reason.fields() for reason in self.reasons],
            "triggers": self.triggers,
            "packets": self.packets,
            "bytes": self.bytes,
            "dropped": self.dropped,
            "lacking": self.lacking,
            "version": __version__,
            **head,
        }
        self._vault.replace(f"{self.name}/{HEAD}", line_of(told))

    def _fail(self, error: OSError) -> None:
        words = f"disk: {error.strerror or error}"
        if words not in self.lacking:
            self.lacking.append(words)
        if self._file is not None:
            self._file.close()
            self._file = None

    def _drop(self, reason: str, packets: int) -> None:
        self.dropped[reason] = self.dropped.get(reason, 0) + packets


def machine(first: clocks.Clocks) -> dict[str, Any]:
    """Where and by what time it was recorded."""
    system = os.uname()
    return {
        "kernel": f"{system.sysname} {system.release} {system.version}",
        "machine": system.machine,
        "clock": {
            "synchronised": first.synchronised,
            "error_us": first.error_us,
            "stepped_ns": clocks.stepped_ns(first),
            "zone": first.zone,
        },
    }


def _parts(found: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for line in found:
        held += line
        if len(held) >= LINES_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)
