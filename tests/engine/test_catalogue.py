from __future__ import annotations

import pytest

from procwire.engine import catalogue
from procwire.engine.options import EngineError


def test_the_protocols_of_this_thread_are_there() -> None:
    found = {row.name: row for row in catalogue.protocols()}
    assert {"http", "dns", "tls", "quic"} <= set(found)
    assert all(row.doc and row.transports and row.tables for row in found.values())


def test_tables_have_names_of_their_own() -> None:
    names = [table.name for table in catalogue.tables()]
    assert len(names) == len(set(names))
    assert {"flow", "packet", "http", "dns", "tls", "quic"} <= set(names)


def test_loopback_is_an_interface() -> None:
    (loopback,) = [row for row in catalogue.interfaces() if row.name == "lo"]
    assert "127.0.0.1/8" in loopback.addresses


def test_a_protocol_is_explained_by_another_of_its_names() -> None:
    assert catalogue.explain("https").name == "tls"
    with pytest.raises(EngineError, match=r"'qiuc'; did you mean quic\? `procwire protocols`"):
        catalogue.explain("qiuc")
