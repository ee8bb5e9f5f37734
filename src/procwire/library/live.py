"""Live traffic as an asynchronous stream of events, each with a flow as it was at that moment.

The watching runs on a thread of its own in the caller's process and with the caller's rights (capturing needs
CAP_NET_RAW, owners and the kernel's counts CAP_BPF and CAP_PERFMON; run it as root). A reader that is slower
than the traffic loses events beyond MAX_WAITING, never packets; ``lost`` on each event counts them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator
from threading import Thread
from typing import Any

import msgspec

from procwire.engine.api import Context, EngineError, Watching, WatchOptions
from procwire.library.reason import LibraryError
from procwire.library.recording import compiled
from procwire.library.row import FLOW, Flow, Moment, ToldFlow
from procwire.model.filter import Filter
from procwire.model.flow import Flow as Tracked
from procwire.model.observation import Observation
from procwire.model.rows import NO_CONTEXT, FlowRow, RowContext
from procwire.model.tables import FLOWS

MAX_WAITING = 65_536  # events that were not taken yet


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something is to be said of a flow. ``kind``: open, update or end; ``lost``: events dropped so far."""

    kind: str
    flow: ToldFlow
    lost: int = 0


class _Ear:
    """The Audience of the watching thread; hands events over to the loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, keep: Filter | None) -> None:
        self.keep = keep
        self.context: RowContext = NO_CONTEXT
        self.waiting: deque[Event] = deque()
        self.lost = 0
        self.over = False
        self.problem: BaseException | None = None
        self.some = asyncio.Event()
        self._loop = loop

    def told(self, event: str, flow: Tracked) -> None:
        """See model.listening.Audience."""
        row = FlowRow(flow, self.context)
        if self.keep is not None and not self.keep.matches(row):
            return
        if len(self.waiting) >= MAX_WAITING:
            self.lost += 1
            return
        told = ToldFlow(FLOW, Moment(Flow(FLOW, row)))
        self.waiting.append(Event(kind=event, flow=told, lost=self.lost))
        self._wake()

    def observed(self, flow: Tracked, observation: Observation) -> None:
        """See model.listening.Audience."""

    def ticked(self, now: int) -> None:
        """See model.listening.Audience."""

    def finish(self, problem: BaseException | None) -> None:
        """The thread has ended."""
        self.problem = problem
        self.over = True
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self.some.set)


def _run(watching: Watching, ear: _Ear) -> None:
    try:
        watching.run()
    except Exception as error:  # told to the reader, on its own side
        ear.finish(error)
    else:
        ear.finish(watching.error)


def _begun(ear: _Ear, options: dict[str, Any]) -> Watching:
    try:
        watching = Watching(WatchOptions(**options), ear)
    except (EngineError, OSError, TypeError) as error:
        raise LibraryError(str(error)) from None
    ear.context = Context(watching.source.interfaces, source="tap")
    return watching


async def watch(
    *interfaces: str,
    filter: str = "",
    seconds: float | None = None,
    every: float | None = None,
    **options: Any,
) -> AsyncGenerator[Event, None]:
    """Flows of live interfaces (none named: all): an event when one starts to be known and one when it ends.

    ``seconds``: stop by itself; ``every``: also an update of each open flow so often; ``options``: as
    engine.options.WatchOptions (``keylog``, ``depth``, ``source``, ``owners``, ...). Closing the generator
    (``aclose``) stops it. Raises LibraryError.
    """
    keep = compiled(filter, FLOWS)
    ear = _Ear(asyncio.get_running_loop(), keep)
    options |= {"interfaces": interfaces, "seconds": seconds, "every": every}
    watching = _begun(ear, options)
    thread = Thread(target=_run, args=(watching, ear), name="procwire-watch", daemon=True)
    thread.start()
    try:
        while True:
            while ear.waiting:
                yield ear.waiting.popleft()
            if ear.over:
                break
            ear.some.clear()
            if not ear.waiting and not ear.over:
                await ear.some.wait()
    finally:
        watching.stop()
        await asyncio.to_thread(thread.join)
    if ear.problem is not None:
        raise LibraryError(str(ear.problem))
