from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from procwire.bpf.libbpf import BpfError
from procwire.bpf.loader import read_object
from procwire.model.process import EXACT, LISTENER, RECENT, UNKNOWN, Owner
from procwire.processes import kernel, procfs
from procwire.processes.claims import Claim
from procwire.processes.ends import Ends
from procwire.processes.kernel import CONTESTED, INJECTED, REFUSED, SELF_MADE, SOURCE, UNUSED, KernelOwners
from procwire.processes.keys import Key, key_from
from procwire.processes.namespaces import Namespaces
from procwire.processes.notes import CLOSED_NS, NEAR_NS
from procwire.processes.owners import Owners
from tests.bpf.kernel import need_bpf, without_capabilities
from tests.lab import Host, pair, wait_for
from tests.processes.world import key_of_socket

pytestmark = pytest.mark.kernel
BURST = 200
SO_COOKIE = 57
TCP, UDP, UDPLITE = 6, 17, 136


@pytest.fixture(scope="module")
def source() -> Iterator[KernelOwners]:
    need_bpf()
    with KernelOwners() as opened:
        yield opened


@pytest.fixture
def owners(source: KernelOwners) -> Iterator[Owners]:
    with Owners(origins=[source]) as opened:
        yield opened


class Short(NamedTuple):
    """What a short-lived process said of itself."""

    pid: int
    port: int


def forked(work: Callable[[], int]) -> Short:
    """Run ``work`` in a forked process that ends at once; it returns its local port."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            os.write(writer, str(work()).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    port = int(os.read(reader, 64))
    os.close(reader)
    return Short(pid, port)


def connecting(family: int, host: str, port: int, kind: int = socket.SOCK_STREAM) -> Callable[[], int]:
    def work() -> int:
        with socket.socket(family, kind) as ours:
            ours.connect((host, port))
            ours.send(b"x")
            return int(ours.getsockname()[1])

    return work


def sending(family: int, host: str, port: int) -> Callable[[], int]:
    def work() -> int:
        with socket.socket(family, socket.SOCK_DGRAM) as ours:
            ours.sendto(b"x", (host, port))
            return int(ours.getsockname()[1])

    return work


FORKER = """
import os, socket, sys
family, kind, port, connected, count = map(int, sys.argv[2:])
host = sys.argv[1]
for _ in range(count):
    pid = os.fork()
    if pid == 0:
        ours = socket.socket(family, kind)
        if connected:
            ours.connect((host, port))
            ours.send(b"x")
        else:
            ours.sendto(b"x", (host, port))
        os.write(1, f"{os.getpid()} {ours.getsockname()[1]}\\n".encode())
        os._exit(0)
    os.waitpid(pid, 0)
"""


def a_burst(family: int, host: str, port: int, way: str) -> tuple[int, list[Short]]:
    """Short-lived processes, one after another, of a small parent, which forks fast; its pid, and they."""
    kind = socket.SOCK_STREAM if way == "tcp" else socket.SOCK_DGRAM
    words = [host, *map(str, map(int, (family, kind, port, way != "udp-unconnected", BURST)))]
    command = [sys.executable, "-S", "-c", FORKER, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        told, _ = parent.communicate(timeout=60)
    assert parent.returncode == 0
    return parent.pid, [Short(*map(int, line.split())) for line in told.splitlines()]


def check_named(found: Owner, pid: int) -> None:
    assert found.process is not None, found.reason
    assert (found.process.pid, found.confidence, found.source) == (pid, EXACT, SOURCE)
    assert found.process.start > 0


@contextlib.contextmanager
def sink(family: int, host: str, kind: int = socket.SOCK_STREAM) -> Iterator[int]:
    """A socket that takes connections or datagrams; its port."""
    with socket.socket(family, kind) as ours:
        ours.bind((host, 0))
        if kind == socket.SOCK_STREAM:
            ours.listen(BURST * 2)
        yield ours.getsockname()[1]


FAMILIES = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]


@pytest.mark.parametrize(("family", "host"), FAMILIES)
@pytest.mark.parametrize("way", ["tcp", "udp-connected", "udp-unconnected"])
def test_every_process_of_a_burst_is_named_after_it_is_gone(
    owners: Owners, family: int, host: str, way: str
) -> None:
    proto, kind = (TCP, socket.SOCK_STREAM) if way == "tcp" else (UDP, socket.SOCK_DGRAM)
    with sink(family, host, kind) as port:
        parent, burst = a_burst(family, host, port, way)
        assert len(burst) == BURST
        assert not any(Path(f"/proc/{each.pid}").exists() for each in burst)
        # A port may have been used again: then the flow is the later one's.
        for number, pid in {each.port: each.pid for each in burst}.items():
            found = owners.owner(key_from(proto, host, number, host, port))
            check_named(found, pid)
            assert found.side == "src"
            assert found.process is not None
            assert found.process.ppid == parent
            assert found.process.exe == procfs.link("/proc/self/exe"), (
                "a forked process is what its parent is"
            )


def test_a_program_that_is_gone_keeps_its_name_arguments_parent_and_user(owners: Owners) -> None:
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("needs bash, whose /dev/tcp makes a connection without another program")
    keys: list[tuple[int, Key]] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = listener.getsockname()
        words = [shell, "-c", f": >/dev/tcp/127.0.0.1/{here[1]}", "--password=hunter2", "x"]
        for _ in range(20):
            program = subprocess.Popen(words)
            accepted, there = listener.accept()
            accepted.close()
            assert program.wait(60) == 0
            keys.append((program.pid, key_from(TCP, there[0], there[1], here[0], here[1])))
    for pid, key in keys:
        found = owners.owner(key)
        check_named(found, pid)
        assert found.process is not None
        assert (found.process.name, found.process.exe) == ("bash", shell)
        assert (found.process.ppid, found.process.uid) == (os.getpid(), os.geteuid())
        assert "--password=***" in found.process.cmdline
        assert "hunter2" not in found.process.cmdline


def test_the_accepting_process_is_named_for_both_ends(owners: Owners) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = listener.getsockname()
        child = forked_server(listener)
        with socket.create_connection(here) as ours:
            assert ours.recv(1) == b"!"
            key = key_of_socket(ours)
        os.waitpid(child, 0)
    found = owners.owner(key)
    check_named(found, os.getpid())
    assert found.peer is not None
    assert (found.peer.pid, found.peer_confidence) == (child, EXACT)


def forked_server(listener: socket.socket) -> int:
    """A child that accepts one connection on an inherited socket, without asking for the peer's address."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            accepted, _ = listener.accept()
            accepted.send(b"!")
        os._exit(0)
    return pid


def test_an_inherited_socket_is_its_users(source: KernelOwners) -> None:
    with sink(socket.AF_INET, "127.0.0.1") as port, socket.create_connection(("127.0.0.1", port)) as ours:
        key = key_of_socket(ours)
        claim = source.lookup(key)
        assert claim is not None
        assert claim.pid == os.getpid()
        child = forked(lambda: ours.send(b"x"))
        claim = source.lookup(key)
        if "sock_send_length" in source.missing:
            pytest.skip(source.missing["sock_send_length"])
        assert claim is not None
        assert claim.pid == child.pid


def test_a_socket_from_before_is_named_once_it_is_used() -> None:
    need_bpf()
    with sink(socket.AF_INET, "127.0.0.1") as port, socket.create_connection(("127.0.0.1", port)) as ours:
        key = key_of_socket(ours)
        with KernelOwners() as source:
            assert source.lookup(key) is None
            with Owners(origins=[source]) as owners:
                assert owners.owner(key).source == "sock-diag"
            ours.send(b"x")
            if source.missing:
                pytest.skip(str(source.missing))
            claim = source.lookup(key)
            assert claim is not None
            assert (claim.pid, claim.confidence) == (os.getpid(), EXACT)


def test_a_connection_that_nobody_accepted_is_its_listeners_and_not_for_certain(source: KernelOwners) -> None:
    with sink(socket.AF_INET, "127.0.0.1") as port, socket.create_connection(("127.0.0.1", port)) as ours:
        key = key_of_socket(ours)
        assert source.lookup(key) is not None
        claim = source.lookup(key.turned())
        assert claim is not None
        assert (claim.pid, claim.confidence, claim.reason) == (os.getpid(), LISTENER, UNUSED)


@pytest.mark.parametrize("bound", ["0.0.0.0", "127.0.0.1", "::"])
def test_a_listener_is_found_under_each_of_its_names(source: KernelOwners, bound: str) -> None:
    family = socket.AF_INET6 if ":" in bound else socket.AF_INET
    with (
        socket.create_server((bound, 0), family=family, dualstack_ipv6=bound == "::") as listener,
        socket.create_connection(("127.0.0.1", listener.getsockname()[1])) as ours,
    ):
        claim = source.lookup(key_of_socket(ours).turned())
    assert claim is not None
    assert (claim.pid, claim.confidence) == (os.getpid(), LISTENER)


def test_a_connection_that_was_only_spliced_and_closed_is_its_listeners(owners: Owners) -> None:
    """accept(2) without an address and splice(2) pass no hook of their own."""
    libc = ctypes.CDLL(None, use_errno=True)
    _, writer = os.pipe()
    with sink(socket.AF_INET, "127.0.0.1") as port, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        here = listener.getsockname()
        child = forked(connecting(socket.AF_INET, "127.0.0.1", here[1]))
        accepted = libc.accept4(listener.fileno(), None, None, 0)
        assert os.splice(accepted, writer, 10) == 1
        os.close(accepted)
        found = owners.owner(key_from(TCP, "127.0.0.1", child.port, "127.0.0.1", here[1]))
        assert port
    check_named(found, child.pid)
    assert found.peer is not None
    assert found.peer.pid == os.getpid()
    assert found.peer_confidence in {LISTENER, RECENT}


def test_a_connection_that_no_socket_took_says_so(source: KernelOwners) -> None:
    with sink(socket.AF_INET, "127.0.0.1") as port:
        pass
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", 0))
        with contextlib.suppress(ConnectionRefusedError):
            ours.connect(("127.0.0.1", port))
        claim = source.lookup(key_from(TCP, "127.0.0.1", port, "127.0.0.1", ours.getsockname()[1]))
    assert claim is not None
    assert (claim.pid, claim.reason) == (0, REFUSED)


def test_what_the_kernel_answers_by_itself_says_so_and_who_asked_is_named(owners: Owners) -> None:
    """Echo requests on loopback: ours, and the answers of the kernel."""
    request = struct.pack("!BBHHH", 8, 0, 0xF7FD, 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as ours:
        ours.sendto(request, ("127.0.0.77", 0))
    asked = owners.owner(key_from(1, "127.0.0.1", 8, "127.0.0.77", 0))
    check_named(asked, os.getpid())
    answered = owners.owner(key_from(1, "127.0.0.77", 0, "127.0.0.1", 0))
    assert (answered.process, answered.reason) == (None, SELF_MADE)


@pytest.mark.parametrize(("family", "host"), FAMILIES)
def test_a_protocol_without_ports_is_its_raw_sockets(owners: Owners, family: int, host: str) -> None:
    def work() -> int:
        with socket.socket(family, socket.SOCK_RAW, 253) as ours:
            ours.sendto(b"x", (host, 0))
        return 1

    child = forked(work)
    check_named(owners.owner(key_from(253, host, 0, host, 0)), child.pid)


def test_udp_lite_is_named(owners: Owners) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE) as sink_socket:
        sink_socket.bind(("127.0.0.1", 0))
        port = sink_socket.getsockname()[1]

        def work() -> int:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE) as ours:
                ours.sendto(b"x", ("127.0.0.1", port))
                return int(ours.getsockname()[1])

        child = forked(work)
        check_named(owners.owner(key_from(UDPLITE, "127.0.0.1", child.port, "127.0.0.1", port)), child.pid)


def injecting(source: str, sport: int, target: str, dport: int) -> Callable[[], int]:
    """A UDP datagram with any source, from a packet socket on loopback."""
    ends = socket.inet_aton(source) + socket.inet_aton(target)
    udp = struct.pack("!HHHH", sport, dport, 9, 0) + b"x"
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, UDP, 0) + ends

    def work() -> int:
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as ours:
            ours.sendto(ip + udp, ("lo", 0x0800))
        return sport

    return work


def test_who_forges_packets_is_named_and_takes_nobodys_name(source: KernelOwners) -> None:
    child = forked(injecting("127.0.0.1", 4, "127.0.0.9", 5))
    claim = source.lookup(key_from(UDP, "127.0.0.1", 4, "127.0.0.9", 5))
    assert claim is not None
    assert (claim.pid, claim.confidence, claim.reason) == (child.pid, EXACT, INJECTED)
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sink(socket.AF_INET, "127.0.0.1", socket.SOCK_DGRAM) as port, datagrams as ours:
        ours.connect(("127.0.0.1", port))
        ours.send(b"x")
        key = key_of_socket(ours)
        forked(injecting("127.0.0.1", key.sport, "127.0.0.1", port))
        claim = source.lookup(key)
    assert claim is not None
    assert (claim.pid, claim.reason) == (os.getpid(), "")


def test_a_socket_that_went_through_an_exec_has_the_new_name(owners: Owners) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = listener.getsockname()
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(BaseException):
                ours = socket.create_connection(here)
                os.dup2(ours.fileno(), 1)
                os.execv("/bin/echo", ["echo", "done"])
            os._exit(1)
        accepted, there = listener.accept()
        with accepted:
            assert accepted.recv(10) == b"done\n"
        os.waitpid(pid, 0)
    found = owners.owner(key_from(TCP, *there, *here))
    check_named(found, pid)
    assert found.process is not None
    assert (found.process.name, Path(found.process.exe).name) == ("echo", "echo")


def test_a_refused_connection_is_named(owners: Owners) -> None:
    with sink(socket.AF_INET, "127.0.0.1") as port:
        pass

    def refused() -> int:
        with socket.socket() as ours:
            ours.bind(("127.0.0.1", 0))
            with contextlib.suppress(ConnectionRefusedError):
                ours.connect(("127.0.0.1", port))
            return int(ours.getsockname()[1])

    child = forked(refused)
    check_named(owners.owner(key_from(TCP, "127.0.0.1", child.port, "127.0.0.1", port)), child.pid)


def test_a_dual_stack_socket_is_found_by_its_ipv4_addresses(source: KernelOwners) -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        port = listener.getsockname()[1]
        with socket.socket(socket.AF_INET6) as ours:
            ours.connect(("::ffff:127.0.0.1", port))
            accepted, _ = listener.accept()
            with accepted:
                key = key_from(TCP, "127.0.0.1", ours.getsockname()[1], "127.0.0.1", port)
                for each in (key, key.turned()):
                    claim = source.lookup(each)
                    assert claim is not None
                    assert claim.pid == os.getpid()


def test_a_server_of_datagrams_is_named_at_its_first(source: KernelOwners) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        server.bind(("127.0.0.1", 0))
        client.sendto(b"x", server.getsockname())
        here, there = client.getsockname()[1], server.getsockname()[1]
        claim = source.lookup(key_from(UDP, "127.0.0.1", there, "127.0.0.1", here))
        assert claim is not None
        assert claim.pid == os.getpid()


def test_processes_in_other_namespaces_are_named(owners: Owners) -> None:
    with pair() as (_, left, right):
        serve_in(right, 7000)
        code = (
            "import socket, os\n"
            "s = socket.create_connection(('10.77.0.2', 7000), 5); s.send(b'x'); s.recv(1)\n"
            "print(os.getpid(), s.getsockname()[1])"
        )
        for _ in range(5):
            pid, port = map(int, left.run(sys.executable, "-S", "-c", code).split())
            found = owners.owner(key_from(TCP, "10.77.0.1", port, "10.77.0.2", 7000))
            check_named(found, pid)
            assert found.peer is not None
            assert (found.peer.pid, found.peer_confidence) == (right.lab.programs[-1].pid, EXACT)


def serve_in(host: Host, port: int) -> None:
    """An echo of one byte for each connection, without keeping any."""
    code = (
        "import socket\n"
        f"l = socket.create_server(('', {port}))\n"
        "while True:\n a, _ = l.accept(); a.send(a.recv(1)); a.close()"
    )
    host.start(sys.executable, "-S", "-c", code)
    wait_for(lambda: host.listening(port), what="the server")


def test_loopback_in_another_namespace_is_not_taken_for_ours(source: KernelOwners) -> None:
    kind = socket.SOCK_DGRAM
    with pair() as (_, left, _b), left.socket(kind=kind) as theirs, left.socket(kind=kind) as sender:
        theirs.bind(("127.0.0.1", 0))
        sender.bind(("127.0.0.1", 0))
        sender.sendto(b"x", theirs.getsockname())
        key = key_from(UDP, *sender.getsockname(), *theirs.getsockname())
        assert source.lookup(key) is None
        assert source.lookup(key.turned()) is None


def test_two_namespaces_with_one_name_are_not_guessed_between(source: KernelOwners) -> None:
    with pair() as (_, left, _a), pair() as (_, other, _b), contextlib.ExitStack() as stack:
        one, two = (stack.enter_context(host.socket(kind=socket.SOCK_DGRAM)) for host in (left, other))
        for each in (one, two):
            each.bind(("10.77.0.1", 7777))
        key = key_from(UDP, "10.77.0.1", 7777, "10.77.0.2", 9)
        one.sendto(b"x", ("10.77.0.2", 9))
        told = source.lookup(key)
        assert told is not None
        assert told.pid == os.getpid()
        two.sendto(b"x", ("10.77.0.2", 9))
        assert source.lookup(key) == Claim(0, 0, UNKNOWN, "bpf", reason=CONTESTED)
        with Namespaces() as namespaces:
            end = Ends(namespaces, origins=[source]).end(key)
        assert (end.process, end.confidence, end.reason) == (None, UNKNOWN, CONTESTED)


@contextlib.contextmanager
def conversation(kind: int, host: Host, peer: Host) -> Iterator[tuple[socket.socket, int, int]]:
    """10.77.0.1:7777 speaks with a peer: its socket, the kernel's number of it, and when it was there."""
    with peer.socket(kind=kind) as listener, host.socket(kind=kind) as made:
        for each in (listener, made):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("10.77.0.2", 7778))
        if kind == socket.SOCK_STREAM:
            listener.listen()
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # no TIME_WAIT
        made.bind(("10.77.0.1", 7777))
        made.connect(("10.77.0.2", 7778))
        made.send(b"x")
        (cookie,) = struct.unpack("=Q", made.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))
        yield made, cookie, moment()


BOUND = """
import socket, time
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    one.bind(("10.77.0.1", 7777)); one.connect(("10.77.0.2", 9)); time.sleep(600)
"""


def test_sock_diag_does_not_guess_between_namespaces_either() -> None:
    key = key_from(UDP, "10.77.0.1", 7777, "10.77.0.2", 9)
    with contextlib.ExitStack() as stack:
        (_, left, _a), (_, other, _b) = (stack.enter_context(pair()) for _ in range(2))
        ours = stack.enter_context(left.socket(kind=socket.SOCK_DGRAM))
        ours.bind(("10.77.0.1", 7777))
        ours.connect(("10.77.0.2", 9))
        owners = stack.enter_context(Owners())
        owners.refresh()
        alone = owners.owner(key).process
        other.start(sys.executable, "-c", BOUND)
        wait_for(lambda: ":7777 " in other.run("ss", "-unH"))
        told = owners.owner(key)
    assert alone is not None
    assert alone.pid == os.getpid()
    assert (told.process, told.confidence) == (None, UNKNOWN)
    assert told.reason == "2 network namespaces have a socket with these ends"


LISTENING = """
import socket, sys, time
with socket.create_server(("10.77.0.1", 7778)) as one:
    print("ready", flush=True); time.sleep(600)
"""


def test_nor_between_the_listeners_of_two_namespaces() -> None:
    key = key_from(TCP, "10.77.0.1", 7778, "10.77.0.2", 9)  # a connection that is over
    with contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(pair())[1] for _ in range(2)]
        owners = stack.enter_context(Owners())
        told, pids = [], []
        for host in hosts:
            server = host.start(sys.executable, "-c", LISTENING, stdout=subprocess.PIPE)
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            pids.append(server.pid)
            owners.refresh()
            told.append(owners.owner(key))
    assert told[0].process is not None
    assert (told[0].process.pid, told[0].confidence) == (pids[0], LISTENER)
    assert (told[1].process, told[1].confidence) == (None, UNKNOWN)
    assert told[1].reason == "2 network namespaces have a socket with these ends"


def moment() -> int:
    """Now, told apart from what came before and what comes after."""
    time.sleep(3 * NEAR_NS / 1e9)
    now = time.time_ns()
    time.sleep(3 * NEAR_NS / 1e9)
    return now


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_of_one_name_in_two_namespaces_the_time_tells_which(source: KernelOwners, kind: int) -> None:
    def told(at: int) -> int | str:
        claim = source.lookup(key._replace(at=at))
        assert claim is not None
        return claim.cookie or claim.reason

    key = key_from(TCP if kind == socket.SOCK_STREAM else UDP, "10.77.0.1", 7777, "10.77.0.2", 7778)
    with contextlib.ExitStack() as stack:
        (_, left, a), (_, other, b) = (stack.enter_context(pair()) for _ in range(2))
        first, one, early = stack.enter_context(conversation(kind, left, a))
        with conversation(kind, other, b) as (_second, two, both):
            assert (told(early), told(both), told(0)) == (one, CONTESTED, CONTESTED)
            first.close()
            late = moment()
            assert (told(early), told(both), told(late), told(0)) == (one, CONTESTED, two, two)
        with conversation(kind, other, b) as (_third, three, last):  # in the namespace that had it last
            assert [told(at) for at in (early, both, late, last)] == [one, CONTESTED, CONTESTED, three]


def test_one_namespace_after_another_has_the_same_name_and_each_flow_its_owner(source: KernelOwners) -> None:
    key = key_from(UDP, "10.77.0.1", 7777, "10.77.0.2", 7778)
    with pair() as (_, left, a), pair() as (_, other, b):
        with conversation(socket.SOCK_DGRAM, left, a) as (_first, one, early):
            pass
        with conversation(socket.SOCK_DGRAM, other, b) as (_second, two, late):
            claims = [source.lookup(key._replace(at=at)) for at in (early, late, 0)]
    assert [claim.cookie for claim in claims if claim is not None] == [one, two, two]


def test_a_closed_socket_is_not_vouched_for_forever() -> None:
    need_bpf()
    later = [0]
    with KernelOwners(clock=lambda: time.monotonic_ns() + later[0]) as source:
        with sink(socket.AF_INET, "127.0.0.1", socket.SOCK_DGRAM) as port:
            child = forked(sending(socket.AF_INET, "127.0.0.1", port))
        key = key_from(UDP, "127.0.0.1", child.port, "127.0.0.1", port)
        assert source.lookup(key) is not None
        later[0] = CLOSED_NS
        assert source.lookup(key) is None


def test_full_maps_forget_the_oldest_and_count(owners: Owners) -> None:
    assert owners is not None
    small = dict.fromkeys(("sockets", "tuples", "processes"), 512)
    with KernelOwners(sizes=small) as source, sink(socket.AF_INET, "127.0.0.1", socket.SOCK_DGRAM) as port:
        last = 0
        for _ in range(2000):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
                ours.sendto(b"x", ("127.0.0.1", port))
                last = ours.getsockname()[1]
        assert source.lookup(key_from(UDP, "127.0.0.1", last, "127.0.0.1", port)) is not None
        counts = source.counts()
    assert counts["sockets"] >= 2000
    assert counts["refused"] == 0


def test_it_does_without_a_tracepoint_that_the_kernel_lacks() -> None:
    need_bpf()
    content = read_object("owners").replace(b"tp_btf/sock_send_length", b"tp_btf/sock_none_length")
    with KernelOwners(content=content) as source:
        assert list(source.missing) == ["sock_none_length"]
        with sink(socket.AF_INET, "127.0.0.1") as port, socket.create_connection(("127.0.0.1", port)) as ours:
            claim = source.lookup(key_of_socket(ours))
        assert claim is not None
        assert claim.pid == os.getpid()


def test_what_it_cannot_know_is_left_to_others(source: KernelOwners) -> None:
    assert source.lookup(key_from(1, "127.0.0.1", 0, "127.0.0.1", 0)) is None
    assert source.lookup(key_from(UDP, "224.0.0.251", 5353, "10.77.0.1", 5353)) is None
    assert source.lookup(key_from(TCP, "192.0.2.1", 1, "192.0.2.2", 2)) is None


def test_after_close_it_knows_nothing_and_raises_nothing() -> None:
    need_bpf()
    source = KernelOwners()
    source.close()
    source.close()
    assert source.lookup(key_from(TCP, "192.0.2.1", 1, "192.0.2.2", 2)) is None


def test_a_corrupt_object_is_refused_with_words() -> None:
    need_bpf()
    with pytest.raises(BpfError, match="ELF"):
        KernelOwners(content=b"\x7fELF" + bytes(64))


def test_why_there_are_no_notes_is_said_and_owners_are_looked_up_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> KernelOwners:
        raise BpfError(1, "no programs today")

    monkeypatch.setattr(kernel, "KernelOwners", refused)
    found, why = kernel.opened()
    assert found is None
    assert "no programs today" in why
    with kernel.looked_up(found, hashes=False) as owners:
        assert owners.refresh() >= 0


def test_without_capabilities_the_owner_still_comes_from_sock_diag() -> None:
    need_bpf()
    said = without_capabilities(
        "import socket, os\n"
        "from procwire.bpf import probe\nfrom procwire.bpf.libbpf import BpfError\n"
        "from procwire.processes.kernel import KernelOwners\n"
        "from procwire.processes.keys import key_from\nfrom procwire.processes.owners import Owners\n"
        "try: KernelOwners()\nexcept BpfError as error: print(probe.explained(error))\n"
        "l = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(l.getsockname())\n"
        "with Owners() as owners:\n"
        " found = owners.owner(key_from(6, *c.getsockname(), *l.getsockname()))\n"
        "print(found.source, found.process.pid == os.getpid())\n"
    )
    assert said.splitlines() == [
        "no right to load BPF programs: CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN",
        "sock-diag True",
    ]


def test_a_look_up_is_quick(source: KernelOwners) -> None:
    with sink(socket.AF_INET, "127.0.0.1") as port, socket.create_connection(("127.0.0.1", port)) as ours:
        key = key_of_socket(ours)
        times = []
        for _ in range(500):
            started = time.perf_counter_ns()
            assert source.lookup(key) is not None
            times.append(time.perf_counter_ns() - started)
    assert sorted(times)[len(times) // 2] < 1_000_000


def test_any_thread_may_look_up(source: KernelOwners) -> None:
    found: list[int] = []
    with sink(socket.AF_INET, "127.0.0.1") as port, socket.create_connection(("127.0.0.1", port)) as ours:
        key = key_of_socket(ours)

        def look() -> None:
            for _ in range(100):
                claim = source.lookup(key)
                found.append(claim.pid if claim is not None else 0)

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [os.getpid()] * 400


def test_a_socket_that_was_made_here_is_known_by_its_number() -> None:
    need_bpf()
    with KernelOwners() as owners, socket.socket(type=socket.SOCK_DGRAM) as one:
        (cookie,) = struct.unpack("=Q", one.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))
        assert owners.knows(cookie)
        assert not owners.knows(cookie + 1_000_000)
