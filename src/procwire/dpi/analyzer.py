# cython: language_level=3
"""Who owns this stream: the protocol that claims its first bytes is fed the rest.

Content decides. Ports order the asking, and are the last resort only where content did not speak against
them. A parser that errs before it saw anything gives way to the next claim, from the buffered bytes; one that
errs later ends the flow's analysis, except over UDP, where a bad datagram is passed over. Refuses to know any
protocol, and to hold more than the bounds of ``Limits``.

A stream within a stream (``Upgraded``): ``flow.app`` becomes the inner protocol and the outer ones stand in
``flow.facts["via"]``, outermost first, joined by dots. Where no parser knows the inner one, its announced
name is kept: the two ends agreed on it in the open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cython

from procwire.dpi.contract import Context, ProtocolError
from procwire.dpi.guess import CONTENT, guess
from procwire.dpi.opening import REFUSED, Limits
from procwire.dpi.registry import Registry, registry
from procwire.dpi.settings import settle
from procwire.model.observation import Upgraded
from procwire.model.streams import ENOUGH, Direction

if cython.compiled:
    from cython.cimports.procwire.dpi.opening import Opening
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.dpi.opening import Opening
    from procwire.model.flow import Flow

MAX_BAD_DATAGRAMS = 8  # in a row, before a UDP parser is given up
MAX_CHAIN = 4  # protocols within each other

_SIDES = (Direction.OUT, Direction.IN)
_TRANSPORTS = {6: "tcp", 17: "udp", 132: "sctp"}
_ENOUGH: cython.longlong = ENOUGH
_TCP: cython.int = 6


class Finished:
    """Stands in ``flow.analysis`` of a flow that no one reads any more; one for all."""


DONE = Finished()


@cython.cclass
class Analysis:
    """What is held for one flow. ``opening`` is kept until the parser has proved itself."""

    opening: Opening
    entry: Any
    parser: Any
    counted: cython.longlong  # bytes of the opening, as summed up in the analyzer
    owed_out: cython.longlong  # bytes the parser skips and that were not passed over yet
    owed_in: cython.longlong
    proven: cython.bint
    bad: cython.int  # datagrams in a row
    depth: cython.int
    hint: Any  # of an upgrade to be made, or None
    chain: Any  # outer protocols, outermost first

    def __init__(self, opening: Any) -> None:
        self.opening = opening
        self.entry = self.parser = self.hint = None
        self.chain = ""
        self.counted = 0
        self.owed_out = self.owed_in = 0
        self.proven = False
        self.bad = self.depth = 0


@cython.cclass
class Analyzer:
    """A model.streams.StreamSink. ``emit`` gets every observation; ``decided`` a flow whose app is settled.

    ``decided`` is called again when an inner protocol takes over. ``counts()`` says what was done.
    """

    _emit: Any
    _decided: Any
    _limits: Any
    _registry: Any
    _tables: dict[int, Any]
    _total_bytes: cython.longlong
    _held: cython.longlong
    _recognised: cython.longlong
    _given_up: cython.longlong
    _overflowed: cython.longlong
    _faults: cython.longlong
    _defects: cython.longlong
    _defect: Any

    def __init__(
        self,
        emit: Callable[[Any, Any], None],
        *,
        decided: Callable[[Any], None] | None = None,
        limits: Limits | None = None,
        protocols: Registry | None = None,
    ) -> None:
        limits = limits or Limits()
        known = protocols or registry()
        self._emit = emit
        self._decided = decided
        self._limits = limits
        self._registry = known
        self._tables = {number: known.dispatch(number) for number in _TRANSPORTS}
        self._total_bytes = limits.total_bytes
        self._held = self._recognised = self._given_up = self._overflowed = 0
        self._faults = self._defects = 0
        self._defect = ""

    def counts(self) -> dict[str, int]:
        """What was done so far.

        ``held``: bytes of undecided flows now; ``overflowed``: flows given up because all flows together
        held too much; ``faults``: parsers that refused their bytes; ``defects``: errors of parsers that no
        parser may raise, which must stay 0.
        """
        return {
            "held": self._held,
            "recognised": self._recognised,
            "given_up": self._given_up,
            "overflowed": self._overflowed,
            "faults": self._faults,
            "defects": self._defects,
        }

    @property
    def defect(self) -> str:
        """The last defect, or empty."""
        return str(self._defect)

    def data(self, flow: Flow, side: cython.int, data: bytes, now: cython.longlong) -> int:
        """See StreamSink."""
        state: Analysis
        held = flow.analysis
        if held is None:
            state = self._begin(flow)
            if state is None:
                return ENOUGH
        elif held is DONE:
            return ENOUGH
        else:
            state = held
        if not data:
            return 0
        if state.opening is None:
            if not self._feed(flow, state, side, data, now):
                self._drop(flow, state, now)
        else:
            self._show(flow, state, side, data, now)
            self._account(state)
        return self._appetite(flow, state, side, now)

    def gap(self, flow: Flow, side: cython.int, size: cython.longlong, now: cython.longlong) -> int:
        """See StreamSink."""
        held = flow.analysis
        if held is DONE:
            return ENOUGH
        state: Analysis = self._begin(flow) if held is None else held
        if state is None:
            return ENOUGH
        if state.parser is None:
            state.opening.broken(side)
            self._account(state)
            return 0
        if not self._call(flow, state, side, b"", size, now):
            self._drop(flow, state, now)
        return self._appetite(flow, state, side, now)

    def ended(self, flow: Flow, now: cython.longlong) -> None:
        """See StreamSink."""
        held = flow.analysis
        if held is None:
            self._guess(flow, None)
        elif held is not DONE:
            state: Analysis = held
            if state.parser is None:
                self._guess(flow, state.opening)
            else:
                self._finish(flow, state, now)
            state.opening = None
            self._account(state)
        flow.analysis = None

    @cython.cfunc
    def _begin(self, flow: Flow) -> Analysis:
        if flow.proto not in _TRANSPORTS:
            flow.analysis = DONE
            return None  # type: ignore[return-value]
        opening = self._opening(flow, flow.proto == _TCP and not flow.opener_seen, None)
        state = Analysis(opening)
        flow.analysis = state
        return state

    @cython.cfunc
    def _opening(self, flow: Flow, loose: cython.bint, wanted: Any) -> Any:
        context = Context(transport=_TRANSPORTS[flow.proto], src_port=flow.sport, dst_port=flow.dport)
        front = self._registry.hinted(flow.proto, flow.sport, flow.dport)
        if wanted is not None:
            front = (wanted, *front)
        return Opening(context, self._tables[flow.proto], front, loose, self._limits)

    @cython.cfunc
    def _appetite(self, flow: Flow, state: Analysis, side: cython.int, now: cython.longlong) -> Any:
        if flow.analysis is DONE:
            return ENOUGH
        owed: cython.longlong = state.owed_out if side == 0 else state.owed_in
        if owed >= _ENOUGH:
            if state.owed_out >= _ENOUGH and state.owed_in >= _ENOUGH:
                self._finish(flow, state, now)
                self._close(flow, state)
        elif side == 0:
            state.owed_out = 0
        else:
            state.owed_in = 0
        return owed

    @cython.cfunc
    def _account(self, state: Analysis) -> cython.void:
        size: cython.longlong = 0
        if state.opening is not None:
            size = state.opening.held
        self._held += size - state.counted
        state.counted = size

    # ---- choosing

    @cython.cfunc
    def _show(
        self, flow: Flow, state: Analysis, side: cython.int, data: bytes, now: cython.longlong
    ) -> cython.void:
        """Bytes for a flow whose parser is not chosen, or not proven, or (after an upgrade) is."""
        if state.opening is None:
            if not self._feed(flow, state, side, data, now):
                self._drop(flow, state, now)
        elif state.parser is None:
            if self._held > self._total_bytes:
                self._overflowed += 1
                self._give_up(flow, state)
                return
            found = state.opening.push(side, data, now)
            if state.opening.defect is not None:
                self._note(state.opening.defect)
                state.opening.defect = None
            self._start(flow, state, found)
        else:
            trial = state.opening
            trial.hold(side, data, now)
            if self._feed(flow, state, side, data, now):
                self._prove(state, trial)
            elif state.opening is trial:
                self._start(flow, state, trial.retry(state.entry))

    @cython.cfunc
    def _start(self, flow: Flow, state: Analysis, found: Any) -> cython.void:
        """Replay what is held into the chosen parser; while it fails, into the next that claims."""
        trial = state.opening
        while found is not None and found is not REFUSED:
            if self._replay(flow, state, found):
                self._recognised += 1
                if state.opening is trial:
                    if self._decided is not None:
                        self._decided(flow)
                    self._prove(state, trial)
                return
            found = trial.retry(found)
        state.parser = state.entry = None
        self._rename(flow, state)
        if found is REFUSED:
            self._give_up(flow, state)

    @cython.cfunc
    def _replay(self, flow: Flow, state: Analysis, entry: Any) -> cython.bint:
        trial = state.opening
        state.entry = entry
        state.parser = entry.parser(trial.context)
        state.proven = False
        state.owed_out = state.owed_in = 0
        self._rename(flow, state)
        for side, data, now in trial.replay():
            if state.opening is not trial:
                if flow.analysis is not DONE:
                    self._show(flow, state, side, data, now)
            elif not self._feed(flow, state, side, data, now):
                return False
        return True

    @cython.cfunc
    def _prove(self, state: Analysis, trial: Opening) -> cython.void:
        if state.opening is trial and (state.proven or trial.full):
            state.opening = None

    @cython.cfunc
    def _rename(self, flow: Flow, state: Analysis) -> cython.void:
        """What the flow speaks, as far as is known now."""
        if state.entry is not None:
            flow.app = state.entry.name
            flow.app_confidence = CONTENT
            if state.chain:
                flow.facts["via"] = state.chain
        elif state.depth == 0:
            flow.app = flow.app_confidence = "unknown"

    # ---- feeding

    @cython.cfunc
    def _feed(
        self, flow: Flow, state: Analysis, side: cython.int, data: bytes, now: cython.longlong
    ) -> cython.bint:
        owed: cython.longlong = state.owed_out if side == 0 else state.owed_in
        if owed > 0:
            size: cython.longlong = len(data)
            if owed >= size:
                if owed < _ENOUGH:
                    self._owe(state, side, owed - size)
                return True
            data = data[owed:]
        return self._call(flow, state, side, data, 0, now)

    @cython.cfunc
    def _call(  # noqa: PLR0917
        self,
        flow: Flow,
        state: Analysis,
        side: cython.int,
        data: bytes,
        lost: cython.longlong,
        now: cython.longlong,
    ) -> cython.bint:
        """Feed bytes, or a gap of ``lost`` bytes; False where the parser gave up on them."""
        parser: Any = state.parser
        direction = _SIDES[side]
        seen: list[Any] = []
        good: cython.bint = True
        try:
            if lost:
                seen.extend(parser.gap(direction, lost, now=now))
            else:
                seen.extend(parser.feed(direction, data, now=now))
            self._owe(state, side, parser.skip(direction))
        except ProtocolError:
            self._faults += 1
            good = False
        except Exception as error:
            self._note(f"{state.entry.name}: {error!r}")
            good = False
        for observation in seen:
            self._seen(flow, state, observation)
        if state.hint is not None:
            self._upgrade(flow, state, now)
            return True
        if good:
            state.bad = 0
            return True
        state.bad += 1
        tolerant: cython.bint = flow.proto != _TCP and state.proven
        return tolerant and state.bad <= MAX_BAD_DATAGRAMS

    @cython.cfunc
    def _owe(self, state: Analysis, side: cython.int, size: cython.longlong) -> cython.void:
        if size > 0:
            state.proven = True
        if side == 0:
            state.owed_out = size
        else:
            state.owed_in = size

    @cython.cfunc
    def _seen(self, flow: Flow, state: Analysis, observation: Any) -> cython.void:
        state.proven = True
        if type(observation) is Upgraded:
            state.hint = observation.hint
        settle(flow, observation)
        self._emit(flow, observation)

    @cython.cfunc
    def _upgrade(self, flow: Flow, state: Analysis, now: cython.longlong) -> cython.void:
        """The rest of both sides is another protocol's: choose again, with the hinted one asked first."""
        hint: str = str(state.hint)
        outer: Any = state.parser
        state.hint = None
        state.depth += 1
        state.chain = f"{state.chain}.{flow.app}" if state.chain else flow.app
        wanted = self._registry.by_name.get(hint)
        if hint:
            flow.app = hint
            flow.facts["via"] = state.chain
        state.entry = state.parser = None
        state.owed_out = state.owed_in = 0
        if state.depth >= MAX_CHAIN or (hint and wanted is None):
            self._settled(flow)
            self._close(flow, state)
            return
        state.opening = self._opening(flow, False, wanted)
        for side in (0, 1):
            rest = self._remainder(outer, side)
            if rest and flow.analysis is state:
                self._show(flow, state, side, rest, now)

    @cython.cfunc
    def _remainder(self, parser: Any, side: cython.int) -> bytes:
        ask = getattr(parser, "remainder", None)
        return b"" if ask is None else bytes(ask(_SIDES[side]))

    # ---- ending

    @cython.cfunc
    def _drop(self, flow: Flow, state: Analysis, now: cython.longlong) -> cython.void:
        """The parser gave up on bytes behind what it had understood: the flow keeps its name."""
        self._finish(flow, state, now)
        self._close(flow, state)

    @cython.cfunc
    def _finish(self, flow: Flow, state: Analysis, now: cython.longlong) -> cython.void:
        finish = getattr(state.parser, "finish", None)
        if finish is None:
            return
        try:
            seen = list(finish(now))
        except Exception as error:
            self._note(f"{state.entry.name}.finish: {error!r}")
            return
        for observation in seen:
            settle(flow, observation)
            self._emit(flow, observation)

    @cython.cfunc
    def _give_up(self, flow: Flow, state: Analysis) -> cython.void:
        self._given_up += 1
        self._guess(flow, state.opening)
        self._close(flow, state)

    @cython.cfunc
    def _close(self, flow: Flow, state: Analysis) -> cython.void:
        flow.analysis = DONE
        state.opening = None
        state.parser = None
        self._account(state)

    @cython.cfunc
    def _guess(self, flow: Flow, opening: Any) -> cython.void:
        """Settle a flow that no protocol took: its port speaks where content did not speak against it."""
        if flow.app_confidence != CONTENT:
            app, confidence = guess(self._registry, flow, opening)
            flow.app = app
            flow.app_confidence = confidence
        self._settled(flow)

    @cython.cfunc
    def _settled(self, flow: Flow) -> cython.void:
        if self._decided is not None:
            self._decided(flow)

    @cython.cfunc
    def _note(self, text: Any) -> cython.void:
        self._defects += 1
        self._defect = text
