"""Each flow of a program that is known belongs to that program, and what cannot be known says why."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.engine import watching
from procwire.engine.api import WatchOptions
from procwire.model.flow import Flow
from procwire.model.process import EXACT, LISTENER, RECENT, UNKNOWN, Owner
from tests.lab import Host, need, pair, wait_for, why_not
from tests.scenes import talk
from tests.scenes.watched import Watch, owner_of, watch

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]
CALLER = """
import socket, sys, time
kind = socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM
s = socket.create_connection((sys.argv[2], int(sys.argv[3]))) if kind == socket.SOCK_STREAM else None
if s is None:
    s = socket.socket(socket.AF_INET, kind)
    s.connect((sys.argv[2], int(sys.argv[3])))
for _ in range(3):
    s.send(b"hello " + sys.argv[4].encode())
    s.recv(100)
    time.sleep(0.3)
"""
TCP_ECHO = """
import socket, sys
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], int(sys.argv[2]))); s.listen()
held = []
while True:
    c, _ = s.accept(); held.append(c)
    while data := c.recv(100):
        c.send(data)
"""


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    with pair() as (_, client, server):
        yield client, server


def python(host: Host, code: str, *words: str) -> subprocess.Popen[bytes]:
    return host.start(sys.executable, "-c", code, *words)


def one(live: Watch, port: int) -> tuple[Flow, Owner]:
    (flow,) = [each for each in live.audience.flows() if each.dport == port]
    return flow, owner_of(flow)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("watcher", ["client", "server"])
def test_python_client_and_server_in_two_hosts(
    hosts: tuple[Host, Host], transport: str, watcher: str
) -> None:
    """Both namespaces are of this machine: the flow has its client as owner and its server as peer."""
    client, server = hosts
    if transport == "tcp":
        served = python(server, TCP_ECHO, talk.SERVER, "7100")
        wait_for(lambda: server.listening(7100), what="the server")
    else:
        served = talk.echo(server, talk.SERVER, 7100)
    with watch(client if watcher == "client" else server, WatchOptions()) as live:
        caller = python(client, CALLER, transport, talk.SERVER, "7100", "--password=hunter2")
        assert caller.wait(60) == 0
    _, owner = one(live, 7100)
    assert owner.process is not None, owner.reason
    assert (owner.process.pid, owner.confidence, owner.side) == (caller.pid, EXACT, "src")
    assert Path(owner.process.exe).name.startswith("python")
    assert "hunter2" not in owner.process.cmdline
    assert owner.process.cmdline.split()[0] == sys.executable
    assert owner.peer is not None
    assert (owner.peer.pid, owner.peer_confidence) == (served.pid, EXACT)


def test_on_loopback_both_ends_are_known(hosts: tuple[Host, Host]) -> None:
    host, _ = hosts
    served = talk.echo(host, "127.0.0.1", 7101)
    with watch(host, WatchOptions()) as live:
        caller = python(host, CALLER, "udp", "127.0.0.1", "7101", "x")
        assert caller.wait(60) == 0
    _, owner = one(live, 7101)
    assert owner.process is not None
    assert owner.peer is not None
    assert (owner.process.pid, owner.peer.pid) == (caller.pid, served.pid)


@pytest.mark.skipif(bool(need("nginx", "curl")), reason="needs nginx and curl")
def test_curl_and_nginx(hosts: tuple[Host, Host], tmp_path: Path) -> None:
    """A download that takes a while belongs to curl for certain; the server is nginx in any case."""
    client, server = hosts
    scene = talk.scene_of(client.lab, client, server, tmp_path)
    served = talk.nginx(scene)
    with watch(client, WatchOptions()) as live:
        caller = client.start("curl", "-s", "-o", "/dev/null", "--header", "Authorization: Bearer s3cr3t",
                              f"http://{talk.SERVER}/slow/large.bin")  # fmt: skip
        assert caller.wait(60) == 0
    _, owner = one(live, 80)
    assert owner.process is not None
    assert (owner.process.name, owner.process.pid, owner.confidence) == ("curl", caller.pid, EXACT)
    assert owner.process.exe == "/usr/bin/curl"
    assert "s3cr3t" not in owner.process.cmdline
    assert owner.process.cmdline.startswith("curl -s -o /dev/null --header ")
    assert owner.peer is not None
    assert (owner.peer.name, owner.peer.pid) == ("nginx", served.pid)


def no_notes() -> tuple[None, str]:
    return None, "no kernel programs in this test"


@pytest.mark.skipif(bool(need("nginx", "curl")), reason="needs nginx and curl")
@pytest.mark.parametrize("notes", [True, False])
def test_curls_that_are_gone_at_once_are_never_someone_elses(
    hosts: tuple[Host, Host], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notes: bool
) -> None:
    """With the kernel's notes each is named; without them what is said is true or says why not."""
    client, server = hosts
    if not notes:
        monkeypatch.setattr(watching, "opened", no_notes)
    scene = talk.scene_of(client.lab, client, server, tmp_path)
    served = talk.nginx(scene)
    pids = set()
    with watch(client, WatchOptions()) as live:
        for _ in range(10):
            caller = client.start("curl", "-s", "-o", "/dev/null", f"http://{talk.SERVER}/")
            assert caller.wait(60) == 0
            pids.add(caller.pid)
    flows = live.audience.flows()
    owners = [owner_of(flow) for flow in flows if flow.dport == 80]
    assert len(owners) == 10
    if live.watching is not None and live.watching.kernel is not None:
        assert {owner.process.pid for owner in owners if owner.process is not None} == pids
        assert {(owner.side, owner.confidence) for owner in owners} == {("src", EXACT)}
    for owner in owners:
        if owner.process is None:
            assert (owner.confidence, bool(owner.reason)) == (UNKNOWN, True)
        elif owner.side == "src":
            assert owner.process.pid in pids
            assert owner.confidence in {EXACT, RECENT}
        else:
            assert owner.process.pid == served.pid
            assert owner.reason or owner.confidence in {EXACT, RECENT, LISTENER}


def test_a_server_that_was_there_before_is_known(hosts: tuple[Host, Host]) -> None:
    """A connection that was open before the watch began."""
    client, server = hosts
    served = python(server, TCP_ECHO, talk.SERVER, "7102")
    wait_for(lambda: server.listening(7102), what="the server")
    with client.socket() as stream:
        stream.connect((talk.SERVER, 7102))
        stream.sendall(b"before")
        assert stream.recv(10) == b"before"
        with watch(server, WatchOptions()) as live:
            stream.sendall(b"during")
            assert stream.recv(10) == b"during"
    (flow,) = [each for each in live.audience.flows() if 7102 in (each.sport, each.dport)]
    owner = owner_of(flow)
    assert not flow.opener_seen
    assert owner.process is not None
    assert owner.peer is not None
    assert served.pid in {owner.process.pid, owner.peer.pid}


def test_what_the_kernel_does_itself_says_so(hosts: tuple[Host, Host]) -> None:
    client, server = hosts
    with watch(server, WatchOptions()) as live, client.socket(kind=socket.SOCK_DGRAM) as nobody:
        nobody.connect((talk.SERVER, 9))  # port unreachable
        nobody.send(b"x")
        with pytest.raises(ConnectionRefusedError):
            nobody.recv(1)
    errors = [owner_of(flow) for flow in live.audience.flows() if flow.proto == 1]
    assert errors
    assert all(owner.process is None and owner.reason for owner in errors)


def test_without_owners_none_is_claimed(hosts: tuple[Host, Host]) -> None:
    client, server = hosts
    talk.echo(server, talk.SERVER, 7103)
    datagrams = client.socket(kind=socket.SOCK_DGRAM)
    with watch(client, WatchOptions(owners=False)) as live, datagrams:
        talk.exchange(datagrams, (talk.SERVER, 7103), [b"x"])
    _, owner = one(live, 7103)
    assert (owner.process, owner.confidence, owner.reason) == (None, UNKNOWN, "not looked up")
