"""The stand-in says of itself what the protocol's module says."""

from __future__ import annotations

import pytest

from procwire.decrypt.module import Module
from procwire.dpi.contract import Context
from procwire.dpi.protocols import tls
from procwire.dpi.registry import Registry, registry
from tests.decrypt.dialogue import Hand, key_log


def test_it_looks_like_the_module() -> None:
    made = Module(tls, lambda *given: given, key_log(b""), registry)
    for name in ("NAME", "PORTS", "TRANSPORTS", "FIRST", "OBSERVATIONS", "claims", "__doc__", "__name__"):
        assert getattr(made, name) == getattr(tls, name)
    with pytest.raises(AttributeError):
        _ = made.nothing_of_that_name
    assert Registry([made]).by_name["tls"].module is made


def test_the_parser_depends_on_the_keys() -> None:
    context = Context(transport="tcp")
    without = Module(tls, lambda *given: given, key_log(b""), registry)
    assert isinstance(without.Parser(context), tls.Parser)
    keys = key_log(Hand().lines())
    having = Module(tls, lambda *given: given, keys, registry)
    assert having.Parser(context) == (context, keys, registry())
