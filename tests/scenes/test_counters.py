"""Packets and bytes of each flow are what the kernel's own counters (nftables) say of its port."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable

import pytest

from procwire.bpf.accounts import MAX_LINKS
from procwire.engine.api import WatchOptions
from procwire.model.flow import Flow
from procwire.model.kernel import KernelView
from tests.lab import Host, Lab, need, pair, why_not
from tests.scenes import talk
from tests.scenes.watched import watch

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.skipif(bool(need("nft")), reason="needs nft"),
]
PORT = 7001
ETHERNET = 14  # nftables counts from the IP header on

RULES = """
table inet count {{
  chain into {{ type filter hook prerouting priority -300; {each_in} }}
  chain out {{ type filter hook output priority -300; {each_out} }}
}}
"""


def set_counters(host: Host) -> None:
    """A counter for each transport and each way, of the one port."""
    into = "".join(f"{p} sport {PORT} counter name in_{p}; " for p in ("tcp", "udp"))
    into += "".join(f"{p} dport {PORT} counter name to_{p}; " for p in ("tcp", "udp"))
    out = into.replace("in_", "out_from_").replace("to_", "out_to_")
    names = [f"{way}_{p}" for way in ("in", "to", "out_from", "out_to") for p in ("tcp", "udp")]
    rules = RULES.format(each_in=into, each_out=out)
    declared = "".join(f"counter {name} {{ }}\n" for name in names)
    rules = rules.replace("table inet count {", "table inet count {\n" + declared)
    subprocess.run(host.words("nft", "-f", "-"), input=rules.encode(), check=True, timeout=60)


def counters(host: Host) -> dict[str, tuple[int, int]]:
    """(packets, bytes) of each counter."""
    listed = json.loads(host.run("nft", "-j", "list", "counters"))["nftables"]
    found = [each["counter"] for each in listed if "counter" in each]
    return {each["name"]: (each["packets"], each["bytes"]) for each in found}


def converse(client: socket.socket, listener: socket.socket) -> None:
    """A small TCP conversation with answers, and an orderly end."""
    done = threading.Thread(target=answer, args=(listener,))
    done.start()
    for size in (1, 1000, 40_000):
        client.sendall(size.to_bytes(4, "big") + bytes(size))
        left = size
        while left:
            left -= len(client.recv(left))
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""
    client.close()
    done.join(60)


def answer(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as stream:
        while len(head := stream.read(4)) == 4:
            connection.sendall(stream.read(int.from_bytes(head, "big")))


def check_flow(flow: Flow, out: tuple[int, int], into: tuple[int, int], *, link: int = ETHERNET) -> None:
    """Wire packets and bytes of both sides against (packets, bytes from the IP header on)."""
    assert (flow.packets_out, flow.bytes_out) == (out[0], out[1] + link * out[0])
    assert (flow.packets_in, flow.bytes_in) == (into[0], into[1] + link * into[0])


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, talk.SERVER), (socket.AF_INET6, talk.SERVER6)]
)
@pytest.mark.parametrize("watcher", ["client", "server"])
def test_a_wire_between_two_hosts(family: socket.AddressFamily, address: str, watcher: str) -> None:
    with pair() as (_, client, server):
        set_counters(client)
        talk.echo(server, address, PORT)
        with server.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, PORT))
            listener.listen()
            with watch(client if watcher == "client" else server, WatchOptions(owners=False)) as live:
                with client.socket(family, socket.SOCK_DGRAM) as datagrams:
                    talk.exchange(datagrams, (address, PORT), [bytes(n) for n in (0, 1, 700, 1400)] * 25)
                stream = client.socket(family)
                stream.connect((address, PORT))
                converse(stream, listener)
        counted = counters(client)
    for transport, proto in (("tcp", 6), ("udp", 17)):
        (flow,) = [each for each in live.audience.flows() if each.dport == PORT and each.proto == proto]
        check_flow(flow, counted[f"out_to_{transport}"], counted[f"in_{transport}"])
        assert flow.elsewhere == 0
    assert live.watching is not None
    assert live.watching.source.counts.dropped == 0


@pytest.mark.parametrize("watcher", ["client", "server"])
@pytest.mark.parametrize("source", ["both", "bpf"])
def test_an_interface_whose_index_ends_as_that_of_another_is_counted_once(source: str, watcher: str) -> None:
    loopback = 1 + MAX_LINKS * (50 + os.getpid() % 1000)  # the programs tell interfaces by the low bits first
    with Lab() as lab:
        client, server = lab.host("a"), lab.host("b")
        lab.wire(client, server, index=loopback if watcher == "client" else loopback - 1)
        set_counters(client)
        with server.socket() as listener:
            listener.bind((talk.SERVER, PORT))
            listener.listen()
            options = WatchOptions(owners=False, source=source)
            with watch(client if watcher == "client" else server, options) as live:
                stream = client.socket()
                stream.connect((talk.SERVER, PORT))
                converse(stream, listener)
        counted = counters(client)
    (flow,) = [each for each in live.audience.flows() if each.dport == PORT]
    check_flow(flow, counted["out_to_tcp"], counted["in_tcp"])
    assert isinstance(flow.kernel, KernelView)
    assert (flow.kernel.attributed_out, flow.kernel.source) == (counted["out_to_tcp"][0], source)


def test_loopback_is_counted_once() -> None:
    with pair() as (_, host, _other):
        set_counters(host)
        talk.echo(host, "127.0.0.1", PORT)
        with host.socket() as listener:
            listener.bind(("127.0.0.1", PORT))
            listener.listen()
            with watch(host, WatchOptions(owners=False)) as live:
                with host.socket(kind=socket.SOCK_DGRAM) as datagrams:
                    talk.exchange(datagrams, ("127.0.0.1", PORT), [bytes(9)] * 20)
                stream = host.socket()
                stream.connect(("127.0.0.1", PORT))
                converse(stream, listener)
        counted = counters(host)
    for transport, proto in (("tcp", 6), ("udp", 17)):
        (flow,) = [each for each in live.audience.flows() if each.dport == PORT and each.proto == proto]
        check_flow(flow, counted[f"to_{transport}"], counted[f"in_{transport}"])
        assert counted[f"to_{transport}"] == counted[f"out_to_{transport}"]


def once(source: str, work: Callable[[Host, Host], None], *, proto: int = 17) -> list[Flow]:
    """What a source tells of a host's traffic with another, when it is over."""
    with pair() as (_, host, other):
        with watch(host, WatchOptions(owners=False, source=source)) as live:
            host.inside(lambda: work(host, other))
        return [flow for flow in live.audience.flows() if flow.proto == proto]


SOURCES = pytest.mark.parametrize("source", ["tap", "both", "bpf"])


@SOURCES
def test_a_datagram_in_fragments_is_counted_once(source: str) -> None:
    def work(host: Host, other: Host) -> None:
        with other.socket(kind=socket.SOCK_DGRAM) as receiver, host.socket(kind=socket.SOCK_DGRAM) as sender:
            receiver.bind((talk.SERVER, PORT))
            receiver.settimeout(60)
            for size in (3000, 100, 3000):
                sender.sendto(bytes(size), (talk.SERVER, PORT))
                assert len(receiver.recv(4096)) == size

    (flow,) = once(source, work)
    fragments, datagrams = 2 * 3, 3  # a fragment has 1480 bytes (RFC 791 section 3.2)
    packets = datagrams if source == "bpf" else fragments + 1
    assert (flow.packets_out, flow.packets_in) == (packets, 0)
    assert flow.bytes_out == 6100 + 8 * datagrams + (ETHERNET + 20) * packets
    assert flow.payload_out == 6100


@SOURCES
def test_what_every_member_of_a_group_has_is_counted_once(source: str) -> None:
    group, sent = "239.77.0.1", 7

    def member(host: Host, address: str) -> socket.socket:
        made = host.socket(kind=socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("", PORT))
        joined = socket.inet_aton(group) + socket.inet_aton(address)
        made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        made.settimeout(60)
        return made

    def work(host: Host, other: Host) -> None:
        here, there = "10.77.0.1", talk.SERVER
        with member(host, here) as one, member(host, here) as two, member(other, there) as far:
            for speaker, address in ((one, here), (far, there)):
                speaker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
                for _ in range(sent):
                    speaker.sendto(b"to all", (group, PORT))
                    assert one.recv(100) == two.recv(100) == b"to all"

    flows = [flow for flow in once(source, work) if flow.dport == PORT]
    assert [(flow.packets_out, flow.packets_in) for flow in flows] == 2 * [(sent, 0)]
    assert [flow.bytes_out for flow in flows] == 2 * [sent * (ETHERNET + 20 + 8 + 6)]


@SOURCES
def test_a_raw_socket_s_copy_is_not_counted(source: str) -> None:
    def work(host: Host, other: Host) -> None:
        copies = [socket.socket(socket.AF_INET, socket.SOCK_RAW, proto) for proto in (6, 17)]
        with host.socket(kind=socket.SOCK_DGRAM) as receiver, other.socket(kind=socket.SOCK_DGRAM) as sender:
            receiver.bind(("10.77.0.1", PORT))
            receiver.settimeout(60)
            for _ in range(5):
                sender.sendto(b"datagram", ("10.77.0.1", PORT))
                assert receiver.recv(100) == b"datagram"
        for each in copies:
            each.close()

    (flow,) = once(source, work)
    assert (flow.packets_out, flow.bytes_out) == (5, 5 * (ETHERNET + 20 + 8 + 8))


@SOURCES
def test_what_is_read_whole_on_loopback_is_read_once(source: str) -> None:
    asked = b"\x08\0\x5b\x59\0\x07\0\x01MNOP"  # an echo request (RFC 792) with its checksum

    def work(_host: Host, _other: Host) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
            raw.settimeout(60)
            raw.sendto(asked, ("127.0.0.1", 0))
            while raw.recv(100)[20] != 0:  # an echo reply
                pass

    (flow,) = once(source, work, proto=1)
    assert (flow.packets_out, flow.packets_in) == (1, 1)


def test_a_bridge_that_sees_a_frame_thrice_counts_it_once() -> None:
    with pair() as (lab, client, _server):
        middle = lab.host("m")
        lab.wire(client, middle, net=5, name="left")
        middle.run("ip", "link", "add", "br0", "type", "bridge")
        middle.run("ip", "link", "set", "left", "master", "br0")
        middle.run("ip", "addr", "flush", "dev", "left")
        middle.run("ip", "addr", "add", "10.77.5.2/24", "dev", "br0")
        middle.run("ip", "link", "set", "br0", "up")
        set_counters(client)
        talk.echo(middle, "0.0.0.0", PORT)
        datagrams = client.socket(kind=socket.SOCK_DGRAM)
        with watch(middle, WatchOptions(owners=False)) as live, datagrams:
            talk.exchange(datagrams, ("10.77.5.2", PORT), [bytes(100)] * 20)
        counted = counters(client)
    (flow,) = [each for each in live.audience.flows() if each.dport == PORT]
    check_flow(flow, counted["out_to_udp"], counted["in_udp"])
    assert flow.elsewhere == 40
