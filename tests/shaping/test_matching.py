from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import flower, u32
from procwire.shaping.codec.u32 import U32
from procwire.shaping.failure import ShapingError
from procwire.shaping.matching import blocks, matches
from procwire.shaping.selection import Selector, selector
from tests.shaping.strategies import selectors


def packet(source: bytes, destination: bytes, protocol: int, sport: int, dport: int) -> bytes:
    """The start of an IP packet."""
    ports = sport.to_bytes(2) + dport.to_bytes(2)
    if len(source) == 4:
        return b"\x45" + bytes(8) + bytes((protocol,)) + bytes(2) + source + destination + ports
    return b"\x60" + bytes(5) + bytes((protocol,)) + b"\x40" + source + destination + ports


def takes(filters: list[U32], data: bytes) -> bool:
    """Whether u32 takes a packet, computed anew."""
    return any(
        all(int.from_bytes(data[key.offset : key.offset + 4]) & key.mask == key.value for key in each.keys)
        for each in filters
    )


addresses = st.sampled_from([bytes((10, 1, 2, 3)), bytes((192, 0, 2, 7)), bytes((10, 0, 0, 1))])
six = st.sampled_from([bytes.fromhex("20010db8" + "0" * 23 + "1"), bytes.fromhex("fd77" + "0" * 27 + "2")])
ends = st.one_of(st.tuples(addresses, addresses), st.tuples(six, six))
ports = st.sampled_from((0, 80, 443, 999, 1000, 1001, 65535))


def meant(wanted: Selector, data: tuple[bytes, bytes, int, int, int], *, sent: bool) -> bool:
    """What the selector says of a packet, without any filter."""
    source, destination, protocol, sport, dport = data
    peer, local, port, own = (
        (destination, source, dport, sport) if sent else (source, destination, sport, dport)
    )
    version = 4 if len(source) == 4 else 6
    if version not in wanted.versions or (wanted.protocols and protocol not in wanted.protocols):
        return False
    for network, address in ((wanted.peer, peer), (wanted.local, local)):
        if (
            network is not None
            and int.from_bytes(address) >> network.max_prefixlen - network.prefixlen
            != int(network.network_address) >> network.max_prefixlen - network.prefixlen
        ):
            return False
    pairs = ((wanted.port, port), (wanted.local_port, own))
    return all(span is None or span[0] <= number <= span[1] for span, number in pairs)


@given(selectors, ends, st.sampled_from((1, 6, 17, 58)), ports, ports, st.booleans())
def test_u32_takes_what_is_meant_and_nothing_else(
    wanted: Selector, ends: tuple[bytes, bytes], protocol: int, sport: int, dport: int, sent: bool
) -> None:
    data = (*ends, protocol, sport, dport)
    version = 0x0800 if len(ends[0]) == 4 else 0x86DD
    found = matches((wanted,), 5, sent=sent, with_flower=False)
    filters = [u32.decode(each.options) for each in found if each.protocol == version]
    assert takes(filters, packet(*data)) == meant(wanted, data, sent=sent)


@given(st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(lambda pair: (min(pair), max(pair))))
def test_a_range_is_cut_into_few_blocks_without_a_gap(span: tuple[int, int]) -> None:
    found = list(blocks(span))
    covered = [value for value, _ in found]
    sizes = [0x10000 - mask for _, mask in found]
    assert sum(sizes) == span[1] - span[0] + 1
    assert covered[0] == span[0]
    assert all(start + size == after for start, size, after in zip(covered, sizes, covered[1:], strict=False))
    assert len(found) <= 31


def test_ports_are_not_looked_for_behind_options_or_in_later_fragments() -> None:
    (match,) = matches((selector("port=80 protocol=tcp peer=10.0.0.0/8"),), 5, sent=True, with_flower=False)
    keys = u32.decode(match.options).keys
    assert any(key.offset == 0 and key.mask == 0x0F000000 for key in keys)
    assert any(key.offset == 4 and key.mask == 0x1FFF and key.value == 0 for key in keys)


def test_flower_is_used_where_it_is() -> None:
    found = matches((selector("port=80-90"),), 5, sent=False, with_flower=True)
    assert {each.kind for each in found} == {"flower"}
    assert len(found) == 4  # two versions, TCP and UDP
    assert flower.decode(found[0].options).source_ports == (80, 90)
    lite = matches((selector("port=80 protocol=udplite"),), 5, sent=False, with_flower=True)
    assert {each.kind for each in lite} == {"u32"}


def test_too_many_filters_are_refused() -> None:
    many = tuple(selector(f"port=1-65534 local_port={1 + low}-65534 protocol=tcp") for low in range(4))
    with pytest.raises(ShapingError, match="filters, more than"):
        matches(many, 5, sent=True, with_flower=False)
