# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""What is no stream and no datagram: messages right on IP (ICMP, IGMP, SCTP, ESP, ...), frames without IP.

A message is shown whole: where the decoder has read the first eight bytes (ICMP, ESP), they come along.
Refuses to show a message whose header is not all there; one made whole from fragments has lost it.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.flows.reassembly import Reassembler
    from cython.cimports.procwire.flows.segment import Segment
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.flows.reassembly import Reassembler
    from procwire.flows.segment import Segment
    from procwire.model.flow import Flow

ICMP = cython.declare(cython.int, 1)
ESP = cython.declare(cython.int, 50)
ICMP6 = cython.declare(cython.int, 58)
HEAD = cython.declare(cython.longlong, 8)  # bytes of theirs that the decoder reads


@cython.cfunc
@cython.exceptval(-1)
def message(streams: Reassembler, flow: Flow, seg: Segment) -> cython.int:
    """Show one message to the flow's reader."""
    head: cython.longlong = HEAD if flow.proto in (ICMP, ICMP6, ESP) else 0
    if head and seg.rebuilt:
        return 0
    data: bytes = streams.payload.cut(seg, -head)
    if data:
        streams.show(flow, seg.side, data, seg.time)
    return 0


@cython.cfunc
@cython.exceptval(-1)
def frame(streams: Reassembler, kind: cython.int, seg: Segment) -> cython.int:
    """Show what follows the ethertype ``kind`` of a frame that is not IP."""
    data: bytes = streams.payload.cut(seg, 0)
    if data:
        try:
            streams.sink.frames.show(kind, data, seg.time)
        except Exception:
            streams.errors += 1
    return 0
