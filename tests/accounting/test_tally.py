from __future__ import annotations

import pytest

from procwire.accounting import tally
from procwire.accounting.bound import Bound, Part
from procwire.accounting.tally import Ledger
from procwire.bpf import accounts as books
from procwire.bpf.accounts import Account, Health, Tally
from procwire.model.flow import Flow
from procwire.model.kernel import TCP_STATES, Credited, KernelView, TcpFacts

HOME = 77
SECOND = 1_000_000_000
CLOSED = TcpFacts(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 7, 3)


def flow_of(number: int = 1, *, proto: int = 6, first: int = 10 * SECOND, turned: bool = False) -> Flow:
    """10.0.0.9:5000 -> 10.0.0.1:80, so that src is the key's b; or the other way round."""
    flow = Flow()
    flow.number, flow.family, flow.proto, flow.first = number, 4, proto, first
    ends = [(0x0A000009, 5000), (0x0A000001, 80)]
    (flow.src_lo, flow.sport), (flow.dst_lo, flow.dport) = reversed(ends) if turned else ends
    return flow


def account_of(packets: tuple[int, int], *, first: int = 10 * SECOND, **more: object) -> Account:
    """An account with 100 bytes a packet; packets of a, of b."""
    counted = Tally(packets, (100 * packets[0], 100 * packets[1]), (packets[0], packets[1]), (0, 0))
    found = Account(HOME, first, first + SECOND, counted, 0, (2, 2), (0, 0), 0)
    return found._replace(**more)  # type: ignore[arg-type]


def ledger_of(facts: TcpFacts | None = None) -> tuple[Ledger, list[Credited]]:
    told: list[Credited] = []
    ledger = Ledger(home=HOME, credit=lambda _, more: told.append(more), facts=lambda _: facts)
    ledger.heads = {2: 14}
    return ledger, told


def ends_of(flow: Flow) -> bytes:
    ends, _ = books.pack_ends(
        flow.proto, books.mapped(4, 0, flow.src_lo), flow.sport, books.mapped(4, 0, flow.dst_lo), flow.dport
    )
    return ends


def bound_of(ledger: Ledger, flow: Flow) -> Bound:
    bound = ledger.find(flow)
    assert bound is not None
    return bound


def view_of(flow: Flow) -> KernelView:
    assert isinstance(flow.kernel, KernelView)
    return flow.kernel


def test_counts_go_to_the_side_that_sent_them_with_the_link_layer_of_the_interface() -> None:
    ledger, told = ledger_of()
    flow = flow_of()
    ledger.bind(flow)
    assert ledger.see(ends_of(flow), 5, account_of((3, 2), end=1))
    assert ledger.settle() == 1
    assert (flow.packets_out, flow.packets_in) == (2, 3)
    assert (flow.bytes_out, flow.bytes_in) == (228, 342)
    assert (flow.payload_out, flow.payload_in) == (2, 3)
    assert told == [Credited(11 * SECOND, 5, 570, False)]
    assert view_of(flow).source == "bpf"


def test_an_account_read_again_adds_what_is_new() -> None:
    ledger, told = ledger_of()
    flow = flow_of()
    flow.packets_out = 4  # the tracker's own: fragments
    ledger.bind(flow)
    for packets in ((3, 2), (3, 2), (10, 2)):
        ledger.see(ends_of(flow), 5, account_of(packets))
        ledger.settle()
    assert (flow.packets_out, flow.packets_in) == (6, 10)
    assert sum(more.packets for more in told) == 12


def test_sockets_of_one_end_add_up_and_those_of_both_ends_do_not() -> None:
    ledger, _ = ledger_of()
    flow = flow_of()
    ledger.bind(flow)
    ledger.see(ends_of(flow), 1, account_of((1, 2), end=0))  # a listener: the handshake
    ledger.see(ends_of(flow), 2, account_of((7, 8), end=0))  # what it accepted
    ledger.see(
        ends_of(flow), 3, account_of((9, 10), end=1)
    )  # the client, which has sent one more, not yet seen
    ledger.settle()
    assert (flow.packets_out, flow.packets_in) == (10, 9)


def test_the_tap_and_the_sockets_see_one_packet_once() -> None:
    ledger, _ = ledger_of()
    flow = flow_of()
    ledger.bind(flow)
    ledger.see(ends_of(flow), 0, account_of((8, 6), netns=0))
    ledger.see(ends_of(flow), 4, account_of((5, 6), end=1))
    ledger.settle()
    assert (flow.packets_out, flow.packets_in) == (6, 8)
    assert flow.bytes_in == 800  # as the interface had it
    view = view_of(flow)
    assert (view.source, view.attributed_out, view.attributed_in) == ("both", 6, 5)


def test_what_interfaces_showed_beside_is_not_counted_at_the_sockets_too() -> None:
    ledger, _ = ledger_of()
    ledger.tapped = True
    flow = flow_of(proto=17, turned=True)
    ledger.bind(flow)
    ends = ends_of(flow)
    ledger.see(ends, 0, account_of((3, 2), netns=0))
    ledger.see(
        ends, 4, account_of((8, 2), end=0)
    )  # five were cut in three on their way, and are not read yet
    ledger.settle()
    flow.packets_out += 15
    ledger.forget(bound_of(ledger, flow))  # nothing new was counted
    assert (flow.packets_out, flow.packets_in) == (18, 2)
    view = view_of(flow)
    assert (view.attributed_out, view.attributed_in) == (18, 2)


def test_each_member_of_a_group_has_a_copy_of_one_packet() -> None:
    for tapped, other in ((False, 7), (True, 5)):
        ledger, _ = ledger_of()
        ledger.tapped = tapped
        flow = flow_of(proto=17, turned=True)
        ledger.bind(flow)
        for cookie, packets in ((1, 5), (2, 7), (3, 2)):
            ledger.see(ends_of(flow), cookie, account_of((packets, 0), end=1, group=True))
        if tapped:
            ledger.see(ends_of(flow), 0, account_of((other, 0), netns=0, group=True))
        ledger.settle()
        assert (flow.packets_out, flow.packets_in) == (other, 0)
        assert view_of(flow).attributed_out == other


def test_an_account_is_in_one_flow_also_when_it_is_found_to_be_of_another() -> None:
    ledger, _ = ledger_of()
    first, second = flow_of(1), flow_of(2)
    for flow in (first, second):
        ledger.bind(flow)
    ledger.see(ends_of(first), 5, account_of((3, 2), end=1, opening=9))
    ledger.settle()
    assert (first.packets_out + second.packets_out, first.packets_in + second.packets_in) == (2, 3)
    first.isn, second.isn = (9, 8) if second.packets_out else (8, 9)  # known only now
    ledger.see(ends_of(first), 5, account_of((3, 2), end=1, opening=9))
    ledger.settle()
    assert [flow.packets_out for flow in (first, second)] == ([2, 0] if first.isn == 9 else [0, 2])


def test_while_a_flow_is_counted_it_is_heard_and_its_copies_elsewhere_stay_copies() -> None:
    ledger, _ = ledger_of()
    flow = flow_of()
    ledger.bind(flow)
    ledger.see(ends_of(flow), 5, account_of((0, 2), end=1))
    ledger.settle()
    assert (flow.heard_out, flow.heard_in) == (11 * SECOND, 0)


def test_what_a_socket_sends_as_one_and_the_interface_shows_in_pieces_is_the_socket_s() -> None:
    ledger, _ = ledger_of()
    flow = flow_of()
    ledger.bind(flow)
    pieces = Tally((0, 60), (0, 6000), (0, 60), (0, 0))
    ledger.see(ends_of(flow), 0, account_of((0, 0), netns=0)._replace(now=pieces))
    whole = Tally((0, 1), (0, 6000), (0, 60), (0, 58))  # one of the 60 is somebody else's
    ledger.see(ends_of(flow), 4, account_of((0, 0), end=1)._replace(now=whole))
    ledger.settle()
    assert (flow.packets_out, view_of(flow).attributed_out) == (60, 59)


def test_another_namespace_and_an_interface_that_is_not_watched_count_nothing() -> None:
    ledger, told = ledger_of()
    flow = flow_of()
    ledger.bind(flow)
    ledger.see(ends_of(flow), 5, account_of((3, 2), netns=78))
    ledger.see(ends_of(flow), 6, account_of((3, 2), interface=(9, 9)))
    ledger.settle()
    assert (flow.packets_out, flow.packets_in, told) == (0, 0, [])


def test_counts_without_a_flow_are_told() -> None:
    ledger, _ = ledger_of()
    assert not ledger.see(ends_of(flow_of()), 5, account_of((3, 2)))
    assert ledger.see(ends_of(flow_of()), 5, account_of((0, 0)))


def test_two_flows_with_the_same_ends_share_the_accounts_by_their_beginnings() -> None:
    ledger, _ = ledger_of()
    old, new = flow_of(1), flow_of(2, first=20 * SECOND)
    ledger.bind(old)
    ledger.see(ends_of(old), 0, account_of((5, 5), netns=0))
    ledger.see(ends_of(old), 0, account_of((1, 1), netns=0, first=20 * SECOND))  # before the flow was opened
    ledger.settle()
    assert old.packets_out == 6
    ledger.bind(new)
    ledger.see(ends_of(old), 0, account_of((2, 2), netns=0, first=20 * SECOND))
    ledger.settle()
    assert (old.packets_out, new.packets_out) == (5, 2)


def test_an_account_that_was_evicted_and_began_anew_loses_nothing() -> None:
    ledger, _ = ledger_of()
    flow = flow_of()
    ledger.bind(flow)
    ledger.see(ends_of(flow), 5, account_of((5, 5)))
    ledger.see(ends_of(flow), 5, account_of((2, 1), first=12 * SECOND))
    ledger.settle()
    assert (flow.packets_out, flow.packets_in) == (6, 7)


def test_the_words_of_tcp_are_those_of_the_source_end_where_it_is_here() -> None:
    ledger, _ = ledger_of(CLOSED)
    flow = flow_of(turned=True)  # src is a
    ledger.bind(flow)
    ledger.see(ends_of(flow), 5, account_of((1, 1), end=1))
    ledger.settle()
    assert (view_of(flow).tcp, view_of(flow).tcp_end) == (CLOSED, 1)
    ledger.see(ends_of(flow), 6, account_of((2, 1), end=0))
    ledger.settle()
    assert view_of(flow).tcp_end == 0


def test_a_forgotten_flow_gives_back_what_no_other_has() -> None:
    ledger, _ = ledger_of()
    old, new = flow_of(1), flow_of(2, first=20 * SECOND)
    ledger.bind(old)
    ledger.bind(new)
    ledger.see(ends_of(new), 6, account_of((1, 1), first=20 * SECOND))
    ledger.see(ends_of(old), 5, account_of((1, 1)))
    ledger.see(ends_of(old), 0, account_of((1, 1), netns=0))
    first, second = bound_of(ledger, old), bound_of(ledger, new)
    assert ledger.succeeded(first)
    assert ledger.accounts(first) == {5: 10 * SECOND}
    ledger.forget(first)
    assert old.packets_out == 1  # what was read last is in the flow
    assert not ledger.succeeded(second)
    assert ledger.accounts(second) == {6: 20 * SECOND, 0: 0}
    ledger.forget(second)
    assert ledger.find(new) is None
    assert len(ledger) == 0


def test_an_account_that_saw_the_syn_is_of_the_flow_that_it_began_however_late_it_is_opened() -> None:
    ledger, _ = ledger_of()
    old, new = flow_of(1), flow_of(2, first=20 * SECOND)
    old.isn, new.isn = 111, 222
    ledger.bind(old)
    ledger.see(ends_of(old), 0, account_of((5, 5), netns=0, opening=111))
    late = account_of((3, 3), first=21 * SECOND, opening=111, end=1)  # a hook that was behind
    ledger.see(ends_of(old), 7, account_of((2, 2), first=19 * SECOND, opening=222, end=1))
    ledger.bind(new)
    ledger.see(ends_of(old), 6, late)
    ledger.see(ends_of(old), 0, account_of((4, 4), first=19 * SECOND, netns=0, opening=222))
    ledger.settle()
    assert (old.packets_out, new.packets_out) == (5, 4)
    assert (view_of(old).attributed_out, view_of(new).attributed_out) == (3, 2)


def test_an_accepted_socket_s_account_is_of_the_connection_that_had_begun_by_then() -> None:
    ledger, _ = ledger_of()
    flows = [flow_of(number, first=(10 + number) * SECOND) for number in (1, 2, 3)]
    for flow in flows:
        flow.isn = flow.number
        ledger.bind(flow)
    for flow in flows:  # each nearly when the next one begins
        ledger.see(ends_of(flow), flow.number, account_of((1, 1), first=flow.first + SECOND - 1))
    ledger.settle()
    assert [flow.packets_out for flow in flows] == [1, 1, 1]


def test_an_account_of_a_connection_whose_flow_is_not_there_is_waited_for() -> None:
    ledger, _ = ledger_of()
    flow = flow_of()
    unseen = account_of((1, 1), opening=222)
    assert not ledger.awaits(ends_of(flow), unseen)
    ledger.bind(flow)
    assert not ledger.awaits(ends_of(flow), unseen)  # the flow's own SYN was not seen
    flow.isn = 111
    assert ledger.awaits(ends_of(flow), unseen)
    assert not ledger.awaits(ends_of(flow), account_of((1, 1), opening=111))
    assert not ledger.awaits(ends_of(flow), account_of((1, 1)))


def test_a_closed_socket_ends_its_flow_at_the_next_reading_when_its_last_packet_has_come() -> None:
    ledger, told = ledger_of(CLOSED)
    flow = flow_of()
    ledger.bind(flow)
    ledger.see(ends_of(flow), 5, account_of((1, 1), end=1))
    assert (ledger.settle(), told[-1].over) == (1, False)
    assert (ledger.settle(), told[-1].over) == (1, True)
    assert ledger.settle() == 0


def test_what_the_programs_do_not_count_is_not_bound() -> None:
    ledger, _ = ledger_of()
    inner = flow_of()
    inner.tunnel = 9
    assert ledger.bind(inner) is None
    assert ledger.bind(flow_of(proto=1)) is None
    assert inner.kernel is None


def test_how_tcp_fares_is_the_word_of_whoever_sees_every_packet() -> None:
    ledger, _ = ledger_of()
    flow = flow_of()
    ledger.bind(flow)
    ledger.see(ends_of(flow), 5, account_of((3, 2), end=1))
    ledger.settle()
    assert not view_of(flow).judged
    at_socket = Health((9, 9), (9, 9), (9, 9), (9, 9), (9, 9))
    ledger.see(ends_of(flow), 5, account_of((3, 2), end=1, health=at_socket, judged=5))
    shown = Health((1, 2), (3, 4), (5, 6), (7, 8), (10, 11))
    ledger.see(ends_of(flow), 0, account_of((3, 2), netns=0, health=shown, judged=5))
    ledger.settle()
    assert view_of(flow).judged
    assert (flow.retransmissions_out, flow.retransmissions_in) == (2, 1)  # src is b
    assert (flow.out_of_order_out, flow.duplicate_acks_in) == (4, 5)
    assert (flow.zero_windows_out, flow.keep_alives_in) == (8, 10)


def test_sockets_of_other_namespaces_count_where_nothing_passes_here_and_are_given_back() -> None:
    ledger, _ = ledger_of()
    flow = flow_of()
    assert ledger.see(ends_of(flow), 5, account_of((3, 2), netns=78))  # not shown
    ledger.away = 0
    assert not ledger.see(ends_of(flow), 5, account_of((3, 2), netns=78))
    local = books.pack_ends(6, books.mapped(4, 0, 0x7F000001), 5000, books.mapped(4, 0, 0x7F000002), 80)[0]
    assert ledger.see(local, 5, account_of((3, 2), netns=78))  # whose loopback?
    ledger.away, flow.interface = 4, 4
    ledger.bind(flow)
    assert ledger.see(ends_of(flow), 5, account_of((3, 2), netns=78))
    here = flow_of(2, proto=17)
    ledger.bind(here)
    assert ledger.see(ends_of(here), 6, account_of((3, 2), netns=78))
    ledger.settle()
    assert (flow.packets_out, flow.bytes_out, here.packets_out) == (2, 200, 0)
    assert ledger.accounts(bound_of(ledger, here)) == {0: 0, 6: 0}


@pytest.mark.parametrize(
    ("state", "acked", "joined"), [("established", 0, True), ("close", 9, True), ("close", 0, False)]
)
def test_of_a_flow_of_which_nothing_is_shown_the_kernel_says_whether_it_was_answered(
    state: str, acked: int, joined: bool
) -> None:
    ledger, told = ledger_of(TcpFacts(0, acked, 0, 0, 0, 0, 0, 0, 0, 0, TCP_STATES.index(state), 1))
    flow, here = flow_of(), flow_of(2)
    unread: list[Flow] = []
    ledger.unread = unread.append
    ledger.away = flow.interface = 4
    for each, netns in ((flow, 78), (here, HOME)):
        ledger.bind(each)
        assert ledger.see(ends_of(each), 5, account_of((3, 2), netns=netns))
    ledger.settle()
    assert [more.joined for more in told] == [joined, False]
    assert unread == [flow]


def test_what_was_counted_before_the_clock_was_set_keeps_its_time() -> None:
    ledger, _ = ledger_of()
    ledger.wind(1000 * SECOND, 1)
    flow = flow_of(first=1010 * SECOND)
    ledger.bind(flow)
    ledger.wind(1000 * SECOND + 5, 12 * SECOND)  # kept, not set
    ledger.wind(4600 * SECOND, 20 * SECOND)
    ledger.wind(0, 30 * SECOND)
    assert ledger.wall(11 * SECOND) == 1011 * SECOND + 5
    assert ledger.wall(25 * SECOND) == 4625 * SECOND
    assert ledger.wall(31 * SECOND) == 31 * SECOND
    ledger.see(ends_of(flow), 7, account_of((1, 0), last=11 * SECOND))
    ledger.settle()
    assert flow.last - flow.first <= 2 * SECOND


@pytest.mark.parametrize("end", [0, 1, 2])
@pytest.mark.parametrize("numbers", [(3, 5, 300, 500, 30, 50, 0, 2), (0, 5, 0, 500, 0, 50, 0, 0), (0,) * 8])
@pytest.mark.parametrize("shown", [[-1, -1], [2, -1], [-1, 0]])
def test_what_one_account_says_is_the_sum_that_many_would_have(
    end: int, numbers: tuple[int, ...], shown: list[int]
) -> None:
    part = Part(0 if end == 2 else 7, 1, end, 0, numbers, None)
    sums = tally._sums([part])
    total, attributed, tapped = tally._together([part], shown)
    assert (total, attributed) == tally._larger(sums, shown)
    assert tapped is (end == 2 and any(numbers))
