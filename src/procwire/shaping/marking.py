"""The steps that tell a control group's packets from all others': its own group for a process, the mark on
what is sent, the catch of what comes in, and the priority of the sockets that a process had before.
"""

from __future__ import annotations

import msgspec

from procwire.shaping import groups
from procwire.shaping.finding import Spot
from procwire.shaping.standing import inner_handle
from procwire.shaping.steps import Mark, Part, Step, Tag, Untag


def marked(part: Part, spot: Spot, slot: int) -> Part:
    """A part with them. Raises GoneError, ShapingError."""
    if not spot.group:
        return part
    priority = inner_handle(slot)
    mark: tuple[Step, ...] = (Mark(cgroup=spot.group, priority=priority),) if spot.sends else ()
    if not spot.pid:
        return msgspec.structs.replace(part, steps=(*mark, *part.steps))
    settle, unsettle = groups.placing(spot.pid)
    start = groups.start_of(spot.pid)  # its sockets stay in the group that they were made in
    tag, untag = (kind(pid=spot.pid, start=start, priority=priority) for kind in (Tag, Untag))
    before: tuple[Step, ...] = () if settle is None else (settle,)
    return msgspec.structs.replace(
        part, steps=(*before, *mark, *part.steps, tag), undo=(untag, *part.undo, unsettle)
    )
