"""The registry of protocols in which those that encrypt are read with the keys of a key log."""

from __future__ import annotations

from typing import Any

from procwire.decrypt.keylog import KeyLog
from procwire.dpi.registry import Registry, registry


def keyed(keys: KeyLog) -> Registry:
    """A registry like the usual one, with TLS, DTLS and QUIC read as far as ``keys`` open them."""
    from procwire.decrypt import dtls, quic, tls

    made: list[Registry] = []
    replaced: dict[str, Any] = {
        "tls": tls.Module(keys, lambda: made[0]),
        "dtls": dtls.Module(keys, lambda: made[0]),
        "quic": quic.Module(keys, lambda: made[0]),
    }
    made.append(Registry(replaced.get(module.NAME, module) for module in registry().modules))
    return made[0]
