from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from procwire.model.process import EXACT, LISTENER, RECENT, UNKNOWN, Owner
from procwire.processes.keys import Key, key_from
from procwire.processes.owners import FORWARDED, Owners
from tests import lab
from tests.lab import Lab, wait_for
from tests.processes.world import become_nobody, in_child, key_of_socket, line, program, say

needs_lab = pytest.mark.skipif(bool(lab.why_not()), reason=lab.why_not() or "-")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give it up")

CLIENT = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
print(s.getsockname()[1], flush=True)
input()
s.close()
print("closed", flush=True)
input()
"""
SERVER = """
import socket, sys
s = socket.create_server((sys.argv[1], int(sys.argv[2])), family=socket.AF_INET6 if ":" in sys.argv[1] else 2)
print("ready", flush=True)
c, _ = s.accept()
print("accepted", flush=True)
input()
"""
FORKING = """
import os, socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
pid = os.fork()
if pid == 0:
    if len(sys.argv) > 3:
        s.set_inheritable(True)
        os.execvp("sleep", ["sleep", "60"])
    print(os.getpid(), s.getsockname()[1], flush=True)
    input()
elif len(sys.argv) > 3:
    print(pid, s.getsockname()[1], flush=True)
    input()
    os.kill(pid, 9)
os.wait()
"""
RECEIVER = """
import socket, sys
u = socket.socket(socket.AF_UNIX)
u.connect(sys.argv[1])
_, fds, _, _ = socket.recv_fds(u, 1, 4)
print("got", len(fds), flush=True)
input()
"""
UDP_CLIENT = """
import socket, sys
s = socket.socket(type=socket.SOCK_DGRAM)
s.sendto(b"x", (sys.argv[1], int(sys.argv[2])))
print(s.getsockname()[1], flush=True)
input()
"""


class Patient(Owners):
    """Asks again, as the Resolver does: a busy host's descriptors are read a part at a time."""

    def owner(self, key: Key) -> Owner:
        end = time.monotonic() + 1.0
        while not (look := self.look(key)).final and time.monotonic() < end:
            time.sleep(0.01)
        return look.owner


@pytest.fixture
def owners() -> Iterator[Owners]:
    with Patient() as made:
        yield made


def pid_of(found: object) -> int:
    return getattr(found, "pid", 0)


@pytest.mark.parametrize(
    ("bind", "connect"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "127.0.0.1"), ("::", "::1")]
)
def test_a_loopback_connection_has_both_ends(owners: Owners, bind: str, connect: str) -> None:
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.create_server((bind, 0), family=family, dualstack_ipv6=bind == "::") as server:
        port = server.getsockname()[1]
        with program(CLIENT, connect, str(port)) as client:
            key = key_from(6, connect, int(line(client)), connect, port)
            accepted, _ = server.accept()
            with accepted:
                found = owners.owner(key)
                assert (found.confidence, found.peer_confidence, found.side) == (EXACT, EXACT, "src")
                assert (pid_of(found.process), pid_of(found.peer)) == (client.pid, os.getpid())
                assert found.holders == 1
                turned = owners.owner(key.turned())
                assert (pid_of(turned.process), pid_of(turned.peer)) == (os.getpid(), client.pid)


def test_before_the_accept_the_listener_is_named_and_it_is_not_the_last_word(owners: Owners) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(server.getsockname()) as client:
        look = owners.look(key_of_socket(client))
        assert (look.owner.confidence, look.owner.peer_confidence) == (EXACT, LISTENER)
        assert not look.final
        accepted, _ = server.accept()
        accepted.close()


def test_a_connection_that_was_never_made_has_the_listener(owners: Owners) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        look = owners.look(key_from(6, "192.0.2.9", 4000, "127.0.0.1", server.getsockname()[1]))
    assert (look.owner.confidence, look.owner.side) == (LISTENER, "dst")
    assert pid_of(look.owner.process) == os.getpid()
    assert look.owner.reason


def test_a_closed_connection_that_was_known_is_recent(owners: Owners) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with program(CLIENT, "127.0.0.1", str(port)) as client:
            key = key_from(6, "127.0.0.1", int(line(client)), "127.0.0.1", port)
            accepted, _ = server.accept()
            assert owners.refresh() >= 2
            say(client)
            line(client)
            accepted.close()
            found = owners.owner(key)
            assert (found.confidence, pid_of(found.process)) == (RECENT, client.pid)
            pid = client.pid
    found = owners.owner(key)
    assert (found.confidence, pid_of(found.process)) == (RECENT, pid)
    assert found.process is not None
    assert "create_connection" in found.process.cmdline


def test_a_client_that_was_gone_too_soon_is_said_to_be(owners: Owners) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = "import socket,sys; s=socket.create_connection(('127.0.0.1',int(sys.argv[1])))"
        with program(code + "; print(s.getsockname()[1])", str(port)) as client:
            key = key_from(6, "127.0.0.1", int(line(client)), "127.0.0.1", port)
            accepted, _ = server.accept()
            client.wait()
        with accepted:
            found = owners.owner(key)
            assert (found.side, pid_of(found.process), found.confidence) == ("dst", os.getpid(), EXACT)
            assert found.reason
    found = owners.owner(key_from(6, "127.0.0.1", 1, "127.0.0.1", 2))
    assert (found.process, found.confidence) == (None, UNKNOWN)
    assert "gone" in found.reason


def test_udp_connected_and_not(owners: Owners) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        with program(UDP_CLIENT, "127.0.0.1", str(port)) as client:
            key = key_from(17, "127.0.0.1", int(line(client)), "127.0.0.1", port)
            found = owners.owner(key)
            assert (found.confidence, found.peer_confidence) == (EXACT, EXACT)
            assert (pid_of(found.process), pid_of(found.peer)) == (client.pid, os.getpid())
        with socket.socket(type=socket.SOCK_DGRAM) as connected:
            connected.connect(("127.0.0.1", port))
            found = owners.owner(key_of_socket(connected))
            assert (found.confidence, pid_of(found.peer)) == (EXACT, os.getpid())


def test_udp_that_was_known_is_recent(owners: Owners) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as ours:
        ours.bind(("0.0.0.0", 0))
        key = key_from(17, "127.0.0.1", ours.getsockname()[1], "192.0.2.1", 53)
        assert owners.owner(key).confidence == EXACT
    found = owners.owner(key)
    assert (found.confidence, pid_of(found.process)) == (RECENT, os.getpid())


def test_a_reuseport_group_of_two_processes_is_not_exact(owners: Owners) -> None:
    code = """
import socket, sys
s = socket.socket(type=socket.SOCK_DGRAM); s.setsockopt(1, 15, 1); s.bind(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True); input()
"""
    with socket.socket(type=socket.SOCK_DGRAM) as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        ours.bind(("127.0.0.1", 0))
        port = ours.getsockname()[1]
        key = key_from(17, "127.0.0.1", port, "192.0.2.1", 53)
        assert owners.owner(key).confidence == EXACT
        with program(code, str(port)) as other:
            line(other)
            with Owners() as fresh:
                found = fresh.owner(key)
            assert found.confidence == LISTENER
            assert "2 sockets" in found.reason


def test_a_forked_child_has_the_connection_and_the_number_is_said(owners: Owners) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with program(FORKING, "127.0.0.1", str(port)) as started:
            child, local = map(int, line(started).split())
            found = owners.owner(key_from(6, "127.0.0.1", local, "127.0.0.1", port))
            assert (found.confidence, pid_of(found.process), found.holders) == (EXACT, child, 2)


def test_a_child_that_became_another_program_only_inherited_it(owners: Owners) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with program(FORKING, "127.0.0.1", str(port), "exec") as started:
            child, local = map(int, line(started).split())
            wait_for(lambda: Path(f"/proc/{child}/comm").read_text() == "sleep\n", what="the exec")
            found = owners.owner(key_from(6, "127.0.0.1", local, "127.0.0.1", port))
            assert (pid_of(found.process), found.holders) == (started.pid, 2)
            say(started)
            started.wait()


def test_a_descriptor_that_was_passed_on_is_followed(owners: Owners, tmp_path: Path) -> None:
    name = str(tmp_path / "unix")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as door:
        door.bind(name)
        door.listen()
        with program(RECEIVER, name) as started:
            hatch, _ = door.accept()
            ours = socket.create_connection(server.getsockname())
            key = key_of_socket(ours)
            assert pid_of(owners.owner(key).process) == os.getpid()
            socket.send_fds(hatch, [b"x"], [ours.fileno()])
            assert line(started) == "got 1"
            ours.close()
            hatch.close()
            wait_for(lambda: pid_of(owners.owner(key).process) == started.pid, what="the new holder")
            assert owners.owner(key).confidence == EXACT


def test_an_address_of_nobody_here_is_forwarded(owners: Owners) -> None:
    look = owners.look(key_from(6, "192.0.2.1", 1000, "198.51.100.1", 443))
    assert (look.owner.process, look.owner.reason, look.final) == (None, FORWARDED, True)


def test_a_wildcard_listener_does_not_claim_a_remote_port(owners: Owners) -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
        found = owners.owner(key_from(6, "192.0.2.1", 1000, "198.51.100.1", port))
        assert found.process is None


@pytest.mark.parametrize("proto", [0, 1, 2, 47, 50, 58, 132, 255])
def test_any_protocol_has_an_answer(owners: Owners, proto: int) -> None:
    assert owners.owner(key_from(proto, "127.0.0.1", 0, "127.0.0.1", 0)).confidence in (UNKNOWN, LISTENER)
    assert owners.owner(key_from(proto, "::1", 8, "ff02::1", 0)).confidence in (UNKNOWN, LISTENER)


@pytest.mark.kernel
@needs_root
def test_a_raw_socket_s_owner_is_the_taker_of_its_protocol(owners: Owners) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, 253):
        found = owners.owner(key_from(253, "127.0.0.1", 0, "127.0.0.1", 0))
        assert (found.confidence, found.source, pid_of(found.process)) == (LISTENER, "proc", os.getpid())


@pytest.mark.kernel
@needs_root
def test_nobody_is_told_why() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        key = key_of_socket(client)

        def look() -> str:
            for inherited in (server, client, accepted):
                inherited.close()
            become_nobody()
            with socket.create_server(("127.0.0.1", 0)) as own, Owners() as fresh:
                port = own.getsockname()[1]
                mine = fresh.owner(key_from(6, "127.0.0.1", 9, "127.0.0.1", port))
                theirs = fresh.look(key)
                return f"{mine.confidence} {pid_of(mine.process) == os.getpid()} {theirs.owner.reason}"

        said = in_child(look)
        accepted.close()
    assert said == "listener True no permission to read /proc/PID/fd of root's processes"


@pytest.mark.kernel
@needs_lab
@pytest.mark.parametrize("there", ["10.77.0.2", "fd77:0::2"])
def test_hosts_in_other_namespaces(owners: Owners, there: str) -> None:
    with Lab() as place:
        left, right = place.host("a"), place.host("b")
        place.wire(left, right)
        here = there[:-1] + "1"
        pipes = {"stdin": -1, "stdout": -1}
        server = right.start(sys.executable, "-c", SERVER, there, "8080", **pipes)
        assert line(server) == "ready"
        client = left.start(sys.executable, "-c", CLIENT, there, "8080", **pipes)
        key = key_from(6, here, int(line(client)), there, 8080)
        assert line(server) == "accepted"
        found = owners.owner(key)
        assert (found.confidence, found.peer_confidence) == (EXACT, EXACT)
        assert (pid_of(found.process), pid_of(found.peer)) == (client.pid, server.pid)
        assert found.process is not None
        assert found.process.netns == left.path.stat().st_ino
        one_sided = owners.owner(Key(6, key.src, 1, key.dst, 8080))
        assert (one_sided.side, one_sided.confidence, pid_of(one_sided.process)) == (
            "dst",
            LISTENER,
            server.pid,
        )


@pytest.mark.kernel
@needs_lab
def test_a_ping_socket_in_a_namespace(owners: Owners) -> None:
    code = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1)
s.bind(("10.77.0.1", 4711))
print("ready", flush=True); input()
"""
    with Lab() as place:
        left, right = place.host("a"), place.host("b")
        place.wire(left, right)
        left.run("sh", "-c", "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range", check=False)
        started = left.start(sys.executable, "-c", code, stdin=-1, stdout=-1)
        if line(started) != "ready":
            pytest.skip("ping sockets cannot be allowed in this namespace")
        found = owners.owner(key_from(1, "10.77.0.1", 8, "10.77.0.2", 0))
        assert (found.confidence, pid_of(found.process), found.peer) == (EXACT, started.pid, None)
        answer = owners.owner(key_from(1, "10.77.0.2", 3, "10.77.0.1", 3))
        assert answer.process is None
        assert "kernel" in answer.reason


@pytest.mark.kernel
@needs_lab
def test_a_link_local_connection(owners: Owners) -> None:
    with Lab() as place:
        left, right = place.host("a"), place.host("b")
        place.wire(left, right)

        def address_of(host: lab.Host) -> str:
            words = host.run("ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "link", "-tentative")
            return words.split()[3].partition("/")[0] if words else ""

        here, there = (
            wait_for(partial(address_of, host), what="duplicate address detection") for host in (left, right)
        )
        index = right.inside(lambda: socket.if_nametoindex("eth0"))
        server = right.socket(socket.AF_INET6)
        server.bind((there, 8080, 0, index))
        server.listen()
        client = left.socket(socket.AF_INET6)
        client.connect((there, 8080, 0, left.inside(lambda: socket.if_nametoindex("eth0"))))
        accepted, _ = server.accept()
        found = owners.owner(key_from(6, here, client.getsockname()[1], there, 8080))
        for each in (server, client, accepted):
            each.close()
        assert (found.confidence, found.peer_confidence) == (EXACT, EXACT)


@pytest.mark.kernel
@needs_lab
def test_a_forwarding_host_owns_nothing(owners: Owners) -> None:
    with Lab() as place:
        left, right = place.host("a"), place.host("b")
        place.wire(left, right)
        found = owners.owner(key_from(6, "10.77.9.1", 1, "10.77.9.2", 2))
        assert found.reason == FORWARDED


@pytest.mark.kernel
@needs_lab
def test_a_new_namespace_is_found_for_an_unknown_address() -> None:
    with Owners() as owners, Lab() as place:
        left, right = place.host("a"), place.host("b")
        place.wire(left, right, net=3)
        server = left.socket()
        server.bind(("10.77.3.1", 8080))
        server.listen()
        with server:
            found = owners.owner(key_from(6, "198.51.100.1", 1, "10.77.3.1", 8080))
        assert (found.confidence, pid_of(found.process)) == (LISTENER, os.getpid())


def test_all_parts_share_one_process_table() -> None:
    with Owners() as owners:
        assert owners._ends.table is owners.table
        assert owners._ends.holders is owners.holders
