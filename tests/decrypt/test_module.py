"""The stand-in says of itself what the protocol's module says."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.decrypt.module import Module, QuicModule
from procwire.decrypt.quic_paths import QuicPaths
from procwire.dpi.chooser import Chooser
from procwire.dpi.contract import Claim, Context
from procwire.dpi.protocols import quic, tls
from procwire.dpi.registry import Registry
from tests.decrypt.dialogue import OUT


def test_it_looks_like_the_module() -> None:
    chooser = Chooser()
    made = Module(tls, chooser)
    names = (
        "NAME",
        "PORTS",
        "TRANSPORTS",
        "FIRST",
        "OBSERVATIONS",
        "claims",
        "Parser",
        "__doc__",
        "__name__",
    )
    for name in names:
        assert getattr(made, name) == getattr(tls, name)
    with pytest.raises(AttributeError):
        _ = made.nothing_of_that_name
    entry = Registry([made]).by_name["tls"]
    assert entry.module is made
    assert entry.chooser is chooser


def test_a_short_header_is_quics_where_its_connection_is_known() -> None:
    paths: QuicPaths[Any] = QuicPaths()
    made, context = QuicModule(quic, Chooser(), paths), Context(transport="udp")
    datagram = b"\x40" + b"identity" + bytes(30)
    assert datagram[0] in made.FIRST
    assert made.claims(datagram, OUT, context) is quic.claims(datagram, OUT, context) is Claim.NO
    paths.learn(Followed())
    assert made.claims(datagram, OUT, context) is Claim.YES
    assert made.claims(datagram, OUT, Context(transport="tcp")) is Claim.NO


class Followed:
    """A connection of which one id is known."""

    def __init__(self) -> None:
        self.session: Any = self
        self.fresh_ids = [(b"identity", 0)]
