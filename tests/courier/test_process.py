"""The courier in a process of its own: confined, killed, started anew."""

from __future__ import annotations

import os
import random
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from procwire.alerts.dispatch import Dispatcher
from procwire.alerts.outbox import Outbox, Rules
from procwire.courier.client import Courier
from procwire.courier.contract import CourierError
from procwire.courier.hosts import Hosts
from procwire.courier.process import cell, start
from procwire.model.sink import OK, Done, Sink, Work
from procwire.sandbox import landlock
from procwire.sandbox.confine import confine
from procwire.sandbox.plan import BEST_EFFORT, ENFORCED, SECCOMP
from tests.alerts.samples import NOW, SECOND
from tests.alerts.test_outbox import other
from tests.courier.servers import HOST, HttpSink, Listener, item, wait_for
from tests.sandbox.child import in_child, refused


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()]


def answers(courier: Courier, count: int = 1) -> list[Done]:
    found: list[Done] = []

    def enough() -> bool:
        found.extend(courier.hear())
        return len(found) >= count

    wait_for(enough)
    return found


@pytest.fixture
def ended() -> Iterator[list[Courier]]:
    made: list[Courier] = []
    yield made
    for courier in made:
        courier.close()
        assert not Path(f"/proc/{courier.pid}").exists()


def test_delivers_from_its_cell(tmp_path: Path, ended: list[Courier]) -> None:
    file = tmp_path / "out" / "alerts.log"
    file.parent.mkdir()
    with HttpSink(200) as sink:
        name = f"http://localhost:{sink.port}/named"
        sinks = [
            Sink(name="hook", kind="webhook", url=sink.url), Sink(name="named", kind="webhook", url=name),
            Sink(name="file", kind="file", path=str(file)),
        ]  # fmt: skip
        courier = start(BEST_EFFORT, sinks)
        ended.append(courier)
        for n, one in enumerate(sinks, 1):
            courier.send(Work(number=n, sink=one.name, items=(item(n),)))
        found = {done.number: done.results for done in answers(courier, 3)}
    assert found == dict.fromkeys((1, 2, 3), (OK,))
    assert file.read_bytes() == b'{"n":1}\n'
    assert {path for path, _, _ in sink.seen} == {"/in", "/named"}


def confined(sinks: list[Sink], work: Callable[[], Any]) -> Any:
    def inside() -> Any:
        ends = [(HOST, sink.port) for sink in sinks if sink.port]
        confine(cell(BEST_EFFORT, sinks, Hosts(ends)))
        return work()

    return in_child(inside)


def connect(port: int, kind: int = socket.SOCK_STREAM, family: int = socket.AF_INET) -> Any:
    with socket.socket(family, kind) as made:
        made.connect((HOST, port) if family == socket.AF_INET else "/run/x")


def test_its_cell_lets_it_nowhere_else(tmp_path: Path) -> None:
    assert landlock.abi() >= landlock.TCP_SINCE
    secret = tmp_path / "state"
    secret.write_text("x")
    with Listener() as wanted, Listener() as other_port:
        sinks = [Sink(name="s", kind="syslog", host=HOST, port=wanted.port, transport="tcp")]

        def work() -> list[str]:
            return [
                refused(lambda: connect(wanted.port)),
                refused(lambda: connect(other_port.port)),
                refused(lambda: connect(wanted.port, socket.SOCK_DGRAM)),
                refused(lambda: connect(0, socket.SOCK_DGRAM, socket.AF_UNIX)),
                refused(lambda: socket.create_server((HOST, 0))),
                refused(secret.read_text),
                refused(lambda: (tmp_path / "new").write_text("x")),
                refused(lambda: Path("/etc/shadow").read_text()),
                refused(os.fork),
                str(os.geteuid() == 0),
            ]

        found = confined(sinks, work)
    assert found == ["", "EACCES", "EPERM", "EPERM", "EPERM", "EACCES", "EACCES", "EACCES", "EPERM", "False"]


def test_with_files_it_writes_there_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    sinks = [Sink(name="f", kind="file", path=str(tmp_path / "out" / "a"))]

    def work() -> list[Any]:
        return [
            refused(lambda: (tmp_path / "out" / "b").write_text("x")),
            refused(lambda: (tmp_path / "c").write_text("x")),
            refused(lambda: Path("/etc/shadow").read_text()),
            refused(lambda: connect(80)),
        ]

    assert confined(sinks, work) == ["", "EACCES", "EACCES", "EACCES"]


def test_the_filter_is_in_force() -> None:
    found = in_child(
        lambda: [m.state for m in confine(cell(BEST_EFFORT, [], Hosts([]))).measures if m.name == SECCOMP]
    )
    assert found == [ENFORCED]


def test_what_cannot_be_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(CourierError, match=r"sink x: .*No such file"):
        start(BEST_EFFORT, [Sink(name="x", kind="file", path=str(tmp_path / "no" / "such"))])


def test_secrets_of_the_environment_are_taken_out_of_it(
    monkeypatch: pytest.MonkeyPatch, ended: list[Courier]
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "k3y")
    with HttpSink(200) as sink:
        courier = start(BEST_EFFORT, [Sink(name="h", kind="webhook", url=sink.url, secret_env="HOOK_SECRET")])
        ended.append(courier)
        assert "HOOK_SECRET" not in os.environ
        courier.send(Work(number=1, sink="h", items=(item(1),)))
        answers(courier)
    assert sink.seen[0][1]["X-Procwire-Signature"].startswith("v1=")


def test_killed_at_random_nothing_is_lost_and_doubles_are_known(tmp_path: Path, ended: list[Courier]) -> None:
    chance = random.Random(5)
    outbox = Outbox(tmp_path / "alerts.db", {"h": "info"}, Rules(rate=10**6))
    for n in range(150):
        outbox.enqueue(other(n), now=NOW)
    with HttpSink(200) as server:
        sink = Sink(name="h", kind="webhook", url=server.url)
        courier = start(BEST_EFFORT, [sink])
        ended.append(courier)
        dispatcher = Dispatcher(outbox, [sink], courier.send, chance.random)
        now, kills, next_kill = NOW, 0, 20
        while outbox.waiting:
            dispatcher.tick(now)
            for done in answers(courier):
                dispatcher.heard(done, now)
            now += SECOND
            if kills < 4 and len(server.seen) >= next_kill:
                kills, next_kill = kills + 1, next_kill + chance.randint(5, 40)
                dispatcher.tick(now)
                for pid in children(courier.pid):
                    os.kill(pid, signal.SIGKILL)
    keys = [headers["Idempotency-Key"] for _, headers, _ in server.seen]
    bodies = {headers["Idempotency-Key"]: body for _, headers, body in server.seen}
    assert kills == 4
    assert len(set(keys)) == 150
    assert all(bodies[headers["Idempotency-Key"]] == body for _, headers, body in server.seen)
    outbox.close()
