"""The processes of an incident: whose flows there are, and all who started them, from child to parent.

A parent that was in the process table while an incident was recorded is told of as it stood there; of one
that was gone only what its child knew: its name and pid. Refuses to look at processes: rows are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from procwire.model.columns import Column, Kind, Table
from procwire.model.declare import column, count, size, text
from procwire.model.host_tables import PROCESSES
from procwire.model.process import ProcessRef
from procwire.model.values import parse_time

MAX_SEEN = 65_536  # processes of pictures that are remembered; those seen last stay
LOOK_NS = 30_000_000_000  # from one picture to the next, while nothing happens
MAX_CHAIN = 64  # parents of one process
SAME_NS = 100_000_000  # a start is known in ticks by some, and as far as the clock was set by all
OWNER, SEEN, NAMED = "flow", "picture", "child"
_SHOWN = ("pid", "ppid", "user", "process", "start", "ended", "unit", "container", "exe")
_OF_PROCESS = (
    "pid", "ppid", "user", "uid", "process", "start", "unit", "container", "exe", "cmdline", "parent",
    "ancestors", "cgroup", "container_id", "container_runtime", "pod", "image", "netns", "exe_sha256",
    "exe_blake3", "exe_deleted", "exe_memfd", "exe_replaced",
)  # fmt: skip
_TIMES = ("start", "ended")

Row = dict[str, Any]  # internal values by column


def _get(name: str) -> Callable[[Row], Any]:
    return lambda row: row.get(name)


def _column(name: str) -> Column:
    return msgspec.structs.replace(
        PROCESSES.column(name), get=_get(name), width=0, rank=0, shown=name in _SHOWN
    )


KIN = Table(
    name="process",
    doc="One process of an incident: whose flows it holds, or who started such a one.",
    columns=(
        *map(_column, _OF_PROCESS[:6]),
        column("ended", Kind.TIME, "When it ended, where that was seen.", _get("ended"), shown=True),
        *map(_column, _OF_PROCESS[6:]),
        text("known_by", "How it is known: flow, it owned one; picture, the process table had it; child, by "
             "its name and pid alone, from a process that it started.", _get("known_by")),
    ),
    key=("pid", "start"),
    moment="start",
    also=PROCESSES.also,
)  # fmt: skip
WITH_FLOWS = msgspec.structs.replace(
    KIN,
    name="incident_process",
    columns=(
        *KIN.columns,
        count("flows", "Flows that it owned.", _get("flows"), shown=True),
        count("packets", "Packets of these.", _get("packets")),
        size("bytes", "Bytes of these on the wire.", _get("bytes"), shown=True),
    ),
)


def row_of(process: ProcessRef) -> Row:
    """What an owner's process says of itself."""
    facts, program = process.facts, process.executable
    nearest = _named(process.ancestors)
    found = {
        "pid": process.pid, "start": process.start, "ended": process.ended, "process": process.name,
        "ppid": nearest[0] or process.ppid, "parent": nearest[1] or process.parent,
        "ancestors": process.ancestors, "user": process.user, "exe": process.exe, "cmdline": process.cmdline,
        "unit": process.unit, "cgroup": process.cgroup, "container": process.container_name,
        "container_id": process.container, "container_runtime": process.container_runtime,
        "pod": process.pod, "netns": process.netns, "image": facts.image if facts is not None else "",
    }  # fmt: skip
    if program is not None:
        found |= {
            "exe_sha256": program.sha256, "exe_blake3": program.blake3, "exe_deleted": program.deleted,
            "exe_memfd": program.memfd, "exe_replaced": program.replaced,
        }  # fmt: skip
    told = {name: value for name, value in found.items() if value not in ("", 0, (), None)}
    return told | ({"uid": process.uid} if process.uid >= 0 else {}) | {"known_by": OWNER}


class Kin:
    """Processes as pictures and files told of them. For one thread."""

    def __init__(self, most: int = MAX_SEEN) -> None:
        self._most = most
        self._seen: dict[tuple[int, int], Row] = {}
        self._by_pid: dict[int, list[Row]] = {}
        self._due = 0

    def __len__(self) -> int:
        return len(self._seen)

    def rows(self) -> list[Row]:
        """All that is remembered."""
        return list(self._seen.values())

    def hurry(self) -> None:
        """Something happened: the next ``look`` is at once."""
        self._due = 0

    def look(self, now: int, picture: Callable[[], Iterable[Mapping[str, Any]] | None]) -> None:
        """Take a picture where one is due; None is one that is still to come."""
        if now < self._due:
            return
        found = picture()
        if found is not None:
            self._due = now + LOOK_NS
            self.see(found)

    def see(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Processes as they are now."""
        for told in rows:
            row = {name: told[name] for name in _KEPT if told.get(name) is not None}
            if not isinstance(row.get("pid"), int):
                continue
            row.setdefault("known_by", SEEN)
            key = (row["pid"], row.get("start") or 0)
            self._forget(key)
            self._seen[key] = row
            self._by_pid.setdefault(key[0], []).append(row)
        while len(self._seen) > self._most:
            self._forget(next(iter(self._seen)))

    def read(self, lines: Iterable[bytes]) -> None:
        """What ``lines`` of KIN have told."""
        for line in lines:
            try:
                told = msgspec.json.decode(line, type=dict[str, Any])
                told |= {name: parse_time(told[name]) for name in _TIMES if name in told}
            except (msgspec.MsgspecError, ValueError, TypeError, UnicodeDecodeError):
                continue
            self.see([told])

    def tree(self, owners: Iterable[ProcessRef]) -> Iterator[Row]:
        """Each owner, and each of those who started them, once."""
        known = [self._whole(row_of(process)) for process in owners]
        of_pid: dict[int, list[Row]] = {}
        for owner in known:
            of_pid.setdefault(owner["pid"], []).append(owner)
        told: set[tuple[int, int]] = set()
        for owner in known:
            row: Row | None = owner
            for _ in range(MAX_CHAIN):
                if row is None or _key(row) in told:
                    break
                told.add(_key(row))
                yield row
                row = self._above(row, of_pid)

    def _whole(self, row: Row) -> Row:
        """With what a picture knew and its flow's owner did not."""
        same = _latest(self._by_pid.get(row["pid"], ()), row.get("start") or 0)
        if same is None or abs((same.get("start") or 0) - (row.get("start") or 0)) > SAME_NS:
            return row
        return {**same, **row}

    def _above(self, child: Row, owners: Mapping[int, Iterable[Row]]) -> Row | None:
        ancestors = tuple(child.get("ancestors") or ())
        pid, name = _named(ancestors)
        pid = pid or child.get("ppid") or 0
        if not pid:
            return None
        born = child.get("start") or 0
        found = _latest(owners.get(pid, ()), born) or _latest(self._by_pid.get(pid, ()), born)
        if found is not None:
            return found if found.get("ancestors") else {**found, "ancestors": ancestors[1:]}
        if not name:
            return None
        above, parent = _named(ancestors[1:])
        row: Row = {"pid": pid, "process": name, "ppid": above, "parent": parent, "ancestors": ancestors[1:]}
        return {name: value for name, value in row.items() if value} | {"known_by": NAMED}

    def _forget(self, key: tuple[int, int]) -> None:
        row = self._seen.pop(key, None)
        if row is None:
            return
        left = [each for each in self._by_pid[key[0]] if each is not row]
        if left:
            self._by_pid[key[0]] = left
        else:
            del self._by_pid[key[0]]


_KEPT = frozenset(one.name for one in KIN.columns)


def _key(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["pid"], row.get("start") or 0


def _latest(rows: Iterable[Row], born: int) -> Row | None:
    """Of those that had a pid the one who had it at a time: who got it later is another."""
    older = [row for row in rows if not born or (row.get("start") or 0) <= born + SAME_NS]
    return max(older, key=lambda row: row.get("start") or 0, default=None)


def _named(ancestors: Iterable[str]) -> tuple[int, str]:
    """Pid and name of the nearest, of ``name:pid``; a name may have colons."""
    for each in ancestors:
        name, _, pid = each.rpartition(":")
        return (int(pid), name) if pid.isdecimal() else (0, "")
    return 0, ""
