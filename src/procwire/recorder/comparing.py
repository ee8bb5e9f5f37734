"""Two bundles side by side: who talked with whom in one and not in the other, and how much more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from procwire.recorder.container import Container

SIDES = ("only-first", "only-second", "changed")
FACTOR = 2  # of bytes, from which on it counts as changed


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation: which program with whom, in which protocol."""

    state: str
    what: str  # conversation or finding
    process: str
    app: str
    peer: str
    port: int
    flows: tuple[int, int]
    bytes: tuple[int, int]


Key = tuple[str, str, str, str, int]


def differences(first: Container, second: Container) -> list[Difference]:
    """What differs, the largest first."""
    one, other = _sums(first), _sums(second)
    found = []
    for key in {**one, **other}:
        flows_one, bytes_one = one.get(key, (0, 0))
        flows_other, bytes_other = other.get(key, (0, 0))
        state = _state(key in one, key in other, bytes_one, bytes_other)
        if state:
            what, process, app, peer, port = key
            found.append(Difference(
                state=state, what=what, process=process, app=app, peer=peer, port=port,
                flows=(flows_one, flows_other), bytes=(bytes_one, bytes_other),
            ))  # fmt: skip
    return sorted(found, key=lambda each: (SIDES.index(each.state), -max(each.bytes), each.peer, each.port))


def _state(in_one: bool, in_other: bool, one: int, other: int) -> str:
    if not (in_one and in_other):
        return SIDES[0] if in_one else SIDES[1]
    return SIDES[2] if max(one, other) > FACTOR * min(one, other) else ""


def _sums(container: Container) -> dict[Key, tuple[int, int]]:
    found: dict[Key, tuple[int, int]] = {}
    for told in _lines(container, "flows.ndjson"):
        key = (
            "conversation", str(told.get("process", "?")), str(told.get("app", "unknown")),
            str(told.get("server_name") or told.get("dst", "?")), int(told.get("dst_port", 0)),
        )  # fmt: skip
        flows, size = found.get(key, (0, 0))
        found[key] = flows + 1, size + int(told.get("bytes", 0))
    for told in _lines(container, "findings.ndjson"):
        process, target = str(told.get("process", "?")), str(told.get("target", "?"))
        key = ("finding", process, str(told.get("detector", "?")), target, int(told.get("port", 0)))
        times, size = found.get(key, (0, 0))
        found[key] = times + 1, size
    return found


def _lines(container: Container, name: str) -> Iterable[dict[str, Any]]:
    if name in container.names():
        with container.open(name) as file:
            for line in file:
                yield msgspec.json.decode(line)
