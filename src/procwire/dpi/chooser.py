# cython: language_level=3
"""Where a protocol is read in one of several ways: who says which, flow by flow.

A ``Chooser`` stands in a module's ``CHOOSER`` (see contract) and is called without a detour of Python's.
Refuses to read anything itself.
"""

from __future__ import annotations

from typing import Any

import cython


@cython.cclass
class Chooser:
    """One for all flows of a protocol."""

    @cython.ccall
    def choose(self, context: Any, data: bytes) -> Any:
        """The parser of a flow that begins with ``data``; b"": with a gap."""
        raise NotImplementedError

    @cython.ccall
    def finish(self, parser: Any, now: cython.longlong) -> Any:
        """What there is to say at the end of a flow that ``parser`` has read; its own ``finish`` included."""
        raise NotImplementedError


@cython.cclass
class Undecided:
    """A parser that was chosen for the time being: once there is a ``successor``, that is fed the rest."""

    successor: Any
