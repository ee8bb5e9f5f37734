"""Numbers of the DNS."""

from __future__ import annotations

from procwire.dpi.wire.dns_names import RCODES, TYPES, class_name, type_name


def test_names_and_numbers_without_one() -> None:
    assert (type_name(28), type_name(65280)) == ("AAAA", "TYPE65280")
    assert (class_name(1), class_name(32)) == ("IN", "CLASS32")
    assert RCODES[3] == "NXDOMAIN"
    assert len(set(TYPES.values())) == len(TYPES)
