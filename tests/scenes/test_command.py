"""``procwire watch`` as a program: every flow opens and ends once, a stop is quick and loses nothing."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import Host, pair, wait_for, why_not
from tests.scenes import talk
from tests.scenes.command import Command, read_lines

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]
END_SECONDS = 30.0  # usually 0.3; who waits for traffic to end has no end
FLOOD = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(bytes(1000), (sys.argv[1], int(sys.argv[2])))
"""


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    with pair() as (_, client, server):
        yield client, server


def say(client: Host, port: int, count: int = 1) -> None:
    """Datagrams that nobody answers."""
    with client.socket(kind=socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(b"\xff" * 50, (talk.SERVER, port))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_with_every_flow(
    hosts: tuple[Host, Host], tmp_path: Path, number: signal.Signals
) -> None:
    client, server = hosts
    target = tmp_path / "seen.pcapng"
    talk.echo(server, talk.SERVER, 7300)
    command = Command(client, tmp_path, "--write", str(target))
    with client.socket(kind=socket.SOCK_DGRAM) as datagrams:
        talk.exchange(datagrams, (talk.SERVER, 7300), [b"x"])
        wait_for(lambda: command.events(7300), what="the flow")
        for port in range(7301, 7321):
            say(client, port)
        datagrams.sendto(b"y", (talk.SERVER, 7321))  # right before the end, from a socket that is there
        code, seconds = command.end(number)
    assert (code, command.words.splitlines()[-1].split(",")[1]) == (0, " 0 dropped by the kernel")
    assert seconds <= END_SECONDS
    for port in range(7300, 7322):
        assert command.events(port) == ["open", "end"], port
    ends = {line["flow_id"]: line for line in command.lines() if line["event"] == "end"}
    opens = [line["flow_id"] for line in command.lines() if line["event"] == "open"]
    assert sorted(opens) == sorted(ends)
    for port in (7300, 7321):
        (flow,) = [line for line in ends.values() if line.get("dst_port") == port]
        assert (flow.get("pid"), flow["owner_confidence"]) == (os.getpid(), "exact")
    assert all(line.get("process") or line["owner_reason"] for line in ends.values())
    assert {line["flow_id"] for line in read_lines(target)} == set(ends)


def test_traffic_without_end_does_not_keep_it(hosts: tuple[Host, Host], tmp_path: Path) -> None:
    client, server = hosts
    flood = client.start(sys.executable, "-c", FLOOD, talk.SERVER, "7370")
    command = Command(server, tmp_path)
    wait_for(lambda: command.events(7370), what="the flood")
    code, seconds = command.end()
    assert flood.poll() is None
    assert code in {0, 4}
    assert seconds <= END_SECONDS
    assert command.events(7370) == ["open", "end"]
    assert max(line["packets"] for line in command.lines()) > 100


def test_updates_come_while_a_flow_lasts(hosts: tuple[Host, Host], tmp_path: Path) -> None:
    client, server = hosts
    talk.echo(server, talk.SERVER, 7330)
    command = Command(client, tmp_path, "--every", "300ms")
    with client.socket(kind=socket.SOCK_DGRAM) as datagrams:
        talk.exchange(datagrams, (talk.SERVER, 7330), [b"1"])
        wait_for(lambda: command.events(7330).count("update") >= 2, what="two updates")
        talk.exchange(datagrams, (talk.SERVER, 7330), [b"2"])
    assert command.end()[0] == 0
    assert command.events(7330)[0] == "open"
    assert command.events(7330)[-1] == "end"
    assert set(command.events(7330)[1:-1]) == {"update"}
    counts = [line["packets"] for line in command.lines() if line.get("dst_port") == 7330]
    assert counts == sorted(counts)
    assert counts[-1] == 4


def test_silence_ends_a_flow_while_nothing_comes(hosts: tuple[Host, Host], tmp_path: Path) -> None:
    client, _server = hosts
    command = Command(client, tmp_path, "--timeout", "udp=300ms", "-i", "eth0", "--capture-filter", "udp")
    say(client, 7340)
    wait_for(lambda: command.events(7340) == ["open", "end"], what="its end")
    (end,) = [line for line in command.lines() if line["event"] == "end"]
    assert end["ended"] == "timeout"
    assert command.program.poll() is None
    assert command.end()[0] == 0
    assert command.events(7340) == ["open", "end"]


def test_packets_that_found_no_room_are_counted_and_told(hosts: tuple[Host, Host], tmp_path: Path) -> None:
    """The watch is held still while more comes than its small ring can keep."""
    client, server = hosts
    target = tmp_path / "lossy.pcapng"
    command = Command(server, tmp_path, "--ring", "512KiB", "-i", "eth0", "--write", str(target))
    say(client, 7350)
    wait_for(lambda: command.events(7350), what="the first flow")
    command.program.send_signal(signal.SIGSTOP)
    with client.socket(kind=socket.SOCK_DGRAM) as sender:
        for _ in range(2000):
            sender.sendto(bytes(1400), (talk.SERVER, 7351))
    command.program.send_signal(signal.SIGCONT)
    code, _ = command.end()
    assert code == 4
    last = command.words.splitlines()[-1]
    dropped = int(last.split(" dropped by the kernel")[0].rsplit(" ", 1)[1])
    (flow,) = [line for line in command.lines() if line.get("dst_port") == 7351 and line["event"] == "end"]
    assert dropped > 0
    assert flow["packets"] < 2000
    assert flow["packets"] + dropped >= 2000
    assert len([1 for line in read_lines(target) if line.get("dst_port") == 7351]) == 1
    (report,) = read_lines(target, "--summary")
    assert report["drops"] == {"before the capture file": dropped}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("-i", "nowhere0"), 1, "no such interface"),
        (("--write", "/nowhere/x.pcapng"), 1, "/nowhere/x.pcapng: "),
        (("--capture-filter", "udp and ("), 2, "filter"),
        (("--write", "/dev/full"), 1, "/dev/full"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    hosts: tuple[Host, Host], tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    client, _ = hosts
    command = Command(client, tmp_path, *words)
    if command.program.poll() is None:
        say(client, 7360)
        command.program.send_signal(signal.SIGTERM)
    assert command.program.wait(60) == code
    assert said in command.words.splitlines()[-1]
    assert "Traceback" not in command.words
