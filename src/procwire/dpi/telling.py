# cython: language_level=3
"""What parsers saw, handed on: written to its flow, emitted, and, where it speaks of another flow, expected.

Decides nothing about the flow's parser: it only says what an upgrade among the observations hints at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cython

from procwire.dpi.expected import Expectation, Expected, expectations
from procwire.model.observation import Announced, Upgraded

if cython.compiled:
    from cython.cimports.procwire.dpi.settings import settle
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.dpi.settings import settle
    from procwire.model.flow import Flow


@cython.cclass
class Telling:
    """``told``: whether ``emit`` gets what only says something of its flow, and has no table."""

    _emit: Any
    _told: cython.bint
    _expected: Any
    _announced: Any

    def __init__(
        self,
        emit: Callable[[Any, Any], None],
        told: bool,
        expected: Expected,
        announced: Callable[[int, Expectation], None] | None,
    ) -> None:
        self._emit = emit
        self._told = told
        self._expected = expected
        self._announced = announced

    @cython.ccall
    def tell(self, flow: Flow, seen: Any, now: cython.longlong) -> Any:
        """Returns what an upgrade among it hints at, or None."""
        hint: Any = None
        for observation in seen:
            if type(observation) is Upgraded:
                hint = observation.hint
            elif type(observation) is Announced:
                self._expect(flow, observation, now)
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
