# cython: language_level=3
"""What parsers saw, handed on: written to its flow, emitted, and, where it speaks of another flow, expected.

Decides nothing about the flow's parser: it only says what an upgrade among the observations hints at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cython

from procwire.dpi.contract import Context, ProtocolError
from procwire.dpi.expected import Expectation, Expected, expectations
from procwire.dpi.registry import Registry
from procwire.model.observation import Announced, Enclosed, Upgraded

if cython.compiled:
    from cython.cimports.procwire.dpi.settings import settle
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.dpi.settings import settle
    from procwire.model.flow import Flow


@cython.cclass
class Telling:
    """``known``: who reads messages that stood in others.

    ``told``: whether ``emit`` gets what only says something of its flow, and has no table. ``named``: see
    contract.Context; then it gets nothing, and nothing is written to a flow.
    """

    _emit: Any
    _told: cython.bint
    _named: cython.bint
    _expected: Any
    _announced: Any
    _known: Registry

    def __init__(
        self,
        emit: Callable[[Any, Any], None],
        known: Registry,
        told: bool,
        expected: Expected,
        *,
        named: bool,
        announced: Callable[[int, Expectation], None] | None,
    ) -> None:
        self._emit = emit
        self._told = told
        self._named = named
        self._expected = expected
        self._announced = announced
        self._known = known

    @cython.ccall
    def tell(self, flow: Flow, seen: Any, now: cython.longlong) -> Any:
        """Returns what an upgrade among it hints at, or None."""
        hint: Any = None
        for observation in seen:
            if type(observation) is Upgraded:
                hint = observation.hint
            elif type(observation) is Announced:
                self._expect(flow, observation, now)
            elif type(observation) is Enclosed:
                self._open(flow, observation)
                continue
            if self._named:
                continue
            if settle(flow, observation) or self._told:
                self._emit(flow, observation)
        return hint

    @cython.cfunc
    def _expect(self, flow: Flow, told: Any, now: cython.longlong) -> Any:
        """Expect the flow that was announced, here and wherever else it may be read."""
        for wanted in expectations(flow, told):
            self._expected.add(now, wanted)
            if self._announced is not None:
                self._announced(now, wanted)
        return None

    @cython.cfunc
    def _open(self, flow: Flow, held: Any) -> Any:
        """Show an enclosed message to who reads such; one that is none of them says nothing."""
        reader = held.readers.get(held.hint)
        if reader is None:
            entry = self._known.by_name.get(held.hint)
            if entry is None:
                return None
            context = Context(transport="udp", src_port=flow.sport, told=self._told)
            entry.load()
            reader = (
                entry.parser(context) if entry.chooser is None else entry.chooser.choose(context, held.data)
            )
            held.readers[held.hint] = reader
        try:
            seen = list(reader.feed(held.side, held.data, now=held.time))
        except ProtocolError:
            return None
        flow.facts.setdefault("encloses", held.hint)
        return self.tell(flow, seen, held.time)
