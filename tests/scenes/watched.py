"""``Watching`` inside a host of a lab, on a thread of its own, with everything it says written down."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from procwire.accounting.source import AWAY
from procwire.engine.api import Context, Watching, WatchOptions
from procwire.model.flow import Flow
from procwire.model.observation import Observation
from procwire.model.process import NOT_LOOKED, Owner
from tests.lab import Host, wait_for
from tests.scenes.lines import Line, flow_line, seen_line


class Audience:
    """Remembers each thing told, in order."""

    def __init__(self) -> None:
        self.context = Context([])
        self.told_of: list[tuple[str, Flow]] = []
        self.seen: list[Line] = []
        self.ticks = 0

    def told(self, event: str, flow: Flow) -> None:
        """See engine.watching.Audience."""
        self.told_of.append((event, flow))

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See engine.watching.Audience."""
        self.seen.append(seen_line(flow, observation))

    def ticked(self, now: int) -> None:
        """See engine.watching.Audience."""
        self.ticks += 1

    def flows(self, event: str = "end", *, everywhere: bool = False) -> list[Flow]:
        """The flows that an event was told of; without what other namespaces of this machine have among
        themselves, whoever lives there, unless it is of ``everywhere``."""
        found = [flow for said, flow in list(self.told_of) if said == event]
        return [flow for flow in found if everywhere or self.context.interface(flow.interface) != AWAY]

    def lines(self) -> list[Line]:
        """A line for each flow that ended."""
        return [flow_line(flow, self.context) for flow in self.flows()]


class Watch:
    """One run. ``stop`` ends it and raises what it raised."""

    def __init__(self, host: Host, options: WatchOptions) -> None:
        self.audience = Audience()
        self.watching: Watching | None = None
        self._host = host
        self._options = options
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=lambda: host.inside(self._run))

    def _run(self) -> None:
        try:
            self.watching = Watching(self._options, self.audience)
            self.audience.context = Context(self.watching.source.interfaces)
            self.watching.run()
        except BaseException as error:
            self._error = error

    def start(self) -> None:
        """Return when frames are being taken in."""
        self._thread.start()
        wait_for(lambda: self.audience.ticks or self._error, what="procwire")
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End it; everything is written down after that."""
        if self.watching is not None:
            self.watching.stop()
        self.join()

    def join(self) -> None:
        """Wait for its own end."""
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error


@contextlib.contextmanager
def watch(host: Host, options: WatchOptions) -> Iterator[Watch]:
    """Watch a host during the block."""
    running = Watch(host, options)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def owner_of(flow: Flow) -> Owner:
    """The flow's owner."""
    return flow.owner if isinstance(flow.owner, Owner) else NOT_LOOKED
