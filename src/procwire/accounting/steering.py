"""Between the tracker and the analyzer: what is still wanted of a flow becomes a verdict for the kernel.

The reader's appetite (``model/streams.py``) is the whole of the policy: who wants no more of a side has
enough; who skips the body of an answer wants what follows it; who reads a stream wants some more, and again
some more; who reads questions and answers in datagrams wants them all. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procwire.bpf.accounts import ALL, BEYOND, ENOUGH, LEASE_BYTES, MORE
from procwire.model import streams
from procwire.model.flow import Flow
from procwire.model.streams import StreamSink

LEAST_SKIP = 8192  # bytes: less is sooner handed on than spoken about
LEASE_STEP = LEASE_BYTES // 4
CONTENT = "content"  # how an app is known when a parser claimed it (model/flow.py)
_M32 = 0xFFFFFFFF

Decide = Callable[[Flow, int, int, int], None]  # flow, side, mode, sequence number


class Steering:
    """A StreamSink in front of another one. ``follow``: flows are read to their end, not only at first."""

    def __init__(self, sink: StreamSink, decide: Decide, *, follow: bool = True) -> None:
        self._sink = sink
        self.frames = getattr(sink, "frames", None)  # of no flow: there is nothing to decide
        self._decide = decide
        self._follow = follow

    def data(self, flow: Any, side: int, data: bytes, now: int) -> int:
        """See StreamSink."""
        wanted = self._sink.data(flow, side, data, now)
        self._say(flow, side, wanted)
        return wanted

    def gap(self, flow: Any, side: int, size: int, now: int) -> int:
        """See StreamSink."""
        wanted = self._sink.gap(flow, side, size, now)
        self._say(flow, side, wanted)
        return wanted

    def ended(self, flow: Any, now: int) -> None:
        """See StreamSink."""
        self._sink.ended(flow, now)

    def _say(self, flow: Any, side: int, wanted: int) -> None:
        if wanted >= streams.ENOUGH:
            self._decide(flow, side, ENOUGH, 0)
        elif not self._follow or flow.app_confidence != CONTENT:
            return
        elif flow.end_out is None:
            self._decide(flow, side, ALL, 0)
        else:
            end = flow.end_out if side == 0 else flow.end_in
            if wanted >= LEAST_SKIP:
                self._decide(flow, side, BEYOND, end.pos + min(wanted, _M32 >> 1) & _M32)
            else:
                # In steps, so that not every chunk changes the verdict.
                self._decide(flow, side, MORE, (end.pos + LEASE_BYTES & _M32) & ~(LEASE_STEP - 1))
