"""The registry of protocols in which those that encrypt are read with the keys of a key log."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from procwire.decrypt.keylog import KeyLog
from procwire.dpi.registry import Registry, registry

if TYPE_CHECKING:
    from procwire.decrypt.module import Module
    from procwire.decrypt.quic_paths import QuicPaths
    from procwire.decrypt.quic_talk import QuicTalk


def keyed(keys: KeyLog) -> Registry:
    """A registry like the usual one, with TLS, DTLS and QUIC read as far as ``keys`` open them."""
    from procwire.decrypt.gate import Gate, QuicGate  # most runs have no keys
    from procwire.decrypt.module import Module, QuicModule
    from procwire.decrypt.quic_paths import QuicPaths

    made: list[Registry] = []
    known = registry()
    paths: QuicPaths[QuicTalk] = QuicPaths()

    def inside() -> Registry:
        return made[0]

    def quic() -> Any:
        from procwire.decrypt.quic import Parser

        return partial(Parser, paths=paths)

    modules = {name: known.by_name[name].module for name in ("tls", "dtls", "quic")}
    tls, dtls, clear = modules["tls"], modules["dtls"], modules["quic"]
    replaced: dict[str, Module] = {
        "tls": Module(tls, Gate(keys, inside, tls, _tls)),
        "dtls": Module(dtls, Gate(keys, inside, dtls, _dtls)),
        "quic": QuicModule(clear, QuicGate(keys, inside, clear, quic), paths),
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
