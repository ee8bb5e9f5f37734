"""Sockets whose noted owner has them no more: inherited or passed over a unix socket, and not used since.

The programs in the kernel note a socket's last user. One that was handed over, and whose receiver has not
sent or received yet, is found by the survey of all holders. It never contradicts what was noted after that.
"""

from __future__ import annotations

from typing import NamedTuple

from procwire.model.process import ProcessRef
from procwire.processes import kinship, tasks
from procwire.processes.claims import Claim
from procwire.processes.holders import Holders
from procwire.processes.table import ProcessTable

SOURCE = tasks.SOURCE
REASON = "handed over by the process that used it last"


class Heir(NamedTuple):
    """Who has it now, and how many do."""

    process: ProcessRef
    holders: int


def heir(claim: Claim, holders: Holders, table: ProcessTable) -> Heir | None:
    """The owner among those that hold the socket; None where the claim stands, as nearly always."""
    if not claim.cookie:
        return None
    for fresh in (False, True):
        held = holders.of_cookie(claim.cookie)
        if not held or any(holder.pid == claim.pid for holder in held):
            return None
        if holders.surveyor is not None and holders.surveyor.taken > claim.noted:
            break
        if fresh or not holders.renew():
            return None
    refs = [(holder.fd, ref) for holder in held if (ref := table.get(holder.pid)) is not None]
    process = kinship.choose(refs, listening=False)
    return Heir(process, len({ref.pid for _, ref in refs})) if process is not None else None
