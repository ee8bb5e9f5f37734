"""The registry with keys."""

from __future__ import annotations

from procwire.decrypt.keyed import keyed
from procwire.decrypt.tls import Parser
from procwire.dpi.contract import Context
from procwire.dpi.protocols import tls
from procwire.dpi.registry import registry
from tests.decrypt.dialogue import Hand, key_log


def test_the_same_protocols_in_the_same_order() -> None:
    made = keyed(key_log(b""))
    assert [module.NAME for module in made.modules] == [module.NAME for module in registry().modules]
    assert [table.name for table in made.tables()] == [table.name for table in registry().tables()]


def test_keys_are_used_where_there_are_some() -> None:
    without, having = keyed(key_log(b"")), keyed(key_log(Hand().lines()))
    context = Context(transport="tcp")
    assert isinstance(without.by_name["tls"].parser(context), tls.Parser)
    assert isinstance(having.by_name["tls"].parser(context), Parser)
