"""A watch of two processes: what each has given up, what they still tell, and what becomes of one alone."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.sandbox.profile import ENGINE, WARDEN
from procwire.sandbox.readback import status
from tests.lab import Host, Lab, wait_for
from tests.scenes.command import Command


@pytest.fixture(name="host")
def _host() -> Iterator[Host]:
    with Lab() as lab:
        yield lab.host("a")


def engine_of(command: Command) -> int:
    """Its process: ``nsenter`` has become it."""
    return command.program.pid


def warden_of(command: Command) -> int:
    pid = engine_of(command)
    wait_for(lambda: Path(f"/proc/{pid}/task/{pid}/children").read_text(), what="the warden")
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def is_over(pid: int) -> bool:
    try:
        return status(pid)["State"].startswith("Z")
    except OSError:
        return True


def talk(host: Host, times: int = 5) -> None:
    code = (
        "import socket\n"
        "s = socket.create_server(('127.0.0.1', 0))\n"
        f"for _ in range({times}):\n"
        "    c = socket.create_connection(s.getsockname()); a, _ = s.accept()\n"
        "    c.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); a.recv(99)\n"
        "    a.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n'); c.recv(99)\n"
        "    c.close(); a.close()\n"
    )
    assert host.start("python3", "-c", code).wait(60) == 0


def test_both_are_confined_and_tell_owners_and_protocols(host: Host, tmp_path: Path) -> None:
    command = Command(host, tmp_path, "--sandbox", "strict")
    guarding = warden_of(command)
    wait_for(
        lambda: status(guarding)["Name"] == WARDEN, what="the warden's walls"
    )  # the engine does not wait
    engine, warden = status(engine_of(command)), status(guarding)
    talk(host)
    wait_for(lambda: any(line.get("app") == "http" for line in command.lines()), what="a flow")
    code, _ = command.end()
    assert code == 0
    assert (engine["Name"], warden["Name"]) == (ENGINE, WARDEN)
    assert "0" not in engine["Uid"].split()
    assert int(engine["CapEff"], 16) == int(engine["CapBnd"], 16) == 0
    assert {engine["Seccomp"], warden["Seccomp"], engine["NoNewPrivs"], warden["NoNewPrivs"]} == {"1", "2"}
    flows = [
        line
        for line in command.lines()
        if line.get("app") == "http" and line["event"] == "end" and line["interface"] == "lo"
    ]
    assert len(flows) == 5
    assert {line["process"] for line in flows} == {"python3"}
    assert {line["owner_confidence"] for line in flows} == {"exact"}


def maps_of(pid: int) -> dict[int, set[int]]:
    """The maps that a process has: how many entries each may have -> how it is open (os.O_RDONLY, O_RDWR)."""
    found: dict[int, set[int]] = {}
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        lines = path.read_text(encoding="ascii").splitlines()
        words = dict(line.split(":", 1) for line in lines if ":" in line)
        if "map_id" in words:
            found.setdefault(int(words["max_entries"]), set()).add(int(words["flags"], 8) & os.O_ACCMODE)
    return found


def test_an_engine_reads_who_has_which_socket_and_cannot_write_it(host: Host, tmp_path: Path) -> None:
    command = Command(host, tmp_path, "--sandbox", "strict")
    talk(host, times=40)
    wait_for(lambda: sum(line.get("event") == "end" for line in command.lines()) >= 40, what="the flows")
    engine, warden = maps_of(engine_of(command)), maps_of(warden_of(command))
    code, _ = command.end()
    assert code == 0
    for entries in (131_072, 16_384):  # names of sockets, and lives: no other map has room for as many
        assert engine[entries] == {os.O_RDONLY}
        assert warden[entries] == {os.O_RDWR}
    assert 8192 in warden  # what processes were called with
    assert 8192 not in engine
    ends = [
        line
        for line in command.lines()
        if line.get("event") == "end" and line.get("app") == "http" and line["interface"] == "lo"
    ]
    assert len(ends) == 40
    assert {(line["process"], line["owner_source"], line["owner_confidence"]) for line in ends} == {
        ("python3", "bpf", "exact")
    }
    assert {line["pid"] for line in ends} == {line["peer_pid"] for line in ends}


def test_an_interface_that_comes_later_is_opened_by_the_warden(host: Host, tmp_path: Path) -> None:
    command = Command(host, tmp_path, "--sandbox", "strict", "--source", "tap")
    host.run("ip", "link", "add", "late0", "type", "veth", "peer", "name", "late1")
    host.run("ip", "addr", "add", "10.9.9.1/24", "dev", "late0")
    for name in ("late0", "late1"):
        host.run("ip", "link", "set", name, "up")
    late = {"late0", "late1"}
    wait_for(
        lambda: late & {str(line.get("interface")) for line in command.lines()}, what="late0", seconds=15
    )
    code, _ = command.end()
    assert code == 0


def _both_end(warden: int, engine: int) -> None:
    wait_for(lambda: is_over(warden) and is_over(engine), what="the end of both")


@pytest.mark.parametrize("victim", ["warden", "engine"])
def test_killed_at_any_moment_the_other_ends_and_says_so(host: Host, tmp_path: Path, victim: str) -> None:
    choose = random.Random(os.getpid())
    for turn in range(2):
        folder = tmp_path / str(turn)
        folder.mkdir()
        command = Command(host, folder)
        engine, warden = engine_of(command), warden_of(command)
        time.sleep(choose.random() / 2)  # any moment
        os.kill(warden if victim == "warden" else engine, signal.SIGKILL)
        code = command.program.wait(60)
        _both_end(warden, engine)
        if victim == "warden":
            assert code == 1
            assert "warden: it has ended" in command.words
            assert "packets seen" in command.words
        else:
            assert code == -signal.SIGKILL
