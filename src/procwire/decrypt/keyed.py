"""The registry of protocols in which those that encrypt are read with the keys of a key log."""

from __future__ import annotations

from procwire.decrypt.keylog import KeyLog
from procwire.dpi.registry import Registry, registry


def keyed(keys: KeyLog) -> Registry:
    """A registry like the usual one, with TLS read as far as ``keys`` open it."""
    from procwire.decrypt import tls

    made: list[Registry] = []
    replaced = {"tls": tls.Module(keys, lambda: made[0])}
    made.append(Registry(replaced.get(module.NAME, module) for module in registry().modules))
    return made[0]
