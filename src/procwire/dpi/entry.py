# cython: language_level=3
"""One protocol module with its parts at hand, as the hot path wants them. Knows no other protocol.

A module that was only declared is imported when its parts are first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cython

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.declared import Declared
from procwire.dpi.sieve import sieve

if cython.compiled:
    from cython.cimports.procwire.dpi.chooser import Chooser
    from cython.cimports.procwire.dpi.sieve import Sieve
else:
    from procwire.dpi.chooser import Chooser
    from procwire.dpi.sieve import Sieve


def _refuse(*_: Any) -> Claim:
    return Claim.NO


class Unread:
    """The parser of a module that could not be imported, for flows that were announced to be its own."""

    def __init__(self, context: Any) -> None:
        """See contract.Parser."""

    def feed(self, *_: Any, **__: Any) -> Any:
        """Raises ProtocolError: nobody is there to read it."""
        raise ProtocolError("its reader could not be loaded")

    gap = feed

    def skip(self, side: Any) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return 0


@cython.cclass
class Entry:
    """``claims``, ``parser``: None until ``load``, where the module is only declared so far.

    ``usual``: IP protocol -> its ports, where any other is unusual.

    ``finishes``: its parsers may have something to say at the end (see contract.Parser).
    ``chooser``: what is asked for a parser when there are first bytes (see contract), or None.
    ``follows``: it is asked only where it was announced. ``confidence``: how sure its name is.
    ``stream``, ``datagram``: what is held against a TCP stream or a UDP datagram before ``claims`` is asked.
    """

    name: str
    claims: Any
    parser: Any
    _module: Any
    usual: dict[int, frozenset[int]]
    finishes: cython.bint
    chooser: Chooser
    follows: cython.bint
    confidence: str
    stream: Sieve
    datagram: Sieve

    def __init__(
        self,
        name: str,
        claims: Callable[..., Any] | None,
        parser: Callable[..., Any] | None,
        module: Any,
        usual: dict[int, frozenset[int]] | None = None,
    ) -> None:
        self.name = name
        self.usual = usual or {}
        self._have(claims, parser, module)
        self.follows = getattr(module, "FOLLOWS", False)
        self.confidence = getattr(module, "CONFIDENCE", "content")
        self.stream = sieve(module, "tcp")
        self.datagram = sieve(module, "udp")
        if isinstance(module, Declared):
            self._module = module.without_shapes()

    @cython.cfunc
    def _have(self, claims: Any, parser: Any, module: Any) -> Any:
        self.claims = claims
        self.parser = parser
        self._module = module
        self.chooser = getattr(module, "CHOOSER", None)
        self.finishes = self.chooser is not None or not isinstance(parser, type) or hasattr(parser, "finish")
        return None

    @cython.ccall
    def load(self) -> Any:
        """Import what is only declared so far; returns what went wrong in words, the first time, or None.

        What cannot be imported claims nothing from then on.
        """
        if self.claims is not None or not isinstance(self._module, Declared):
            return None
        try:
            module = self._module.load()
            self._have(module.claims, module.Parser, module)
        except Exception as error:
            self._have(_refuse, Unread, self._module)
            return f"{self.name}: {error!r}"
        return None

    @property
    def module(self) -> Any:
        """The module; what is declared of it where it cannot be imported."""
        self.load()
        return self._module

    def __repr__(self) -> str:
        return f"Entry({self.name!r})"
