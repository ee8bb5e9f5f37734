"""The courier at work: a thread for each sink, so that one that stalls holds up no other; one watches."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Mapping
from queue import SimpleQueue

from procwire.courier.contract import Carrier, failed
from procwire.courier.line import give, take_work
from procwire.model.sink import LATER, Done, Result, Work

DEADLINE_SECONDS = 60.0  # of one batch, whatever its sink does meanwhile
TICK_MS = 500


class _Lane(threading.Thread):
    """One sink's thread."""

    def __init__(self, name: str, carrier: Carrier, end: socket.socket) -> None:
        super().__init__(name=name, daemon=True)
        self.queue: SimpleQueue[Work] = SimpleQueue()
        self.since = 0.0  # when the work under way was begun; 0: none
        self._carrier = carrier
        self._end = end

    def run(self) -> None:
        """Until the process ends."""
        while True:
            work = self.queue.get()
            self.since = time.monotonic()
            done = Done(number=work.number, results=tuple(self._carried(work)))
            self.since = 0.0
            try:
                give(self._end, done)
            except OSError:
                return

    def watch(self, now: float) -> None:
        """Break off what takes too long."""
        if self.since and now - self.since > DEADLINE_SECONDS:
            self._carrier.abort()

    def _carried(self, work: Work) -> list[Result]:
        try:
            results = self._carrier.carry(work.items)
        except Exception as error:
            # Whatever a server makes our client's library do: this sink failed, the others go on.
            return [failed(error)] * len(work.items)
        if len(results) != len(work.items):
            return [Result(LATER, "not every item was answered")] * len(work.items)
        return results


def serve(end: socket.socket, carriers: Mapping[str, Carrier]) -> None:
    """Until nobody gives work any more. Says first that it knows of none from before."""
    give(end, Done(number=0))
    lanes: dict[str, _Lane] = {}
    poll = select.poll()
    poll.register(end.fileno(), select.POLLIN)
    while True:
        ready = poll.poll(TICK_MS)
        now = time.monotonic()
        for lane in lanes.values():
            lane.watch(now)
        if not ready:
            continue
        try:
            work = take_work(end)
        except OSError:
            return
        if work is None:
            return
        if work.sink not in carriers:
            unknown = Result(LATER, "the courier does not know this sink")
            give(end, Done(number=work.number, results=(unknown,) * len(work.items)))
            continue
        if work.sink not in lanes:
            lanes[work.sink] = _Lane(work.sink, carriers[work.sink], end)
            lanes[work.sink].start()
        lanes[work.sink].queue.put(work)
