"""The stand-in says of itself what the protocol's module says."""

from __future__ import annotations

import pytest

from procwire.decrypt.module import Module
from procwire.dpi.contract import Context
from procwire.dpi.protocols import tls
from procwire.dpi.registry import Registry, registry
from tests.decrypt.dialogue import Hand, key_log


def test_it_looks_like_the_module() -> None:
    made = Module(tls, lambda *given: given, lambda: tls.Parser, key_log(b""), registry)
    for name in ("NAME", "PORTS", "TRANSPORTS", "FIRST", "OBSERVATIONS", "claims", "__doc__", "__name__"):
        assert getattr(made, name) == getattr(tls, name)
    with pytest.raises(AttributeError):
        _ = made.nothing_of_that_name
    assert Registry([made]).by_name["tls"].module is made


def test_the_gate_is_given_what_it_asks_of() -> None:
    context, keys = Context(transport="tcp"), key_log(Hand().lines())
    made = Module(tls, lambda *given: given, load, keys, registry)
    assert made.Parser(context) == (keys, registry, tls, load, context)
    assert made.CHOOSES


def load() -> type[tls.Parser]:
    return tls.Parser
