"""Stands in the registry where a protocol that encrypts does, and reads it with keys where there are some.

All that the protocol's own module says of itself is taken from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procwire.decrypt.quic_paths import QuicPaths
from procwire.dpi.chooser import Chooser
from procwire.dpi.contract import Claim, Context, Direction

if TYPE_CHECKING:
    from procwire.decrypt.quic_talk import QuicTalk


class Module:
    """``clear``: the protocol's module; ``chooser``: who says by what a flow is read, see gate.py."""

    def __init__(self, clear: Any, chooser: Chooser) -> None:
        self.__name__ = clear.__name__
        self.__doc__ = clear.__doc__
        self._clear = clear
        self.CHOOSER = chooser

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clear, name)


class QuicModule(Module):
    """QUIC begins a flow with a short header too: where a connection that is known takes another path."""

    def __init__(self, clear: Any, chooser: Chooser, paths: QuicPaths[QuicTalk]) -> None:
        super().__init__(clear, chooser)
        self._paths = paths
        self.FIRST = bytes(sorted({*self._clear.FIRST, *range(0x40, 0x80)}))

    def claims(self, data: bytes, side: Direction, context: Context) -> Claim:
        """See contract.ProtocolModule."""
        if context.transport == "udp" and self._paths.find(data) is not None:
            return Claim.YES
        answer: Claim = self._clear.claims(data, side, context)
        return answer
