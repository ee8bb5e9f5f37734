"""The encapsulation chain as people read it: ``eth.vlan:10.ip.gre.ip6.tcp``."""

from __future__ import annotations

from functools import lru_cache

from procwire.packet import _names
from procwire.packet._codes import LAYER_VLAN

VLAN_BITS = 12


@lru_cache(maxsize=4096)
def chain_text(chain: int, vlan: int) -> str:
    """The layers of ``PacketTable.chain`` joined by dots; the first two VLAN tags with the ids in ``vlan``.

    A chain of more than eight layers keeps its first six and its last, with ``…`` between.
    """
    words = []
    tags = 0
    while chain:
        code = chain & 0xFF
        chain >>= 8
        word = _names.LAYERS.get(code, f"layer-{code}")
        if code == LAYER_VLAN:
            if tags < 2:
                word = f"vlan:{vlan >> VLAN_BITS * tags & 0xFFF}"
            tags += 1
        words.append(word)
    return ".".join(words)


def link_name(link: int) -> str:
    """The name of a LINKTYPE, ``linktype-N`` where it has none."""
    return _names.link(link)


def ethertype_name(number: int) -> str:
    """The name of an ethertype, its hexadecimal form where it has none."""
    return _names.ethertype(number)


def protocol_name(number: int) -> str:
    """The lower-case name of an IP protocol number, ``ip-N`` where it has none."""
    return _names.protocol(number)
