# cython: language_level=3
"""Who owns this stream: the protocol that claims its first bytes is fed the rest.

Content decides. Ports order the asking, and are the last resort where content did not speak against them. A
parser that errs before it saw anything gives way to the next claim, from the buffered bytes; one that errs
later ends the flow's analysis, but over UDP, where a bad datagram is passed over.

A stream within a stream (``Upgraded``): ``flow.app`` becomes the inner protocol and the outer ones stand in
``flow.facts["via"]``, outermost first, joined by dots. Where no parser knows the inner one, its announced
name is kept: the two ends agreed on it in the open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cython

from procwire.dpi.contract import Asked
from procwire.dpi.expected import Expectation
from procwire.dpi.frames import Frames
from procwire.dpi.guess import CONTENT
from procwire.dpi.opening import REFUSED, Limits
from procwire.dpi.reading import DONE
from procwire.dpi.registry import Registry, registry
from procwire.dpi.shape import shape
from procwire.model.streams import ENOUGH

if cython.compiled:
    from cython.cimports.procwire.dpi.asking import Asking
    from cython.cimports.procwire.dpi.candidates import Answer, ask
    from cython.cimports.procwire.dpi.manner import note
    from cython.cimports.procwire.dpi.opening import Opening
    from cython.cimports.procwire.dpi.reading import Reading
    from cython.cimports.procwire.dpi.tally import Tally
    from cython.cimports.procwire.dpi.telling import Telling
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.dpi.asking import Asking
    from procwire.dpi.candidates import Answer, ask
    from procwire.dpi.manner import note
    from procwire.dpi.opening import Opening
    from procwire.dpi.reading import Reading
    from procwire.dpi.tally import Tally
    from procwire.dpi.telling import Telling
    from procwire.model.flow import Flow

MAX_CHAIN = 4  # protocols within each other

_TCP: cython.int = 6


@cython.cclass
class Analyzer:
    """A model.streams.StreamSink. ``emit`` gets every observation; ``decided`` a flow whose app is settled,
    again when an inner protocol takes over. Where less than records is ``asked``, ``emit`` gets what names
    are learned from, and where it is the name alone, nothing. ``announced`` gets what a flow says of another
    one; an analyzer beside this one is told so by ``expect``."""

    _decided: Any
    _asking: Asking
    _telling: Telling
    frames = cython.declare(object, visibility="readonly")  # see StreamSink
    _total_bytes: cython.longlong
    _side_bytes: cython.longlong
    _tally: Tally

    def __init__(
        self,
        emit: Callable[[Any, Any], None],
        *,
        decided: Callable[[Any], None] | None = None,
        limits: Limits | None = None,
        protocols: Registry | None = None,
        asked: Asked = Asked.RECORDS,
        announced: Callable[[int, Expectation], None] | None = None,
    ) -> None:
        known = protocols or registry()
        limits = limits or Limits()
        told, named = asked is Asked.RECORDS, asked is Asked.NAME
        self._decided = decided
        self._asking = Asking(known, limits, told, named)
        self._telling = Telling(emit, known, told, self._asking.expected, named=named, announced=announced)
        self._total_bytes = limits.total_bytes
        self._side_bytes = limits.side_bytes
        self._tally = Tally()
        self.frames = Frames(known if told else Registry(()), emit, self._tally)

    def counts(self) -> dict[str, int]:
        """What was done so far: see Tally; ``unmet``: announcements that gave way before their flow came."""
        return {**self._tally.counts(), "unmet": self._asking.expected.evicted}

    def expect(self, now: int, wanted: Expectation) -> None:
        """A flow that is not read here announced one that may be."""
        self._asking.expected.add(now, wanted)

    @property
    def defect(self) -> str:
        """The last defect, or empty."""
        return str(self._tally.defect)

    def data(self, flow: Flow, side: cython.int, data: bytes, now: cython.longlong) -> int:
        """See StreamSink."""
        state: Reading
        held = flow.analysis
        fresh: cython.bint = held is None
        if fresh:
            state = self._begin(flow, now)
            if state is None:
                return ENOUGH
        elif held is DONE:
            return ENOUGH
        else:
            state = held
        if not data:
            return 0
        if fresh and self._tally.held <= self._total_bytes:
            self._meet(flow, state, side, data, now)
            self._tally.held += state.growth()
        elif state.parser is not None and state.opening is None:
            self._read(flow, state, side, data, now)
        else:
            self._await(flow, state)
            self._show(flow, state, side, data, now)
            self._tally.held += state.growth()
        return self._appetite(flow, state, side, now)

    def gap(self, flow: Flow, side: cython.int, size: cython.longlong, now: cython.longlong) -> int:
        """See StreamSink."""
        held = flow.analysis
        if held is DONE:
            return ENOUGH
        state: Reading = self._begin(flow, now) if held is None else held
        if state is None:
            return ENOUGH
        if size <= 0:
            return 0
        if state.parser is None:
            self._await(flow, state)
            state.opening.broken(side)
            self._tally.held += state.growth()
            return 0
        self._take(flow, state, state.lose(side, size, now), now)
        if flow.analysis is state and not state.good:
            self._drop(flow, state, now)
        return self._appetite(flow, state, side, now)

    def ended(self, flow: Flow, now: cython.longlong) -> None:
        """See StreamSink."""
        held = flow.analysis
        if held is None:
            self._guess(flow, None)
        elif held is not DONE:
            state: Reading = held
            if state.parser is None:
                self._guess(flow, state.opening)
            else:
                self._telling.tell(flow, state.finish(now), now)
                self._faulty(state)
            state.opening = None
            self._tally.held += state.growth()
        flow.analysis = None

    def unread(self, flow: Flow) -> None:
        """It has content that is shown to nobody: its port speaks alone."""
        if flow.analysis is None:
            self._guess(flow, None)
            flow.analysis = DONE

    @cython.cfunc
    def _begin(self, flow: Flow, now: cython.longlong) -> Reading:
        state: Reading = self._asking.begin(flow, now)
        flow.analysis = DONE if state is None else state
        return state

    @cython.cfunc
    def _await(self, flow: Flow, state: Reading) -> cython.void:
        """Hold what comes from here on, until a protocol claims it; one that holds already goes on."""
        if state.opening is None:
            state.opening = self._asking.opening(flow, state)

    @cython.cfunc
    def _appetite(self, flow: Flow, state: Reading, side: cython.int, now: cython.longlong) -> Any:
        if flow.analysis is DONE:
            return ENOUGH
        if state.sated():
            self._drop(flow, state, now)
            return ENOUGH
        return state.appetite(side)

    # ---- choosing

    @cython.cfunc
    def _meet(
        self, flow: Flow, state: Reading, side: cython.int, data: bytes, now: cython.longlong
    ) -> cython.void:
        """A flow's very first bytes: mostly claimed at once, by a parser that proves itself by them.

        Such a flow is spared its Opening; all others go on as if they had had one.
        """
        byte: cython.int = data[0]
        shown: bytes = data
        if flow.proto == _TCP and len(data) > self._side_bytes:
            shown = data[: self._side_bytes]
        context = self._asking.context(flow, state)
        answer: Answer = ask(self._asking.order(flow, state, byte), shown, side, context)
        self._tally.broken(answer.defect)
        if answer.entry is None:
            self._await(flow, state)
            found = state.opening.first(side, data, now, answer.waiting, None)
            self._start(flow, state, found)
            return
        state.adopt(answer.entry, context)
        state.name(flow)
        self._take(flow, state, state.feed(side, data, now), now)
        if state.depth or state.good:
            self._tally.recognised += 1
            note(flow, answer.entry, None, 0)
            if state.depth:  # it was an upgrade at once
                return
            self._settled(flow)
            if state.proven or len(data) > 2 * self._side_bytes:
                return
        self._await(flow, state)
        trial: Opening = state.opening
        trial.first(side, data, now, None, answer.entry)
        if not state.good:
            self._start(flow, state, trial.retry(answer.entry))

    @cython.cfunc
    def _show(
        self, flow: Flow, state: Reading, side: cython.int, data: bytes, now: cython.longlong
    ) -> cython.void:
        """Bytes for a flow whose parser is not chosen, or not proven, or (after an upgrade) is."""
        trial = state.opening
        if trial is None:
            self._read(flow, state, side, data, now)
        elif state.parser is None:
            if self._tally.held > self._total_bytes:
                self._tally.overflowed += 1
                self._give_up(flow, state)
                return
            self._start(flow, state, trial.push(side, data, now))
        else:
            trial.hold(side, data, now)
            self._take(flow, state, state.feed(side, data, now), now)
            if state.opening is trial and not state.good:
                self._start(flow, state, trial.retry(state.entry))
            else:
                self._prove(state, trial)

    @cython.cfunc
    def _start(self, flow: Flow, state: Reading, found: Any) -> cython.void:
        """Replay what is held into the chosen parser; while it fails, into the next that claims."""
        trial = state.opening
        depth: cython.int = state.depth
        self._faulty(state)
        while found is not None and found is not REFUSED:
            if self._replay(flow, state, found):
                self._tally.recognised += 1
                note(flow, found, trial, depth)
                if state.opening is trial:
                    self._settled(flow)
                    self._prove(state, trial)
                return
            found = trial.retry(found)
        if state.entry is not None:
            state.adopt(None, None)
            state.name(flow)
        if found is REFUSED:
            self._give_up(flow, state)

    @cython.cfunc
    def _replay(self, flow: Flow, state: Reading, entry: Any) -> cython.bint:
        trial = state.opening
        state.adopt(entry, trial.context)
        state.name(flow)
        for side, data, now in trial.replay():
            if state.opening is not trial:
                if flow.analysis is not DONE:
                    self._show(flow, state, side, data, now)
                continue
            self._take(flow, state, state.feed(side, data, now), now)
            if state.opening is trial and not state.good:
                return False
        return True

    @cython.cfunc
    def _prove(self, state: Reading, trial: Opening) -> cython.void:
        if state.opening is trial and (state.proven or trial.full):
            state.opening = None

    # ---- reading

    @cython.cfunc
    def _read(
        self, flow: Flow, state: Reading, side: cython.int, data: bytes, now: cython.longlong
    ) -> cython.void:
        """Bytes for a proven parser; one that gives up on them leaves the flow its name."""
        self._take(flow, state, state.feed(side, data, now), now)
        if not state.good and flow.analysis is state and state.opening is None:
            self._drop(flow, state, now)

    @cython.cfunc
    def _take(self, flow: Flow, state: Reading, seen: Any, now: cython.longlong) -> cython.void:
        """Hand on what a parser saw; an upgrade among it is made at the end."""
        hint = self._telling.tell(flow, seen, now)
        if not state.good or state.bad or state.defect is not None:
            self._faulty(state)
        if hint is not None:
            self._upgrade(flow, state, str(hint), now)

    @cython.cfunc
    def _faulty(self, state: Reading) -> cython.void:
        """Count what went wrong, once."""
        self._tally.faults += state.faults
        state.faults = 0
        defect: Any = state.defect
        state.defect = None
        if defect is None and state.opening is not None:
            defect = state.opening.defect
            state.opening.defect = None
        self._tally.broken(defect)

    @cython.cfunc
    def _upgrade(self, flow: Flow, state: Reading, hint: str, now: cython.longlong) -> cython.void:
        """The rest of both sides is another protocol's: choose again, with the hinted one asked first."""
        rest = (state.remainder(0), state.remainder(1))
        state.depth += 1
        state.chain = f"{state.chain}.{flow.app}" if state.chain else flow.app
        state.said = hint
        if hint:
            flow.app = hint
            flow.facts["via"] = state.chain
        state.adopt(None, None)
        if state.depth >= MAX_CHAIN or (hint and hint not in self._asking.by_name):
            self._settled(flow)
            self._close(flow, state)
            return
        state.opening = self._asking.opening(flow, state)
        for side in (0, 1):
            if rest[side] and flow.analysis is state:
                self._show(flow, state, side, rest[side], now)
        self._tally.held += state.growth()

    # ---- ending

    @cython.cfunc
    def _drop(self, flow: Flow, state: Reading, now: cython.longlong) -> cython.void:
        """The parser is done, or gave up behind what it had understood: the flow keeps its name."""
        self._telling.tell(flow, state.finish(now), now)
        self._close(flow, state)

    @cython.cfunc
    def _give_up(self, flow: Flow, state: Reading) -> cython.void:
        self._tally.given_up += 1
        self._guess(flow, state.opening)
        shape(flow, state.opening)
        self._close(flow, state)

    @cython.cfunc
    def _close(self, flow: Flow, state: Reading) -> cython.void:
        self._faulty(state)
        flow.analysis = DONE
        state.opening = None
        state.parser = None
        self._tally.held += state.growth()

    @cython.cfunc
    def _guess(self, flow: Flow, opening: Any) -> cython.void:
        """Settle a flow that no protocol took: its port speaks where content did not speak against it."""
        if flow.app_confidence != CONTENT:
            flow.app, flow.app_confidence = self._asking.guess(flow, opening)
        self._settled(flow)

    @cython.cfunc
    def _settled(self, flow: Flow) -> cython.void:
        if self._decided is not None:
            self._decided(flow)
