# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""One packet seen on several interfaces (a bridge and its ports, a bond and its members) counts once.

Each direction of a flow counts on the interface where it was first seen. Refuses to compare packets: the
interface decides, so that nothing has to be remembered of a packet.
"""

from __future__ import annotations

import cython

from procwire.flows.limits import SECOND

if cython.compiled:
    from cython.cimports.procwire.flows.segment import Segment
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.flows.segment import Segment
    from procwire.model.flow import Flow

# A direction that falls silent this long on its interface may go on over another one (failover, roaming).
HANDOVER_NS = cython.declare(cython.longlong, 5 * SECOND)


@cython.cfunc
@cython.exceptval(check=False)
def elsewhere(flow: Flow, seg: Segment, interface: cython.int) -> cython.bint:
    """Is this a second sighting, on an interface that this direction is not counted on? 0 is no interface."""
    known: cython.int = flow.interface_out if seg.side == 0 else flow.interface_in
    heard: cython.longlong = flow.heard_out if seg.side == 0 else flow.heard_in
    if interface and known and interface != known and seg.time - heard < HANDOVER_NS:
        return True
    if seg.side == 0:
        flow.interface_out = interface or known
        flow.heard_out = seg.time
    else:
        flow.interface_in = interface or known
        flow.heard_in = seg.time
    return False
