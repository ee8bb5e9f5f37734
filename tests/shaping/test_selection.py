from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.failure import InvalidError
from procwire.shaping.selection import Selector, selector
from tests.shaping.strategies import selectors


@given(selectors)
def test_a_selector_is_read_as_it_is_written(wanted: Selector) -> None:
    assert selector(str(wanted)) == wanted


def test_a_bare_network_is_the_peers() -> None:
    assert selector("10.1.2.3/8") == Selector(peer=ip_network("10.0.0.0/8"))
    assert selector("[2001:db8::1],port=443") == Selector(peer=ip_network("2001:db8::1"), port=(443, 443))
    assert selector("protocol=UDP").protocol == 17


def test_versions_and_protocols_follow() -> None:
    assert selector("port=53").versions == (4, 6)
    assert selector("port=53").protocols == (6, 17)
    assert selector("protocol=icmp").versions == (4,)
    assert selector("protocol=icmp6").versions == (6,)
    assert selector("peer=2001:db8::/32").versions == (6,)
    assert selector("protocol=47").protocols == (47,)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "selector"), ("peer=nonsense", "selector.peer"), ("port=70000", "selector.port"),
        ("port=9-8", "selector.port"), ("protocol=icmp port=5", "selector.port"), ("port=x", "selector.port"),
        ("colour=blue", "selector.colour"), ("protocol=300", "selector.protocol"),
        ("peer=10.0.0.1 local=::1", "selector.local"), ("port=1 port=2", "selector.port"),
        ("protocol=xns", "selector.protocol"),
    ],
)  # fmt: skip
def test_what_selects_nothing_is_refused(text: str, field: str) -> None:
    with pytest.raises(InvalidError) as raised:
        selector(text)
    assert raised.value.field.startswith(field.split(".", maxsplit=1)[0])
    assert field.rpartition(".")[2] in str(raised.value)


@given(st.text(max_size=40))
def test_junk_raises_nothing_else(text: str) -> None:
    try:
        assert str(selector(text))
    except InvalidError as wrong:
        told = wrong
        assert told.field.startswith("selector")
