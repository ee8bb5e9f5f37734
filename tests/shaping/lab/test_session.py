"""Commands on bad networks: the path, the way it ends, what is left (nothing)."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.path import Path as Emulated
from procwire.shaping.emulation.path import PathPlan
from procwire.shaping.impairment import Delay, Effect
from procwire.shaping.lab.session import Session, run
from tests.cli.program import start
from tests.lab import Lab, wait_for
from tests.shaping.emulation.travel import MS
from tests.shaping.lab.place import asking, echo, needs_lab, tunnels

pytestmark = needs_lab
SLOW = Conditions(effect=Effect(delay=Delay(latency_ns=30 * MS)))


def datagrams(family: int = socket.AF_INET) -> socket.socket:
    return socket.socket(family, socket.SOCK_DGRAM)


def test_a_command_reaches_this_host_over_the_path() -> None:
    with echo(datagrams(), "0.0.0.0") as port:
        outcome = run(Session(words=asking("host", port, 20), plan=PathPlan(egress=SLOW, ingress=SLOW)))
    assert outcome.code == 0
    egress, ingress = outcome.path.links["egress"], outcome.path.links["ingress"]
    assert (egress.counts.passed, ingress.counts.passed) == (20, 20)
    assert egress.delays.least >= 30 * MS
    assert (outcome.dropped, outcome.refused) == (0, 0)
    assert outcome.duration_ns >= 60 * MS
    assert not tunnels()


def test_a_wire_reaches_the_command_from_here() -> None:
    """What the command serves, on the address that a watcher is told of."""
    serve = (
        "import socket; one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); one.bind(('0.0.0.0', 4321)); "
        "print(flush=True); data, peer = one.recvfrom(9); one.sendto(data, peer)"
    )
    found: list[str] = []
    answers: list[bytes] = []

    def ask() -> None:
        with datagrams() as asking:
            asking.settimeout(0.1)
            while not answers:
                with contextlib.suppress(OSError):
                    asking.sendto(b"here", (found[0], 4321))
                    answers.append(asking.recv(9))

    def begun(_: object) -> None:
        thread.start()

    thread = threading.Thread(target=ask)
    outcome = run(
        Session(
            words=[sys.executable, "-c", serve], plan=PathPlan(), wire=True, begun=begun,
            told=lambda wiring: found.append(str(wiring.addresses.near.ip)),
        )
    )  # fmt: skip
    thread.join()
    assert (outcome.code, answers) == (0, [b"here"])


def test_loopback_is_this_hosts_where_asked_for() -> None:
    with echo(datagrams(), "127.0.0.1") as port:
        outcome = run(Session(words=asking("127.0.0.1", port), plan=PathPlan(), loopback=True))
    assert outcome.code == 0
    assert outcome.path.links["egress"].counts.passed >= 1


def test_the_other_end_may_be_a_namespace() -> None:
    with Lab() as lab:
        host = lab.host("b")
        with echo(host.inside(lambda: datagrams(socket.AF_INET6)), "::") as port:
            six = run(Session(words=asking("host", port, 3), plan=PathPlan(), other=str(host.path)))
    assert six.code == 0
    assert not tunnels()


# In a process of its own: one thread reads the signals, and any other of a test session would be ended.
SIGNALLED = """
import os, signal
from procwire.shaping.emulation.path import PathPlan
from procwire.shaping.lab.session import Session, run
def begun(command):
    assert command.pid != os.getpid()
    os.kill(os.getpid(), signal.SIGTERM)
outcome = run(Session(words=["sleep", "60"], plan=PathPlan(), begun=begun))
print(outcome.code, [int(number) for number in outcome.signals])
"""


def test_a_signal_for_us_is_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("143 [15]\n", "")


def test_the_path_can_be_changed_meanwhile() -> None:
    down = PathPlan().with_link(up=False)

    def tick(path: Emulated, now: int) -> int | None:
        path.change(down, now=now)
        return None

    with echo(datagrams(), "0.0.0.0") as port:
        words = [word.replace("settimeout(5)", "settimeout(.1)") for word in asking("host", port)]
        outcome = run(Session(words=words, plan=PathPlan(), tick=tick))
    assert outcome.code == 1
    assert outcome.path.links["egress"].counts.outage_drops == 1


def test_a_program_that_is_not_there_leaves_nothing() -> None:
    threads = threading.active_count()
    outcome = run(Session(words=["/no/such/program"], plan=PathPlan()))
    assert (outcome.code, outcome.fault) == (127, "No such file or directory")
    assert threading.active_count() == threads
    assert not tunnels()


def test_nothing_is_left_after_sigkill(tmp_path: Path) -> None:
    """The kernel takes the interface away with the process, and the command is told to end."""
    pid = tmp_path / "pid"
    before = tunnels()
    program = start(
        "shape", "run", "--wire", "--rtt", "20ms", "--", "sh", "-c", f"echo $$ > {pid}; exec sleep 60"
    )
    try:
        wait_for(lambda: pid.exists() and pid.read_text().strip(), what="the command")
        assert tunnels() - before
    finally:
        program.kill()
        program.communicate(timeout=10)
    wait_for(lambda: not tunnels() - before, what="the end of the tunnel")
    wait_for(
        lambda: not Path(f"/proc/{pid.read_text().strip()}/cmdline").exists() or _gone(pid), what="its end"
    )
    assert not tunnels() - before


def _gone(pid: Path) -> bool:
    state = Path(f"/proc/{pid.read_text().strip()}/stat")
    try:
        return state.read_text().split()[2] == "Z"
    except OSError:
        return True


def test_no_program_is_started_but_the_command() -> None:
    """The command's parent is this process: no ip, no nsenter, no shell between."""
    code = f"import os; raise SystemExit(0 if os.getppid() == {os.getpid()} else 1)"
    assert run(Session(words=[sys.executable, "-c", code], plan=PathPlan())).code == 0


def test_descriptors_are_closed() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    run(Session(words=["true"], plan=PathPlan()))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
