"""The chain in words."""

from __future__ import annotations

import pytest

from procwire.packet import _codes, layers


def test_chain_reads_outermost_first() -> None:
    chain = _codes.LAYER_ETH | _codes.LAYER_VLAN << 8 | _codes.LAYER_IP << 16 | _codes.LAYER_TCP << 24
    assert layers.chain_text(chain, 10) == "eth.vlan:10.ip.tcp"


def test_two_tags_have_ids_and_a_third_has_none() -> None:
    chain = _codes.LAYER_VLAN | _codes.LAYER_VLAN << 8 | _codes.LAYER_VLAN << 16
    assert layers.chain_text(chain, 20 << 12) == "vlan:0.vlan:20.vlan"


def test_empty_and_unnamed() -> None:
    assert layers.chain_text(0, 0) == ""
    assert layers.chain_text(250, 0) == "layer-250"


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (layers.link_name(1), "ethernet"),
        (layers.link_name(4711), "linktype-4711"),
        (layers.ethertype_name(0x0806), "arp"),
        (layers.ethertype_name(0x1234), "0x1234"),
        (layers.protocol_name(6), "tcp"),
        (layers.protocol_name(253), "ip-253"),
    ],
)
def test_names(got: str, want: str) -> None:
    assert got == want
