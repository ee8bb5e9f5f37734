from __future__ import annotations

from procwire.capture import arphrd_names


def test_known_hardware_has_its_own_link_type() -> None:
    assert arphrd_names.linktype(arphrd_names.ETHERNET) == 1
    assert arphrd_names.linktype(arphrd_names.LOOPBACK) == 1
    assert arphrd_names.linktype(0xFFFE) == 101
    assert arphrd_names.name(0xFFFE) == "none"


def test_unknown_hardware_is_cooked_and_has_a_word() -> None:
    assert arphrd_names.linktype(12345) == 276
    assert arphrd_names.name(12345) == "type-12345"


def test_every_type_with_a_link_type_has_a_word() -> None:
    assert set(arphrd_names.LINKTYPES) <= set(arphrd_names.NAMES)
