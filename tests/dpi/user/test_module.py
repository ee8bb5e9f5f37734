from __future__ import annotations

from procwire.dpi.registry import Registry
from procwire.model.columns import Kind
from tests.dpi.user.example import described_example


def test_it_is_a_module_like_any_other() -> None:
    made = described_example()
    known = Registry([made])
    (info,) = known.protocols()
    assert (info.name, info.ports, info.tables) == ("acme", ("tcp/7000", "udp/7000"), ("acme",))
    assert "ac4e01 at 0 of the client" in info.recognised
    table = known.tables()[0]
    assert [column.name for column in table][2:] == ["version", "sequence", "key", "device", "server"]
    assert table.column("version").kind is Kind.INTEGER
    assert table.column("device").kind is Kind.TEXT
    assert table.column("version").doc == "Version that the client speaks."
