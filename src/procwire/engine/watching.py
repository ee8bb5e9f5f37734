"""``procwire watch``: live interfaces through the pipeline, with the owner of each flow.

One thread takes frames, decodes and ingests; owners are looked up on another, so that capture never waits for
/proc. A flow is told of as ``flows.telling`` says, and on request while it lasts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import structs

from procwire.capture.source import CaptureError
from procwire.engine import api
from procwire.engine.context import Context
from procwire.engine.options import EngineError, WatchOptions
from procwire.engine.sources import Chosen
from procwire.flows.telling import STEP, Telling
from procwire.model.flow import Flow
from procwire.model.listening import Audience
from procwire.processes.answers import Shared
from procwire.processes.kernel import looked_up, opened
from procwire.processes.keys import key_of
from procwire.processes.resolver import Resolver
from procwire.sandbox import identity, resident
from procwire.sandbox.confine import confine
from procwire.sandbox.plan import OFF, Confinement
from procwire.sandbox.profile import engine
from procwire.warden.client import Warden
from procwire.warden.gallery import Gallery, own
from procwire.warden.process import start
from procwire.warden.service import Allowed

if TYPE_CHECKING:  # loaded once the warden is a process of its own, which needs none of it
    from procwire.engine.keys import Tapped
    from procwire.model.frames import FrameBatch
    from procwire.model.observation import Observation
    from procwire.model.streams import StreamSink
    from procwire.recorder.keeping import Keeping

TICK_SECONDS = 0.25
LAG_NS = 500_000_000  # frames may still be in the ring when the clock already reads this much later
READY_SECONDS = 5.0  # the first look at all sockets of the host may take so long
LAST_SECONDS = 3.0  # so long may the owners' thread take to end
SWITCH_SECONDS = 0.0005  # so long may a thread keep another waiting for the interpreter (Python: 5 ms)
COUNT_SECONDS = 1.0  # from one reading of the kernel's counts to the next

_OVER = object()


class Watching:
    """One run over live interfaces. ``stop`` may be called from a signal handler.

    A file to write that takes no more (a full disk) ends the run; ``error`` then says so.
    """

    def __init__(self, options: WatchOptions, audience: Audience, *, tap: Tapped | None = None) -> None:
        self.options = options
        self._telling = Telling(audience)
        chosen = Chosen(options)
        self.source = chosen.source
        self.source_name = chosen.name
        self.source_problem = chosen.reason  # why it is not what was asked for
        self.counting = chosen.kernel
        # Else owners come from sock_diag alone, and why.
        self.kernel, self.kernel_problem = opened() if options.owners else (None, "")
        self._open_owners = partial(looked_up, self.kernel, hashes=options.hashes)
        self.resolver: Resolver | None = None
        self._whose = Shared()
        self.warden: Warden | None = None
        self._gallery: Gallery | None = None
        self.confinement = Confinement(OFF)
        self.error: CaptureError | None = None
        self.stopping = False
        self.evicted = 0  # accounts of the kernel that had to make room, known at the end
        self._turn: Iterator[None] | None = None  # what is being done, a step at a time
        self.tick = TICK_SECONDS  # how often the audience has its turn, at the least
        self._next_tick = self._next_update = self._next_count = 0.0
        try:
            if options.sandbox != OFF:
                self._split()
            self._compose(chosen, tap)
            if self.warden is not None:
                self._shut_in(self.warden)
        except BaseException:
            self._let_go()
            raise

    def _compose(self, chosen: Chosen, tap: Tapped | None) -> None:
        """What an engine needs, and no warden: loaded here."""
        from procwire.decrypt.keyfile import open_keys
        from procwire.dpi.registry import registry
        from procwire.engine.pipeline import Pipeline
        from procwire.model.packets import PacketTable

        chosen.hint()
        self.keys, self._key_file = open_keys(self.options.keylog)
        self._read_keys = self._key_file.poll if self._key_file is not None else lambda: None
        self.pipeline = Pipeline(self.options.flows, self, keys=self.keys, steer=self._steered(chosen, tap))
        if self.pipeline.analyzer is not None:
            registry().load()
        if self.counting is not None:
            unread = self.pipeline.analyzer.unread if self.pipeline.analyzer is not None else None
            self.counting.connect(self.pipeline.tracker.credit, unread)
        self.keeping = self._keep(self.options)
        self._table = PacketTable()

    @property
    def audience(self) -> Audience:
        """Who is told; another may take its place, and is told of everything from then on."""
        return self._telling.audience

    @audience.setter
    def audience(self, audience: Audience) -> None:
        self._telling.audience = audience

    def ending(self) -> list[Flow]:
        """Flows that have ended, and whose end was not told yet."""
        return self._telling.ending()

    def stop(self) -> None:
        """End ``run`` at once, with what the kernel had seen by now; a second call leaves even that."""
        self.stopping = True
        self.source.stop()

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Watch until stopped or for ``options.seconds`` from ``ready`` on; each flow gets a final record."""
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            self._prepare()
            ready()
            started = time.monotonic()  # what it takes to begin, most on a busy machine, is no part of it
            deadline = started + self.options.seconds if self.options.seconds else None
            self._next_update = started + (self.options.every or 0)
            while not self.stopping and (deadline is None or time.monotonic() < deadline):
                left = self.tick if deadline is None else min(self.tick, deadline - time.monotonic())
                self._take(self.source.poll(max(0.0, left) if self._turn is None else 0.0))
                self._tick(time.monotonic())
                self._step()
            self._drain()
        finally:
            self._close()

    # The pipeline's listener.

    def opened(self, flow: Flow) -> None:
        """See pipeline.Listener."""
        nobody, deaf = self.resolver is None or self._glimpse(flow), self.pipeline.analyzer is None
        self._telling.opened(flow, time.monotonic(), answered=nobody, decided=deaf)
        if self.counting is not None:
            self.counting.opened(flow)
        self.keeping.opened(flow)
        if self.resolver is not None and not nobody:
            self.resolver.submit(flow, aside=self._is_away(flow))

    def decided(self, flow: Flow) -> None:
        """See pipeline.Listener."""
        self._telling.decided(flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See pipeline.Listener."""
        self.keeping.observed(flow, observation)
        self.audience.observed(flow, observation)

    def ended(self, flow: Flow) -> None:
        """See pipeline.Listener."""
        self.keeping.ended(flow)
        self._collect()  # whose it was found to be before its end is looked at again
        reviewing = self.resolver is not None and self.resolver.review(flow)
        self._telling.ended(flow, time.monotonic(), reviewing=reviewing, counted=self.counting is None)

    # Inner steps.

    def _steered(self, chosen: Chosen, tap: Tapped | None) -> Callable[[StreamSink], StreamSink] | None:
        """What stands between the tracker and the analyzer: a tap behind the source's steering."""
        if tap is None:
            return chosen.steer
        tapped, steer = partial(tap, self.keys), chosen.steer
        return tapped if steer is None else lambda sink: steer(tapped(sink))

    def _glimpse(self, flow: Flow) -> bool:
        """Whose it is as the kernel noted it, at once; whether that is all there is to know."""
        look = self.warden.owners.glimpse(key_of(flow)) if self.warden is not None else None
        if look is None:
            return False
        self._whose.give(flow, structs.replace(look.owner, answered=time.time_ns()))
        return look.final

    def _is_away(self, flow: Flow) -> bool:
        """Is it what other namespaces have among themselves? What passes here comes before that."""
        return self.counting is not None and flow.interface == self.counting.ledger.away

    def _keep(self, options: WatchOptions) -> Keeping:
        from procwire.recorder.keeping import Keeping
        from procwire.recorder.reason import RecorderError

        wishes = structs.replace(options.kept, write=options.write)
        context = Context(self.source.interfaces, source="tap")
        owner = identity.lesser() if options.sandbox != OFF else None
        try:
            keeping = Keeping(wishes, self.source, context, self, owner=owner)
        except (CaptureError, RecorderError) as error:
            raise EngineError(str(error)) from None
        if keeping.flight is not None and options.owners:
            keeping.flight.processes = self._processes
        return keeping

    def _processes(self) -> list[dict[str, Any]] | None:
        """For an incident, which tells who started whose flows it holds."""
        from procwire.model.host_tables import PROCESSES

        if self._gallery is None:
            self._gallery = self.warden.gallery if self.warden is not None else own(api.pictures().take)
        return self._gallery.by_column(PROCESSES)

    def settled(self, flow: Flow) -> bool:
        """Is all known of it that will be?"""
        return self._telling.settled(flow)

    def _split(self) -> None:
        """Two processes: the warden keeps the rights, this one keeps what is open. Raises OSError."""
        options = self.options
        allowed = Allowed(names=options.interfaces, promiscuous=options.promiscuous, keylog=options.keylog)
        owners = self._open_owners if options.owners else None
        paint = lambda: api.pictures().take  # noqa: E731
        self.warden = start(options.sandbox, allowed, owners, paint, kernel=self.kernel)

    def _shut_in(self, warden: Warden) -> None:
        """Give up every right. Raises SandboxError."""
        from procwire.doctor.checks import compiled_modules

        options = self.options
        maps = self.counting is not None or (self.kernel is not None and self.kernel.sees_use)
        self.source.open_by(warden.open_ring)
        if self._key_file is not None:
            self._key_file.open_by(warden.open_keys)
        cell = engine(options.sandbox, folders=options.folders, files=options.readable, maps=maps)
        resident.give_back()
        compiled_modules()  # is kept: its files may be out of reach from here on
        self.confinement = confine(cell)

    def _let_go(self) -> None:
        """It cannot begin."""
        self.source.close()
        if self.kernel is not None:
            self.kernel.close()
        if self.warden is not None:
            self.warden.close()

    def _prepare(self) -> None:
        if self.options.owners:
            self.resolver = Resolver(
                self._open_owners if self.warden is None else self.warden.ask,
                noted=self.kernel is not None,
            )
            end = time.monotonic() + READY_SECONDS
            while not self.stopping and time.monotonic() < end and not self.resolver.wait_ready(TICK_SECONDS):
                pass

    def _take(self, batch: FrameBatch | None) -> None:
        if batch is None or not batch.count:
            return
        self._read_keys()  # a client writes its line before it sends anything under it
        self.pipeline.ingest(self.pipeline.decode(batch, self._table))
        self.keeping.take(batch, self._table)
        self.source.release(batch)

    def full(self, error: CaptureError) -> None:
        """A file takes no more: that ends the run."""
        self.error = error
        self.stop()

    def _tick(self, now: float) -> None:
        if now < self._next_tick:
            return
        self._next_tick = now + self.tick
        if self.warden is not None and not self.warden.hear() and self.error is None:
            self.error = CaptureError("warden", None, "it has ended: nothing can be asked any more")
            self.stop()
        self._read_keys()
        clock = time.time_ns()
        self.keeping.tick(clock)
        self.pipeline.expire(clock - LAG_NS)
        self._collect()
        if self._turn is None:
            self._turn = self._work(now, clock)

    def _step(self) -> None:
        """A millisecond's part of what is to be done: a flow that begins meanwhile is not kept waiting."""
        if self._turn is not None and next(self._turn, _OVER) is _OVER:
            self._turn = None

    def _work(self, now: float, clock: int) -> Iterator[None]:
        """The turn of the audience."""
        if now >= self._next_count:
            self._next_count = now + COUNT_SECONDS
            yield from self._count()
        yield from self._telling.tick(now)
        if self.options.every and now >= self._next_update:
            self._next_update = now + self.options.every
            yield from self._update()
        self.audience.ticked(clock)

    def _count(self) -> Iterator[None]:
        """What the kernel counted of each flow; of those that have ended, for the last time."""
        if self.counting is None:
            return
        self._telling.counting()
        yield from self.counting.reading()
        yield from self._telling.counted(self.counting.forget)

    def _update(self) -> Iterator[None]:
        """The state of every open flow that was told of."""
        for number, flow in enumerate(list(self.pipeline.tracker.active()), 1):
            if self._telling.has_told(flow):
                self.audience.told("update", flow)
            if number % STEP == 0:
                yield

    def _collect(self) -> None:
        if self.resolver is None:
            return
        for flow, owner, final in self.resolver.collect():
            self._whose.give(flow, owner)
            if final:
                self._telling.answered(flow)

    def _drain(self) -> None:
        """What the kernel had already seen when the end came; nothing that comes later."""
        if not self.stopping:
            self.source.stop()
        for batch in self.source.batches():
            self._take(batch)

    def _close(self) -> None:
        """The last words on every flow; a file that was written ends whole whatever the audience does."""
        self.source.drops()  # for the last time
        if self.counting is None:
            self.source.close()
        if self._key_file is not None:
            self._key_file.last()  # while the warden is there, who may have to open it
        if self.resolver is not None:
            for flow in sorted(self.pipeline.tracker.active(), key=self._is_away):  # time may not do for all
                self.resolver.review(flow)
            self.resolver.close(LAST_SECONDS)
            self._collect()
        self.keeping.close(time.time_ns())
        if self.kernel is not None:
            self.kernel.close()
        if self.warden is not None:
            self.warden.close()
        self.pipeline.finish()
        for _ in self._count():
            pass
        self.evicted = self.counting.evicted if self.counting is not None else 0
        self.source.close()
        self._telling.finish()
