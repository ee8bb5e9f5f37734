"""Group records of reports, whole and cut."""

from __future__ import annotations

from procwire.dpi.wire.group_message import MAX_SOURCES, addresses, records


def text(data: bytes) -> str:
    return ".".join(map(str, data))


RECORD = bytes.fromhex("06000002ef010203c0000201c0000202")


def test_records() -> None:
    groups, faults = records(RECORD * 2, 2, 4, text)
    assert groups == ("239.1.2.3 block 192.0.2.1 192.0.2.2",) * 2
    assert faults == ()


def test_what_is_cut_is_a_fault() -> None:
    assert records(RECORD, 2, 4, text)[1] == ("incomplete",)
    assert records(RECORD[:-1], 1, 4, text) == (("239.1.2.3 block 192.0.2.1",), ("incomplete",))
    assert records(b"", 60000, 4, text) == ((), ("incomplete",))


def test_addresses_are_bounded() -> None:
    assert len(addresses(bytes(4000), 60000, 4, text)) == MAX_SOURCES
