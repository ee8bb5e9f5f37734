"""Two watches on the same packets: one sees them all, one lets the kernel count. The flows are the same."""

from __future__ import annotations

import contextlib
import errno
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from procwire.accounting import source as room
from procwire.accounting import strays
from procwire.accounting.source import AWAY
from procwire.bpf.libbpf import BpfError
from procwire.engine import sources
from procwire.engine.options import EngineError, WatchOptions
from procwire.engine.sources import Chosen, whole
from procwire.model.flow import Flow
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from tests.bpf.kernel import need_bpf, without_capabilities
from tests.lab import Host, pair, wait_for, why_not
from tests.scenes import talk
from tests.scenes.watched import Watch, watch

kernel = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]
SERVER = """
import socket, sys, threading
def serve(connection):
    with connection, connection.makefile("rb") as stream:
        while line := stream.readline():
            while stream.readline().strip(): pass
            size = int(line.split()[1][1:] or 5)
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % size + bytes(size))
            if size == 13: break
listener = socket.create_server((sys.argv[1], 80), backlog=128)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
"""
CLIENT = """
import socket, struct, sys, time
host = sys.argv[1]
def ask(connection, size, name=b"a.test"):
    connection.sendall(b"GET /%d HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n" % (size, name))
    head = b""
    while b"\\r\\n\\r\\n" not in head: head += connection.recv(65536)
    left = size - len(head.partition(b"\\r\\n\\r\\n")[2])
    while left > 0: left -= len(connection.recv(65536))
def connect(port=0, reset=False):
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if reset: made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if port: made.bind(("", port))
    made.connect((host, 80))
    return made
for number in range(40):  # short ones, each with a name of its own
    with connect() as one: ask(one, 13, b"h%d.test" % number)
with connect() as kept:  # one with bodies between the answers
    for number in range(5):
        ask(kept, 1_500_000)
        ask(kept, 40)
for number in range(3):  # the same ends again and again
    with connect(45678, reset=True) as one: ask(one, 30, b"same%d.test" % number)
    time.sleep(0.05)
with socket.socket(type=socket.SOCK_DGRAM) as one:  # nobody listens
    for number in range(500): one.sendto(bytes(400), (host, 9999))
with socket.socket(type=socket.SOCK_DGRAM) as resolver:  # one socket, many questions
    for number in range(200):
        name = b"\\4q%03d\\4test\\0" % number
        head = struct.pack(">6H", number, 256, 1, 0, 0, 0)
        resolver.sendto(head + name + struct.pack(">2H", 1, 1), (host, 53))
"""
RING_BYTES = 64 << 20  # of who must see every packet, on a machine as slow as it may be
SAME = (
    "proto", "src", "src_port", "dst", "dst_port", "direction", "opener", "state", "ended", "interface",
    "packets_out", "packets_in", "bytes_out", "bytes_in", "payload_out", "payload_in", "segments_out",
    "segments_in", "ttl_out", "ttl_in", "app", "app_confidence", "server_name", "gaps", "elsewhere",
    "tcp_flags_out", "tcp_flags_in", "retransmissions_out", "retransmissions_in", "out_of_order_out",
    "out_of_order_in", "duplicate_acks_out", "duplicate_acks_in", "zero_windows_out", "zero_windows_in",
    "keep_alives_out", "keep_alives_in",
)  # fmt: skip


# Where two watches of the same packets may part, by a few:
# - A segment behind the highest one was sent again or overtaken. That is told by the time since the highest
#   moved, and each reads its clock in its own place: near the bound (a round trip) they may say either. Their
#   sum is the same.
# - While a window is closed a probe is one by the window that the other side offered last. Both directions
#   may be handled on two CPUs at once, and then each may see another order.
PARTED = tuple((f"retransmissions_{side}", f"out_of_order_{side}") for side in ("out", "in"))
PROBED = frozenset(f"{name}_{side}" for name in ("duplicate_acks", "keep_alives") for side in ("out", "in"))
OFF_BY = 2


COUNTED = (
    "proto", "src", "src_port", "dst", "dst_port", "state", "packets_out", "packets_in",
    "bytes_out", "bytes_in", "payload_out", "payload_in", "app", "server_name",
)  # fmt: skip


def may_part(left: dict[str, Any], right: dict[str, Any], pair: tuple[str, str]) -> bool:
    """Whether two watches tell of as many, and take a few of them for the other kind."""
    one, other = ([row[name] or 0 for name in pair] for row in (left, right))
    return sum(one) == sum(other) and abs(one[0] - other[0]) <= OFF_BY


def differences(both: list[dict[str, Any]], tap: list[dict[str, Any]]) -> list[str]:
    """What two watches say that is not the same, in words."""
    found = []
    for left, right in zip(both, tap, strict=True):
        parted = {name for pair in PARTED if may_part(left, right, pair) for name in pair}
        if right["zero_windows_out"] or right["zero_windows_in"]:
            parted |= {name for name in PROBED if abs(left[name] - right[name]) <= OFF_BY}
        found += [
            f"port {left['src_port']}: {name} {left[name]}, not {right[name]}"
            for name in SAME
            if left[name] != right[name] and name not in parted
        ]
    return found


def rows(live: Watch) -> list[dict[str, Any]]:
    """The columns that must be the same, of TCP and UDP flows of this scene, by their ends and begin."""
    found = []
    for flow in live.audience.flows():
        if flow.proto in (6, 17) and {80, 53, 9999} & {flow.dport, flow.sport}:
            row = FlowRow(flow, live.audience.context)
            found.append((flow.sport, flow.first, {name: FLOWS.column(name).get(row) for name in SAME}))
    return [line for _, _, line in sorted(found, key=lambda item: item[:2])]


def name_of(row: dict[str, Any]) -> tuple[Any, ...]:
    """The kernel may give one port to two connections that go to different ones."""
    return tuple(row[name] for name in ("proto", "src_port", "dst_port"))


def converse(client: Host, server: Host, address: str) -> None:
    """The scene's traffic."""
    serving = server.start(sys.executable, "-c", SERVER, address, stdout=subprocess.PIPE)
    assert serving.stdout is not None
    assert serving.stdout.readline() == b"ready\n"
    listener = server.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind((address, 53))
    with listener:
        client.run(sys.executable, "-c", CLIENT, address)
    time.sleep(0.3)


@pytest.mark.parametrize("view", ["client", "server", "loopback"])
@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_what_the_kernel_counts_is_what_every_packet_tells(view: str) -> None:
    need_bpf()
    with pair() as (_, client, server):
        here = {"client": client, "server": server, "loopback": client}[view]
        names = ("lo",) if view == "loopback" else ("eth0",)
        every = WatchOptions(owners=False, interfaces=names, source="tap", ring_bytes=RING_BYTES)
        counted = WatchOptions(owners=False, interfaces=names, source="both")
        with watch(here, every) as tap, watch(here, counted) as both:
            assert both.watching is not None
            assert both.watching.source_name == "both"
            if view == "loopback":
                converse(client, client, "127.0.0.1")
            else:
                converse(client, server, talk.SERVER)
    assert tap.watching is not None
    assert tap.watching.source.counts.dropped == 0
    assert len(rows(both)) == len(rows(tap)) == 46
    assert differences(rows(both), rows(tap)) == []
    seen = [Counter(line["table"] for line in live.audience.seen) for live in (both, tap)]
    for table in ("http", "dns"):  # others belong to the link, and begin before either watch does
        assert seen[0][table] == seen[1][table]


def large(live: Watch) -> list[Flow]:
    """The flows so far that had the scene's large answers, wherever on this machine."""
    opened = live.audience.flows("open", everywhere=True)
    return [flow for flow in opened if flow.payload_in > 5 * (1_500_000 + 40)]


@contextlib.contextmanager
def shut_in(host: Host, told: Path) -> Iterator[list[str]]:
    """``procwire watch`` as a user starts it, two processes behind walls; yields what each may still do."""
    words = (sys.executable, "-m", "procwire", "watch", "-i", "eth0", "--json")
    with told.open("wb") as output:
        program = host.start(*words, stdout=output, stderr=subprocess.PIPE)
    assert program.stderr is not None
    try:
        while b"watching" not in (line := program.stderr.readline()):
            assert line, "it ended"
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text(encoding="ascii")
        names = (str(program.pid), *children.split())
        yield [Path(f"/proc/{name}/status").read_text(encoding="ascii") for name in names]
    finally:
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_watch_that_is_shut_in_tells_the_same(tmp_path: Path) -> None:
    need_bpf()
    told = tmp_path / "told"
    with pair() as (_, client, server):
        every = WatchOptions(owners=False, interfaces=("eth0",), source="tap", ring_bytes=RING_BYTES)
        with watch(client, every) as tap, shut_in(client, told) as walls:
            converse(client, server, talk.SERVER)
    assert len(walls) == 2
    assert all("Seccomp:\t2" in status and "NoNewPrivs:\t1" in status for status in walls)
    assert re.search(r"CapEff:\t0+\n", walls[0])
    lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    ended = [line for line in lines if line["event"] == "end" and line.get("dst_port") in (80, 53, 9999)]
    ended.sort(key=lambda line: (line["src_port"], line["start"]))
    seen = [{name: row[name] for name in COUNTED} for row in rows(tap)]
    assert [{name: line.get(name) for name in COUNTED} for line in ended] == seen
    assert {line["source"] for line in ended} == {"both"}
    assert {(line["owner_confidence"], line["owner_source"]) for line in ended} == {("exact", "bpf")}


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_sockets_alone_tell_of_all_that_sockets_took() -> None:
    need_bpf()
    with pair() as (_, client, server):
        every = WatchOptions(owners=False, interfaces=("eth0",), source="tap")
        counted = WatchOptions(owners=False, interfaces=("eth0",), source="bpf")
        with watch(client, every) as tap, watch(client, counted) as alone:
            converse(client, server, talk.SERVER)
    flows = {name_of(row): row for row in rows(alone)}
    for row in rows(tap):
        found = flows[name_of(row)]
        assert found["payload_out"] == row["payload_out"] or row["src_port"] == 45678
        assert abs(found["packets_in"] - row["packets_in"]) <= 2 or row["src_port"] == 45678
        assert found["server_name"] == row["server_name"] or row["src_port"] == 45678


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (WatchOptions(write="x.pcapng"), "--write"),
        (WatchOptions(depth="full"), "--depth full"),
        (WatchOptions(keylog="keys.txt"), "--keylog"),
        (WatchOptions(keylog="keys.txt", source="both"), ""),
        (WatchOptions(capture_filter="tcp"), "capture filter"),
        (WatchOptions(promiscuous=True), "--promiscuous"),
        (WatchOptions(fanout=2), "--fanout"),
        (WatchOptions(depth="full", source="bpf"), ""),
        (WatchOptions(), ""),
    ],
)
def test_what_needs_every_packet_says_so(options: WatchOptions, words: str) -> None:
    assert words in whole(options)
    assert bool(words) == bool(whole(options))


class Tape:
    """Stands in for packet sockets."""

    interfaces: tuple[()] = ()


@pytest.mark.parametrize(
    "error",
    [
        BpfError(errno.EPERM, "bpf_object__load: Operation not permitted"),
        BpfError(errno.ENOENT, "account.bpf.o: No such file or directory"),
        BpfError(errno.ESRCH, "the kernel has no BTF"),
    ],
)
def test_where_the_programs_cannot_run_the_tap_does_and_the_reason_is_told(
    error: BpfError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(sources, "KernelSource", fail)
    monkeypatch.setattr(sources, "_open_tap", lambda _: Tape())
    chosen = Chosen(WatchOptions(source="both"))
    assert (chosen.name, chosen.kernel) == ("tap", None)
    assert chosen.reason
    assert isinstance(chosen.source, Tape)


def test_without_capabilities_both_is_refused_as_the_tap_is() -> None:
    said = without_capabilities(
        "from procwire.engine.options import EngineError, WatchOptions\n"
        "from procwire.engine.sources import Chosen\n"
        "try:\n    Chosen(WatchOptions(source='both'))\n"
        "except EngineError as error:\n    print(error.code, error)\n"
    )
    assert said.startswith("3 ")
    assert "not allowed" in said


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_missing_interface_is_an_error_with_either(tmp_path: Path) -> None:
    for source in ("tap", "both", "bpf"):
        if source != "tap":
            need_bpf()
        with pytest.raises(EngineError, match="no such interface"):
            Chosen(WatchOptions(interfaces=("nonesuch",), source=source))


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
@pytest.mark.parametrize("source", ["both", "tap"])
def test_what_is_not_ip_is_read(source: str) -> None:
    need_bpf()
    with pair() as (_, client, _server), watch(client, WatchOptions(source=source, owners=False)) as live:
        client.run("ip", "neigh", "flush", "all")
        with client.socket(kind=socket.SOCK_DGRAM) as one:
            one.sendto(b"x", (talk.SERVER, 9))
            wait_for(lambda: "arp" in {line["table"] for line in live.audience.seen}, what="ARP")
    told = [line for line in live.audience.seen if line["table"] == "arp"]
    assert {line["message"] for line in told} == {"request", "reply"}


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_what_other_namespaces_have_among_themselves_is_shown_with_its_owner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    need_bpf()
    for place, name in (
        (strays, "STRAYS"),
        (room, "STEP"),
    ):  # one by one: all else goes on in between
        monkeypatch.setattr(place, name, 1)
    with pair() as (lab, client, server):
        third = lab.host("c")
        with watch(third, WatchOptions()) as live, watch(client, WatchOptions()) as near:
            serving = server.start(sys.executable, "-c", SERVER, talk.SERVER, stdout=subprocess.PIPE)
            assert serving.stdout is not None
            assert serving.stdout.readline() == b"ready\n"
            asking = client.start(sys.executable, "-c", CLIENT, talk.SERVER)
            assert asking.wait(60) == 0
            wait_for(lambda: large(live) and large(near), what="the counts of the large answers")
    (same,) = [flow for flow in large(near) if near.audience.context.interface(flow.interface) == "eth0"]
    (kept,) = [flow for flow in large(live) if (flow.sport, flow.dport) == (same.sport, 80)]
    assert (kept.payload_in, kept.payload_out) == (same.payload_in, same.payload_out)
    row = FlowRow(kept, live.audience.context)
    assert FLOWS.column("interface").get(row) == AWAY
    assert FLOWS.column("zero_windows").get(row) is None  # nobody looked
    assert (kept.dport, FLOWS.column("opener").get(row)) == (80, "src")
    assert (kept.app, kept.app_confidence) == ("http", "port-guess")  # nothing of it was read
    assert FLOWS.column("rtt_server").get(row) is None  # no packet of it was shown
    assert FLOWS.column("state").get(row) in {"closed", "established"}
    assert {FLOWS.column("pid").get(FlowRow(flow, near.audience.context)) for flow in (kept, same)} == {
        asking.pid
    }
    mine = {flow.sport for flow in near.audience.flows() if flow.dport == 80}
    here = [flow for flow in near.audience.flows(everywhere=True) if flow.dport == 80 and flow.sport in mine]
    named = {FLOWS.column("interface").get(FlowRow(flow, near.audience.context)) for flow in here}
    assert named == {"eth0"}  # what passes an interface that is watched is not shown twice
