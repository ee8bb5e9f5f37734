# cython: language_level=3
"""One protocol module with its parts at hand, as the hot path wants them. Knows no other protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cython

from procwire.dpi.sieve import sieve

if cython.compiled:
    from cython.cimports.procwire.dpi.chooser import Chooser
    from cython.cimports.procwire.dpi.sieve import Sieve
else:
    from procwire.dpi.chooser import Chooser
    from procwire.dpi.sieve import Sieve


@cython.cclass
class Entry:
    """``usual``: IP protocol -> its ports, where any other is unusual.

    ``finishes``: its parsers may have something to say at the end (see contract.Parser).
    ``chooser``: what is asked for a parser when there are first bytes (see contract), or None.
    ``follows``: it is asked only where it was announced. ``confidence``: how sure its name is.
    ``stream``, ``datagram``: what is held against a TCP stream or a UDP datagram before ``claims`` is asked.
    """

    name: str
    claims: Callable[..., Any]
    parser: Callable[..., Any]
    module: Any
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
        claims: Callable[..., Any],
        parser: Callable[..., Any],
        module: Any,
        usual: dict[int, frozenset[int]] | None = None,
    ) -> None:
        self.name = name
        self.claims = claims
        self.parser = parser
        self.module = module
        self.usual = usual or {}
        self.chooser = getattr(module, "CHOOSER", None)
        self.finishes = self.chooser is not None or not isinstance(parser, type) or hasattr(parser, "finish")
        self.follows = getattr(module, "FOLLOWS", False)
        self.confidence = getattr(module, "CONFIDENCE", "content")
        self.stream = sieve(module, "tcp")
        self.datagram = sieve(module, "udp")

    def __repr__(self) -> str:
        return f"Entry({self.name!r})"
