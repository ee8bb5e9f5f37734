"""Stands in the registry where a protocol that encrypts does, and reads it with keys where there are some.

All that the protocol's own module says of itself is taken from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procwire.decrypt.keylog import KeyLog
from procwire.dpi.contract import Context
from procwire.dpi.registry import Registry


class Module:
    """``clear``: the protocol's module; ``parser``: made of a context, the keys and the protocols inside."""

    def __init__(
        self, clear: Any, parser: Callable[..., Any], keys: KeyLog, protocols: Callable[[], Registry]
    ) -> None:
        self.__name__ = clear.__name__
        self.__doc__ = clear.__doc__
        self._clear = clear
        self._parser = parser
        self._keys = keys
        self._protocols = protocols

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clear, name)

    def Parser(self, context: Context) -> Any:  # noqa: N802 - the contract's name
        """See contract.ProtocolModule. Without keys it is the plain parser."""
        if not self._keys.expected:
            return self._clear.Parser(context)
        return self._parser(context, self._keys, self._protocols())
