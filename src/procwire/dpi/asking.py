# cython: language_level=3
"""Whom to ask about a flow, what they are told of it beforehand, and what is left to say where none was sure.

Stands between the analyzer, which moves bytes, and the registry, the ports and what other flows announced.
Holds no bytes of any flow.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.dpi.contract import Context
from procwire.dpi.expected import Expected
from procwire.dpi.guess import guess
from procwire.dpi.registry import Registry

if cython.compiled:
    from cython.cimports.procwire.dpi.candidates import Candidates, in_order
    from cython.cimports.procwire.dpi.opening import Opening
    from cython.cimports.procwire.dpi.reading import Reading
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.dpi.candidates import Candidates, in_order
    from procwire.dpi.opening import Opening
    from procwire.dpi.reading import Reading
    from procwire.model.flow import Flow

_TCP: cython.int = 6


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _is_group(family: cython.int, high: cython.ulonglong, low: cython.ulonglong) -> cython.bint:
    """A multicast address (RFC 1112 section 4, RFC 4291 section 2.7), or the limited broadcast."""
    if family == 4:
        return (low >> 28) == 0xE or low == 0xFFFFFFFF
    return (high >> 56) == 0xFF


@cython.cclass
class Asking:
    """``expected`` may be fed from outside: see Expected.add."""

    expected: Any
    transports: dict[int, str]
    by_name: dict[str, Any]
    _registry: Any
    _candidates: Candidates
    _limits: Any
    _told: cython.bint
    _named: cython.bint

    def __init__(self, known: Registry, limits: Any, told: bool, named: bool) -> None:
        self.expected = Expected()
        self.transports = known.transports
        self.by_name = known.by_name
        self._registry = known
        self._candidates = Candidates(known)
        self._limits = limits
        self._told = told
        self._named = named

    @cython.ccall
    def begin(self, flow: Flow, now: cython.longlong) -> Reading:
        """What is to be held for a flow from its first payload on; None where its transport is not read."""
        if flow.proto not in self.transports:
            return None
        state: Reading = Reading(None, flow.proto != _TCP)
        if self.expected.known:
            state.expected = self.expected.find(flow, now)
            if state.expected is not None:
                flow.facts["announced_by"] = state.expected.by
        return state

    @cython.ccall
    def context(self, flow: Flow, state: Reading) -> Any:
        """What is known beforehand: what the stream around it said, or another flow."""
        by, told, said, note = self.transports[flow.proto], self._told, state.said, ""
        if state.expected is not None and not state.depth:
            said, note = state.expected.app, state.expected.note
        group = flow.proto != _TCP and _is_group(flow.family, flow.dst_hi, flow.dst_lo)
        return Context(
            transport=by,
            src_port=flow.sport,
            dst_port=flow.dport,
            told=told,
            named=self._named,
            announced=said,
            note=note,
            group=group,
        )

    @cython.ccall
    def opening(self, flow: Flow, state: Reading) -> Opening:
        """A place to hold undecided bytes."""
        loose = flow.proto == _TCP and not flow.opener_seen and not state.depth
        context = self.context(flow, state)
        front = self._front(flow, context.announced)
        return Opening(context, self._candidates.table(flow.proto), front, loose, self._limits)

    @cython.ccall
    def order(self, flow: Flow, state: Reading, byte: cython.int) -> Any:
        """The entries to ask about a flow's very first bytes."""
        order = self._candidates.order(flow.proto, flow.sport, flow.dport, byte)
        if state.expected is None:
            return order
        return in_order(self._front(flow, state.expected.app), order)

    @cython.ccall
    def guess(self, flow: Flow, opening: Any) -> Any:
        """(app, app_confidence) of a flow that no protocol took, and that content did not name."""
        return guess(self._registry, flow, opening)

    @cython.cfunc
    def _front(self, flow: Flow, said: str) -> Any:
        front = self._candidates.front(flow.proto, flow.sport, flow.dport)
        wanted = self.by_name.get(said) if said else None
        return front if wanted is None else (wanted, *front)
