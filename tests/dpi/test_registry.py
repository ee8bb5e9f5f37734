"""The registry: completeness, dispatch, declarations."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from procwire.decrypt.keyed import keyed
from procwire.decrypt.keylog import KeyLog
from procwire.dpi.protocols import dns, http
from procwire.dpi.registry import (
    Registry,
    RegistryError,
    declared,
    extend,
    modules,
    protocols,
    registry,
    tables,
)
from procwire.dpi.wire.http_records import HttpResponse
from tests.dpi.user.example import described_example


def test_dispatch_by_first_byte() -> None:
    known = Registry([http, dns])
    tcp = known.dispatch(6)
    assert tcp is not None
    assert [entry.name for entry in tcp[ord("G")]] == ["http", "dns"]
    assert [entry.name for entry in tcp[0]] == ["dns"]
    udp = known.dispatch(17)
    assert udp is not None
    assert [entry.name for entry in udp[ord("G")]] == ["dns"]
    assert known.dispatch(1) is None


def test_what_is_only_declared_is_imported_at_once_where_that_is_asked() -> None:
    known = Registry(declared())
    assert known.by_name["redis"].claims is None
    known.load()
    assert [entry.module for entry in known.by_name.values()] == list(modules())
    assert all(entry.claims == entry.module.claims for entry in known.by_name.values())


def test_bytes_with_the_same_entries_share_them() -> None:
    tables = [table for number in (6, 17) if (table := Registry(declared()).dispatch(number)) is not None]
    for table in tables:
        assert len({id(entries) for entries in table}) == len(set(table)) < 256


def test_ports_hint() -> None:
    known = Registry([http, dns])
    assert [entry.name for entry in known.hinted(6, 80, 53)] == ["dns"]
    assert [entry.name for entry in known.hinted(6, 80, 5)] == ["http"]
    assert known.hinted(17, 1, 2) == ()


def test_incomplete_module_is_refused() -> None:
    with pytest.raises(RegistryError, match="has no"):
        Registry([SimpleNamespace(__name__="x", __doc__="x", NAME="x")])
    with pytest.raises(RegistryError, match="taken"):
        Registry([dns, dns])


def test_declarations() -> None:
    told = {info.name: info for info in protocols()}
    assert set(told) == {module.NAME for module in modules()}
    assert told["dns"].ports == ("tcp/53", "udp/53")
    assert told["http"].tables == ("http",)
    assert "request line" in told["http"].recognised
    assert registry() is registry()


def test_classes_of_one_table_are_merged() -> None:
    named = {table.name: table for table in tables()}
    assert {"http", "dns", "upgrade"} <= set(named)
    columns = [column.name for column in named["http"]]
    assert len(columns) == len(set(columns))
    assert {"method", "status", "latency", "user_agent"} <= set(columns)
    row = HttpResponse(time=1, side=0, status=200, reason="OK", version="1.1")  # type: ignore[arg-type]
    assert named["http"].column("status").get(row) == 200
    assert named["http"].column("user_agent").get(row) is None


def test_further_modules_stand_behind_ours_and_take_no_name() -> None:
    further = described_example()
    extend([further])
    try:
        assert registry().modules == (*modules(), further)
        assert registry().hinted(6, 40000, 7000)[0].name == "acme"
        assert "acme" in {table.name for table in tables()}
        assert "acme" in {module.NAME for module in keyed(KeyLog()).modules}
        with pytest.raises(RegistryError, match="taken"):
            extend([dns])
        assert registry().modules[-1] is further
    finally:
        extend(())
    assert registry().modules == modules()


def test_a_replaced_module_stands_where_the_other_did() -> None:
    known = registry()
    other = SimpleNamespace(**vars(known.by_name["tls"].module))
    made = known.replaced({"tls": other})
    assert made.by_name["tls"].module is other
    assert [module.NAME for module in made.modules] == [module.NAME for module in known.modules]
    for proto in known.transports:
        before, after = known.dispatch(proto) or [], made.dispatch(proto) or []
        assert [[entry.name for entry in each] for each in before] == [
            [e.name for e in each] for each in after
        ]
    assert [entry.module for entry in made.hinted(6, 0, 443) if entry.name == "tls"] == [other]
    assert known.by_name["tls"].module is not other
