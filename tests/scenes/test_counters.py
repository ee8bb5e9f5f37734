"""Packets and bytes of each flow are what the kernel's own counters (nftables) say of its port."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading

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
    subprocess.run(host.words("nft", "-f", "-"), input=rules.encode(), check=True, timeout=10)


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
    done.join(5)


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
