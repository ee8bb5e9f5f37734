"""A kernel source beside plain sockets: what it hands on, and what it counts when nothing is handed on."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from procwire.accounting import source as room
from procwire.accounting.programs import Programs
from procwire.accounting.source import KernelSource, Wishes
from procwire.accounting.steering import Steering
from procwire.bpf import accounts as books
from procwire.capture.source import CaptureError
from procwire.flows.table import Tracker
from procwire.model.flow import Flow
from procwire.model.kernel import KernelView
from procwire.model.streams import ENOUGH
from procwire.packet.decode import Decoder
from procwire.processes.kernel import namespace_cookie
from tests.bpf.kernel import need_bpf
from tests.lab import pair as pair_of_hosts
from tests.lab import wait_for, why_not

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]


class Reader:
    """Hears everything, and has enough after ``most`` bytes of a side."""

    def __init__(self, most: int = 1 << 40) -> None:
        self.most = most
        self.heard: dict[tuple[int, int], int] = {}

    def data(self, flow: Any, side: int, data: bytes, now: int) -> int:
        """See StreamSink."""
        flow.app_confidence = "content"
        self.heard[flow.dport, side] = self.heard.get((flow.dport, side), 0) + len(data)
        return 0 if self.heard[flow.dport, side] < self.most else ENOUGH

    def gap(self, flow: Any, side: int, size: int, now: int) -> int:
        """See StreamSink."""
        return 0

    def ended(self, flow: Any, now: int) -> None:
        """See StreamSink."""


class Run:
    """Source, decoder and tracker as the engine joins them."""

    def __init__(self, wishes: Wishes, reader: Reader | None = None) -> None:
        need_bpf()
        self.reader = reader or Reader()
        self.source = KernelSource(wishes, home=namespace_cookie())
        self.tracker = Tracker(sink=Steering(self.reader, self.source.decide))
        self.source.connect(self.tracker.credit)
        self.decoder = Decoder()
        self.rows = 0
        self.shown: Counter[int] = Counter()  # packets by their ports: others use the interface, too

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.source.close()

    def take(self) -> int:
        """Everything that is there now; the number of packets."""
        before = self.rows
        while batch := self.source.poll(0.05):
            self.rows += batch.count
            table = self.decoder.decode(batch)
            for row in range(table.count):
                self.shown.update({table.sport[row], table.dport[row]})
            for flow in self.tracker.ingest(table, now=table.time[table.count - 1]).opened:
                self.source.opened(flow)
            self.source.release(batch)
        return self.rows - before

    def flows(self, port: int) -> list[Flow]:
        """The open flows at a port, their counts read."""
        self.take()
        self.source.count()
        self.take()
        self.source.count()
        return [flow for flow in self.tracker.active() if port in (flow.sport, flow.dport)]

    def flow(self, port: int) -> Flow:
        """The one open flow at a port."""
        found = self.flows(port)
        assert len(found) == 1
        return found[0]


def pair() -> tuple[socket.socket, socket.socket, int]:
    """A connection over loopback, and its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        server, _ = listener.accept()
    return client, server, port


def send(client: socket.socket, server: socket.socket, size: int) -> None:
    """So many bytes, read at the other end."""
    for _ in range(0, size, 10_000):
        client.sendall(bytes(10_000))
        left = 10_000
        while left:
            left -= len(server.recv(left))


@pytest.mark.parametrize("tap", [False, True])
def test_a_stream_that_is_read_is_read_whole_and_counted_once(tap: bool) -> None:
    with Run(Wishes(interfaces=("lo",), tap=tap)) as run:
        client, server, port = pair()
        with client, server:
            for _ in range(40):  # slowly, so that the reader's word comes in time
                send(client, server, 10_000)
                server.sendall(b"yes")
                client.recv(9)
                run.take()
            flow = run.flow(port)
        assert run.reader.heard[port, 0] == 400_000
        assert run.reader.heard[port, 1] == 120
        assert (flow.payload_out, flow.payload_in) == (400_000, 120)
        assert isinstance(flow.kernel, KernelView)
        assert flow.kernel.source == ("both" if tap else "bpf")
        assert flow.kernel.attributed_out == flow.packets_out
        assert flow.kernel.tcp is not None
        assert flow.kernel.tcp.bytes_acked >= 300_000  # as of a tenth of a second ago


@pytest.mark.parametrize("tap", [False, True])
def test_who_has_enough_is_shown_no_more_and_all_is_counted(tap: bool) -> None:
    with Run(Wishes(interfaces=("lo",), tap=tap), Reader(most=100)) as run:
        client, server, port = pair()
        with client, server:
            send(client, server, 10_000)
            run.take()
            run.take()  # the verdict is spoken before the next batch
            before = run.shown[port]
            send(client, server, 2_000_000)
            flow = run.flow(port)
        assert run.shown[port] - before < 20
        assert flow.payload_out == 2_010_000


def test_a_connection_s_end_reaches_the_tracker() -> None:
    with Run(Wishes(interfaces=("lo",), tap=False)) as run:
        client, server, port = pair()
        client.close()
        server.close()
        flow = run.flow(port)
        assert flow.flags_out & 1
        assert flow.flags_in & 1


def test_without_a_reader_flows_open_and_are_counted() -> None:
    with Run(Wishes(interfaces=("lo",), tap=True, content=False)) as run:
        client, server, port = pair()
        with client, server:
            send(client, server, 500_000)
            flow = run.flow(port)
        assert flow.payload_out == 500_000
        assert flow.opener_seen


def test_a_flow_of_which_nothing_was_handed_on_is_opened_by_its_counts() -> None:
    client, server, port = pair()  # before the source
    wishes = Wishes(interfaces=("lo",), tap=False, rate_bytes=1, first_bytes=0)
    with Run(wishes) as run, client, server:
        send(client, server, 3_000_000)
        wait_for(lambda: run.flows(port), what="the flow")
        flow = run.flow(port)
        assert flow.payload_out + flow.payload_in >= 3_000_000


def test_a_forgotten_flow_leaves_no_account() -> None:
    with Run(Wishes(interfaces=("lo",), tap=True)) as run:
        client, server, port = pair()
        client.close()
        server.close()
        flow = run.flow(port)

        def left() -> int:  # others use the interface, too
            found = run.source.programs.changed(0)
            return sum(port in books.unpack_ends(ends)[2::2] for ends, _, _ in found)

        assert left() > 0
        assert run.source.forget(flow)
        assert run.source.forget(flow)  # and is not known any more
        assert left() == 0
        assert run.source.programs.counts()["evicted"] == 0


def test_frames_are_taken_and_flows_open_while_the_counts_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "STEP", 1)
    sizes = (50_000, 80_000)
    with Run(Wishes(interfaces=("lo",)), Reader(most=100)) as run, contextlib.ExitStack() as stack:
        ports = []
        for size in sizes:
            *ends, port = pair()
            ports.append(port)
            for end in ends:
                stack.enter_context(end)
            send(ends[0], ends[1], size)
            steps = run.source.reading()
            assert next(steps, "over") is None
            run.take()
            send(ends[0], ends[1], size)
            run.source.count()  # another may begin before it is over
            assert list(steps)
        assert [run.flow(port).payload_out for port in ports] == [2 * size for size in sizes]


@pytest.mark.parametrize("tap", [False, True])
def test_the_same_ends_again_are_a_flow_of_their_own_with_its_own_counts_and_content(tap: bool) -> None:
    with Run(Wishes(interfaces=("lo",), tap=tap), Reader(most=100)) as run:
        listener = socket.create_server(("127.0.0.1", 0))
        server = listener.getsockname()
        mine = 0
        sizes = (3000, 5000, 7000)
        with listener:
            for size in sizes:
                with socket.socket() as client:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    client.bind(("127.0.0.1", mine))
                    mine = client.getsockname()[1]
                    client.connect(server)
                    accepted, _ = listener.accept()
                    for _ in range(size // 1000):  # more packets than are handed on in any case
                        client.sendall(bytes(1000))
                        accepted.recv(1000, socket.MSG_WAITALL)
                    run.source.count()  # before its SYN, or what ended it, may have been read
                accepted.close()
            seen: dict[int, Flow] = {}
            over: list[Flow] = []
            while batch := run.source.poll(0.05):
                table = run.decoder.decode(batch)
                delta = run.tracker.ingest(table, now=table.time[table.count - 1])
                for flow in delta.opened:
                    seen[flow.number] = flow
                    run.source.opened(flow)
                over += [flow for flow in delta.ended if flow.sport == mine]
                run.source.release(batch)
            run.source.count()
            assert [run.source.forget(flow) for flow in over] == [False, False]
            run.source.count()
            assert all(run.source.forget(flow) for flow in seen.values() if flow.sport == mine)
        found = [flow for flow in seen.values() if flow.sport == mine]
        assert tuple(flow.payload_out for flow in found) == sizes
        assert [flow.ended for flow in over] == ["rst", "rst"]
        assert run.reader.heard[server[1], 0] > 2 * 100 + 1000  # each began anew to be read


def test_accounts_that_had_to_make_room_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "Programs", functools.partial(Programs, sizes={"accounts": 64}))
    with Run(Wishes(interfaces=("lo",), tap=False)) as run:
        run.source.count()
        assert run.source.evicted == 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for port in range(20_000, 21_000):
                sender.sendto(b"x", ("127.0.0.1", port))
        run.source.count()
        assert run.source.evicted >= 1000 - 64 - 128 * (os.cpu_count() or 1)


def test_an_interface_that_is_not_there_is_refused_and_nothing_stays() -> None:
    need_bpf()
    with pytest.raises(CaptureError, match="no such interface"):
        KernelSource(Wishes(interfaces=("nonesuch",)), home=namespace_cookie())


def counted_on_a_wire(spoil: Callable[[KernelSource], None]) -> tuple[Flow, int]:
    """A flow over an interface that comes up while it is watched, and how many datagrams it has."""
    with pair_of_hosts() as (_, left, right):
        left.run("ip", "link", "set", "eth0", "down")
        with right.socket(kind=socket.SOCK_DGRAM) as receiver, left.socket(kind=socket.SOCK_DGRAM) as sender:
            receiver.bind(("10.77.0.2", 0))
            receiver.settimeout(60)
            port = receiver.getsockname()[1]

            def work() -> Flow:
                with Run(Wishes()) as run:
                    spoil(run.source)
                    run.take()
                    left.run("ip", "link", "set", "eth0", "up")
                    wait_for(lambda: run.take() or "eth0" in [each.name for each in run.source.interfaces])
                    for _ in range(5):
                        sender.sendto(b"datagram", ("10.77.0.2", port))
                        receiver.recv(100)
                    run.take()
                    run.source._next_look = 0.0  # now it may look at the interfaces by itself
                    return run.flow(port)

            return left.inside(work), 5


def test_an_interface_that_joins_is_counted_in_one_place_from_its_first_frame_on() -> None:
    def late(source: KernelSource) -> None:
        source._next_look = float("inf")  # the packet sockets hear of it first

    flow, sent = counted_on_a_wire(late)
    assert (flow.packets_out, flow.bytes_out) == (sent, sent * (14 + 20 + 8 + 8))
    assert isinstance(flow.kernel, KernelView)
    assert flow.kernel.attributed_out == sent
    assert flow.interface


def test_where_an_interface_cannot_be_watched_its_packet_socket_alone_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(source: KernelSource) -> None:
        monkeypatch.setattr(source.programs, "place", lambda *_, **__: False)

    flow, sent = counted_on_a_wire(full)
    assert (flow.packets_out, flow.bytes_out) == (sent, sent * (14 + 20 + 8 + 8))


@pytest.mark.parametrize("tap", [True, False])
def test_what_members_of_a_group_receive_is_read_once(tap: bool) -> None:
    group, sent = "239.77.0.2", 6
    with pair_of_hosts() as (_, left, right):
        members = [left.socket(kind=socket.SOCK_DGRAM) for _ in range(3)]
        with contextlib.ExitStack() as stack, right.socket(kind=socket.SOCK_DGRAM) as sender:
            joined = socket.inet_aton(group) + socket.inet_aton("10.77.0.1")
            for one in members:
                stack.enter_context(one).setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind((group, 0 if one is members[0] else members[0].getsockname()[1]))
                one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
                one.settimeout(60)
            port = members[0].getsockname()[1]
            source = socket.inet_aton("10.77.0.2")
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, source)

            def work() -> tuple[int, int]:
                with Run(Wishes(tap=tap, ports=frozenset({(17, port)}))) as run:
                    for _ in range(sent):
                        sender.sendto(b"to all", (group, port))
                        assert {one.recv(100) for one in members} == {b"to all"}
                    flow = run.flow(port)
                    return flow.packets_out, run.reader.heard[port, 0]

            assert left.inside(work) == (sent, sent * 6)


def test_a_stop_ends_the_poll_and_leaves_what_had_come() -> None:
    with Run(Wishes(interfaces=("lo",), tap=True)) as run:
        client, server, _ = pair()
        client.close()
        server.close()
        run.source.stop()
        assert run.source.poll(5.0) is None
        assert sum(batch.count for batch in run.source.batches()) > 0


def test_all_that_had_come_by_a_stop_is_handed_on_also_what_only_counts_tell_of() -> None:
    with Run(Wishes(interfaces=("lo",), tap=True, content=False)) as run:
        run.take()
        count = 5000
        with socket.socket(type=socket.SOCK_DGRAM) as receiver, contextlib.ExitStack() as stack:
            receiver.bind(("127.0.0.1", 0))
            port = receiver.getsockname()[1]
            for _ in range(count // 10):
                sender = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
                for _ in range(10):
                    sender.sendto(b"x", ("127.0.0.1", port))
            run.source.stop()
            for batch in run.source.batches():
                table = run.decoder.decode(batch)
                for flow in run.tracker.ingest(table, now=table.time[table.count - 1]).opened:
                    run.source.opened(flow)
                run.source.release(batch)
            run.source.count()
        found = [flow for flow in run.tracker.active() if flow.dport == port or flow.sport == port]
        assert sum(flow.packets_out + flow.packets_in for flow in found) == count


def test_content_beyond_the_rate_is_counted_by_its_flow() -> None:
    with Run(Wishes(interfaces=("lo",), rate_bytes=1, everything=True)) as run:  # the least there is
        client, server, port = pair()
        with client, server:
            send(client, server, 30_000_000)
            flow = run.flow(port)
        assert isinstance(flow.kernel, KernelView)
        assert flow.kernel.missed > 0
        assert flow.payload_out + flow.payload_in == 30_000_000
