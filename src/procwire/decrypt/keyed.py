"""The registry of protocols in which those that encrypt are read with the keys of a key log."""

from __future__ import annotations

from typing import Any

from procwire.decrypt.gate import Gate, QuicGate
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.module import Module
from procwire.dpi.registry import Registry, registry


def keyed(keys: KeyLog) -> Registry:
    """A registry like the usual one, with TLS, DTLS and QUIC read as far as ``keys`` open them."""
    made: list[Registry] = []
    known = registry()
    replaced = {
        name: Module(known.by_name[name].module, *reader, keys, lambda: made[0])
        for name, reader in _READERS.items()
    }
    made.append(known.replaced(replaced))
    return made[0]


# What reads with keys is loaded when the first flow has one: see gate.py.


def _tls() -> Any:
    from procwire.decrypt.tls import Parser

    return Parser


def _dtls() -> Any:
    from procwire.decrypt.dtls import Parser

    return Parser


def _quic() -> Any:
    from procwire.decrypt.quic import Parser

    return Parser


_READERS = {"tls": (Gate, _tls), "dtls": (Gate, _dtls), "quic": (QuicGate, _quic)}
