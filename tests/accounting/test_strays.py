from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.accounting.strays import MAX_STRAYS, STRAYS, Strays, frame_of
from procwire.bpf import accounts as books
from procwire.bpf.accounts import Account, Tally
from procwire.flows import states
from procwire.flows.table import Tracker
from procwire.model.flow import UNKNOWN_NS
from procwire.model.frames import COUNTED, batch_of
from procwire.packet.decode import Decoder

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
PORT = st.integers(1, 65535)


def pair_of(text: str) -> tuple[int, int]:
    address = ip_address(text)
    return books.mapped(address.version, int(address) >> 64, int(address) & (1 << 64) - 1)


@given(
    proto=st.sampled_from([6, 17]),
    ends=st.sampled_from([("10.0.0.1", "10.9.0.1"), ("fd00::1", "fd00::2")]),
    sport=PORT,
    dport=PORT,
)
def test_the_packet_is_of_the_flow_that_its_key_names(
    proto: int, ends: tuple[str, str], sport: int, dport: int
) -> None:
    tunnels = {4789, 8472, 4790, 6081, 2152, 3544, 6635}  # never in an account
    if proto == 17 and {sport, dport} & tunnels:
        return
    key, side = books.pack_ends(proto, pair_of(ends[0]), sport, pair_of(ends[1]), dport)
    table = Decoder().decode(batch_of([frame_of(key)], link=101))
    assert table.count == 1
    assert table.fault[0] == 0
    assert table.proto[0] == proto
    assert (table.sport[0], table.dport[0]) == ((sport, dport), (dport, sport))[side]
    assert table.length[0] == 0


@pytest.mark.parametrize("opener", [0, 1])
def test_the_packet_is_the_counted_syn_of_whoever_opened(opener: int) -> None:
    key, _ = books.pack_ends(6, pair_of("10.0.0.1"), 4000, pair_of("10.9.0.1"), 80)
    batch = batch_of([frame_of(key, opener, 0xFFFFFFF1)], link=101)
    batch.flags[0], batch.time[0] = COUNTED, 5
    tracker = Tracker()
    tracker.ingest(Decoder().decode(batch), now=5)
    (flow,) = tracker.active()
    assert (flow.sport, flow.dport) == ((4000, 80), (80, 4000))[opener]
    assert (flow.state, flow.isn, flow.opener_seen) == (states.SYN_SENT, 0xFFFFFFF1, True)
    assert (flow.packets_out, flow.rtt_dst) == (0, UNKNOWN_NS)


def test_of_accounts_with_the_same_ends_the_one_that_tells_most_is_held() -> None:
    key, _ = books.pack_ends(6, pair_of("10.0.0.1"), 4000, pair_of("10.9.0.1"), 80)
    nothing = Tally((1, 1), (0, 0), (0, 0), (0, 0))
    listener, accepted, here = (
        Account(netns, 1, 1, nothing, 0, (0, 0), (0, 0), 0, opening=opening, opener=opener)
        for netns, opening, opener in ((8, 77, 1), (8, 0, -1), (7, 0, -1))
    )
    for held, kept in (
        ((accepted, listener), listener),
        ((listener, accepted), listener),
        ((listener, here), here),
    ):
        strays = Strays(frozenset({0, 7}))
        for account in held:
            strays.hold(key, account)
            assert strays.take() == ([], [])  # the reading goes on: the one that tells most may come yet
        strays.settle()
        assert strays.take() == ([frame_of(key, kept.opener, kept.opening)], [kept])
        assert len(strays) == 0


def ends_of(port: int) -> bytes:
    return books.pack_ends(17, pair_of("10.0.0.1"), 4000, pair_of("10.9.0.1"), port)[0]


def test_there_is_room_for_so_many() -> None:
    strays = Strays(frozenset({0}))
    account = Account(0, 1, 1, Tally((1, 1), (0, 0), (0, 0), (0, 0)), 0, (0, 0), (0, 0), 0)
    for port in range(MAX_STRAYS):
        assert not strays.full
        strays.hold(ends_of(port), account)
    assert strays.full
    strays.settle()
    assert strays.full
    strays.hold(ends_of(0), account)  # known already: no second packet of it
    assert len(strays) == MAX_STRAYS
    assert len(strays.take()[0]) == STRAYS
    assert not strays.full
