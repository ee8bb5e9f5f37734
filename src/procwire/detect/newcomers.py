"""Programs that are new on this host, or are not the file that they were, and have a flow.

What is usual is learned first: for a day of packet time, or from the store, where that knows longer. Then a
path without a flow before is new. Another file under a known path is a change at any time: by its hash where
programs are hashed (watch --hash), else by its inode, size and time. One that changes under a process that
runs is told of for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from procwire.detect.contract import SECOND, Detector, Kept, opener
from procwire.model.finding import Finding
from procwire.model.process import Executable, ProcessRef
from procwire.model.rows import FlowRow

MAX_FILES = 8  # of one path that are known; the first of them goes first
_SCRATCH = " (deleted)"


class _Path:
    """What is known of one path: its files, each with its hash as far as that is known."""

    def __init__(self) -> None:
        self.files: dict[tuple[int, ...], str] = {}
        self.hashes: set[str] = set()

    def add(self, file: tuple[int, ...], program: Executable) -> None:
        self.files[file] = program.sha256
        if program.sha256:
            self.hashes.add(program.sha256)
        if len(self.files) > MAX_FILES:
            self.hashes.discard(self.files.pop(next(iter(self.files))))

    def knows(self, file: tuple[int, ...], program: Executable, *, last: bool) -> bool | None:
        """Whether this file was here before; None where its hash may come yet (not at the ``last`` look)."""
        if program.sha256 and self.hashes:
            return program.sha256 in self.hashes
        if file in self.files or not file:
            return True
        if self.hashes and not program.problem and not last:
            return None
        return not self.files


class Newcomers(Detector):
    """See the module."""

    NAME = "new-program"
    TITLE = "New or changed program with network access"
    SEVERITY = "low"
    ATTACK = ("T1554", "T1105")
    CONTROLS = (
        "Nothing is new while what is usual is learned (setting learn; a store that reaches back so far "
        "stands for it). Containers are known by their image, a file that is only touched by its hash. An "
        "upgrade is a change, and low. Told once for each file."
    )
    SETTINGS: ClassVar = {"learn": (86400, "Seconds in which programs are learned before one is new.")}

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._paths: Kept[_Path] = Kept()
        self._running: Kept[list[Executable]] = Kept()
        self._since = 0

    def remember(self, programs: Iterable[tuple[str, str, str]], since: int) -> None:
        """What had flows before: (place, path, SHA-256 or nothing), known since that time (ns)."""
        self._since = since
        for place, path, sha256 in programs:
            known = self._paths.of((place, path), _Path)
            if sha256:
                known.hashes.add(sha256)

    def opened(self, row: FlowRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        return self._looked(row, now)

    def ended(self, row: FlowRow, now: int) -> Iterable[Finding]:
        """See Detector; its hash may be known by now."""
        return self._looked(FlowRow(row.flow, row.context), now, last=True)

    def _looked(self, row: FlowRow, now: int, *, last: bool = False) -> Iterator[Finding]:
        self._since = self._since or now
        process = opener(row) or row.owner.process
        program = process.executable if process is not None else None
        if process is None or not process.exe or (program is not None and program.memfd):
            return
        place, path = _place(process), process.exe.removesuffix(_SCRATCH)
        known = self._paths.get((place, path))
        if known is None:
            known = self._paths.of((place, path), _Path)
            if now - self._since >= self.settings["learn"] * SECOND:
                yield self._told("low", "had no flow before", row, process, now)
        if program is None:
            return
        # An image's files have another device, and may have another inode, in each of its containers.
        file = program.file[2:] if place else program.file
        knows = known.knows(file, program, last=last)
        if knows is False:
            yield self._changed(row, process, program, now)
        if knows is not None:
            known.add(file, program)
            self._running.of((process.pid, process.start, path), lambda: [program])[:] = [program]

    def _changed(self, row: FlowRow, process: ProcessRef, program: Executable, now: int) -> Finding:
        path = process.exe.removesuffix(_SCRATCH)
        before = self._running.get((process.pid, process.start, path))
        if before is not None and before[0].file != program.file:
            return self._told(
                "high", f"was changed while it ran{_hashes(before[0], program)}", row, process, now
            )
        return self._told("low", "is another file than before: an upgrade, or another's", row, process, now)

    def _told(self, severity: str, words: str, row: FlowRow, process: ProcessRef, now: int) -> Finding:
        flow = row.flow
        return self.found(
            f"{process.name} ({process.exe}) {words}", now=now, row=row, severity=severity, source=flow.src,
            target=flow.server_name or flow.dst, port=flow.dport, pid=process.pid, process=process.name,
            exe=process.exe, user=process.user, flows=[flow.flow_id],
        )  # fmt: skip


def _place(process: ProcessRef) -> str:
    """Where a path is the same file: on the host, or in containers of one image."""
    if not process.container:
        return ""
    image = process.facts.image if process.facts is not None else ""
    return image or process.container_name


def _hashes(before: Executable, after: Executable) -> str:
    return f": SHA-256 {before.sha256} to {after.sha256}" if before.sha256 and after.sha256 else ""
