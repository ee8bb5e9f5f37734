"""Who listens to which multicast group: the record that IGMP and MLD share, and how version 3 lists groups.

IGMP: RFC 1112, 2236, 9776. MLD: RFC 2710, 9777. Holds nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

MAX_GROUPS = 64  # group records shown of one report
MAX_SOURCES = 32  # sources shown of one group
MODES = {1: "include", 2: "exclude", 3: "to-include", 4: "to-exclude", 5: "allow", 6: "block"}


class GroupMessage(Observation, kw_only=True):
    """A host or a router spoke of multicast groups."""

    TABLE = "igmp"
    RISKS = {"faults": "malformed-message"}  # noqa: RUF012
    message: Annotated[str, says("query, report or leave.")]
    version: Annotated[str, says("igmp1 to igmp3, mld1 or mld2.")]
    group: Annotated[str, says("Group that it is about; empty for all, or where a report lists several.")] = (
        ""
    )
    groups: Annotated[tuple[str, ...], says("Groups that a report lists: group, mode, sources.")] = ()
    sources: Annotated[tuple[str, ...], says("Sources that a query asks for.")] = ()
    response_time: Annotated[int | None, says("How long hosts may wait to answer.", kind=Kind.DURATION)] = (
        None
    )
    faults: Annotated[tuple[str, ...], says("Breaches of the format.")] = ()


def records(
    data: bytes, count: int, size: int, text: Callable[[bytes], str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(groups, faults) of the group records of a report; ``size`` and ``text``: of an address."""
    found: list[str] = []
    at = 0
    for _ in range(count):
        if at + 4 + size > len(data):
            return tuple(found), ("incomplete",)
        mode, auxiliary = data[at], data[at + 1] * 4
        listed = int.from_bytes(data[at + 2 : at + 4], "big")
        start = at + 4 + size
        at = start + listed * size + auxiliary
        if len(found) < MAX_GROUPS:
            sources = addresses(data[start:at], listed, size, text)
            words = [text(data[start - size : start]), MODES.get(mode, str(mode)), *sources]
            found.append(" ".join(words))
    return tuple(found), ("incomplete",) if at > len(data) else ()


def addresses(data: bytes, count: int, size: int, text: Callable[[bytes], str]) -> tuple[str, ...]:
    """The first addresses of a list."""
    count = min(count, MAX_SOURCES, len(data) // size)
    return tuple(text(data[at : at + size]) for at in range(0, count * size, size))
