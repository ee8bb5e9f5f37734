"""The registry of protocols in which those that encrypt are read with the keys of a key log."""

from __future__ import annotations

from typing import Any

from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.module import Module
from procwire.dpi.registry import Registry, registry


def keyed(keys: KeyLog) -> Registry:
    """A registry like the usual one, with TLS, DTLS and QUIC read as far as ``keys`` open them."""
    from procwire.decrypt import dtls, quic, tls
    from procwire.dpi.protocols import dtls as clear_dtls
    from procwire.dpi.protocols import quic as clear_quic
    from procwire.dpi.protocols import tls as clear_tls

    made: list[Registry] = []
    pairs = ((clear_tls, tls.Parser), (clear_dtls, dtls.Parser), (clear_quic, quic.Parser))
    replaced: dict[str, Any] = {
        clear.NAME: Module(clear, parser, keys, lambda: made[0]) for clear, parser in pairs
    }
    made.append(Registry(replaced.get(module.NAME, module) for module in registry().modules))
    return made[0]
