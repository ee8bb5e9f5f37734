"""Stands in the registry where a protocol that encrypts does, and reads it with keys where there are some.

All that the protocol's own module says of itself is taken from it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from procwire.decrypt.gate import Door, Loader
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.quic_paths import QuicPaths
from procwire.dpi.contract import Claim, Context, Direction
from procwire.dpi.registry import Registry

if TYPE_CHECKING:
    from procwire.decrypt.quic_talk import QuicTalk


class Module:
    """``clear``: the protocol's module; ``gate`` and ``load``: what reads a flow, see gate.py."""

    CHOOSES = True  # see contract

    def __init__(
        self,
        clear: Any,
        gate: Callable[..., Any],
        load: Loader,
        keys: KeyLog,
        protocols: Callable[[], Registry],
    ) -> None:
        self.__name__ = clear.__name__
        self.__doc__ = clear.__doc__
        self._clear = clear
        self.Parser = partial(gate, keys, protocols, clear, load)
        self.chosen = Door(keys, protocols, clear, load, gate).chosen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clear, name)


class QuicModule(Module):
    """QUIC begins a flow with a short header too: where a connection that is known takes another path."""

    def __init__(self, *given: Any) -> None:
        *usual, paths = given
        super().__init__(*usual)
        self._paths: QuicPaths[QuicTalk] = paths
        self.FIRST = bytes(sorted({*self._clear.FIRST, *range(0x40, 0x80)}))

    def claims(self, data: bytes, side: Direction, context: Context) -> Claim:
        """See contract.ProtocolModule."""
        if self._paths.find(data) is not None and context.transport == "udp":
            return Claim.YES
        answer: Claim = self._clear.claims(data, side, context)
        return answer
