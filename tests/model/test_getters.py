"""Getters that need more than one look: flags and VLAN ids."""

from __future__ import annotations

from procwire.model.getters import flag_names, vlan_ids


def test_flags_by_name() -> None:
    assert flag_names(0) == ()
    assert flag_names(0x12) == ("syn", "ack")
    assert len(flag_names(0x1FF)) == 9


def test_vlan_ids_outermost_first() -> None:
    assert vlan_ids(0) is None
    assert vlan_ids(7) == ("7",)
    assert vlan_ids(7 | 9 << 12) == ("7", "9")
