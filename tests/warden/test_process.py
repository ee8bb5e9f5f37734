"""Two processes out of one: what each can do, and what becomes of one without the other."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from procwire.capture.interfaces import interfaces
from procwire.capture.opening import RingWish, open_ring
from procwire.processes.answers import Look
from procwire.processes.keys import Key, key_from
from procwire.processes.owners import Owners
from procwire.sandbox import confine, descriptors, limits, profile, python_tree
from procwire.sandbox.plan import STRICT
from procwire.sandbox.readback import status
from procwire.warden.client import Warden, WardenError
from procwire.warden.process import start
from procwire.warden.service import Allowed
from tests.lab import wait_for
from tests.sandbox.child import in_child, refused


def wish() -> RingWish:
    link = next(link for link in interfaces() if link.name == "lo")
    return RingWish(index=link.index, name="lo", hardware=link.hardware, linktype=link.linktype, blocks=4,
                    block_bytes=65536, retire_ms=10)  # fmt: skip


class Prying:
    """In the place of owners: tells what a warden that was talked into something could do."""

    def __init__(self, victim: int) -> None:
        self.victim = victim

    def look(self, key: Key) -> Look:
        steps: list[Any] = [
            lambda: Path("/tmp/procwire-warden-was-here").write_text("x"),
            lambda: Path("/etc/hostname").unlink(),
            lambda: os.execv("/bin/true", ["true"]),
            os.fork,
            lambda: os.kill(1, 0),
            lambda: os.setresuid(1, 1, 1),
            lambda: Path("/tmp").chmod(0o777),
        ]
        raise OSError(0, " ".join(refused(step) or "DONE" for step in steps))

    def refresh(self) -> int:
        """How much of another user's process can be seen."""
        return len(Path(f"/proc/{self.victim}/environ").read_bytes())

    def addresses(self) -> list[bytes]:
        """See Owners."""
        return [b"\x7f\0\0\1"]


@contextmanager
def victim() -> Iterator[int]:
    """A process of another user."""
    pid = os.fork()
    if pid == 0:
        os.setresuid(4711, 4711, 4711)
        signal.pause()
    wait_for(lambda: "4711" in status(pid)["Uid"], what="another user")
    yield pid
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_a_real_owner_is_told_across() -> None:
    warden = start(STRICT, Allowed(), Owners)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        ours, theirs = client.getsockname(), server.getsockname()
        found = warden.owners.look(key_from(6, ours[0], ours[1], theirs[0], theirs[1]))
        assert found.owner.process is not None
        assert found.owner.process.pid == os.getpid()
        assert warden.owners.refresh() >= 0
    with warden.open_ring(wish()) as ring:
        assert ring.getsockname()[0] == "lo"
    shown = status(warden.pid)
    kept = sum(1 << number for number in profile.WARDEN_KEEPS)
    assert {int(shown[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")} == {kept}
    assert (shown["Name"], shown["NoNewPrivs"], shown["Seccomp"]) == (profile.WARDEN, "1", "2")
    warden.close()
    assert not Path(f"/proc/{warden.pid}").exists()


def test_it_reads_what_others_may_not_and_changes_nothing() -> None:
    with victim() as pid:
        warden = start(STRICT, Allowed(), lambda: nullcontext(Prying(pid)))
        assert warden.owners.refresh() > 0
        with pytest.raises(WardenError) as caught:
            warden.owners.look(Key(6, bytes(4), 1, bytes(4), 2))
        assert str(caught.value).split("] ")[-1].split() == ["EPERM"] * 7
        warden.close()


def test_signals_to_the_group_do_not_end_it() -> None:
    warden = start(STRICT, Allowed(), None)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(warden.pid, number)
    with pytest.raises(WardenError, match="owners are not looked up"):
        warden.owners.look(Key(6, bytes(4), 1, bytes(4), 2))
    warden.close()


def test_its_end_is_noticed() -> None:
    warden = start(STRICT, Allowed(), None)
    assert warden.hear()
    os.kill(warden.pid, signal.SIGKILL)
    os.waitpid(warden.pid, 0)
    assert not warden.hear()
    warden.close()


def test_it_ends_when_its_engine_is_killed() -> None:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        warden = start(STRICT, Allowed(), None)
        os.write(writer, str(warden.pid).encode())
        signal.pause()
    warden_pid = int(os.read(reader, 20))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    stat = Path(f"/proc/{warden_pid}/stat")
    wait_for(
        lambda: not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z", what="its end"
    )
    os.close(reader)
    os.close(writer)
    assert not Path(f"/proc/{warden_pid}/fd/0").exists()


def _engine(work: Any) -> Any:
    """``work`` in an engine that holds a ring and has a warden."""
    python_tree.fetch(python_tree.late())
    wanted = wish()

    def inside() -> Any:
        ring = open_ring(wanted)
        warden = start(STRICT, Allowed(), None)
        confine.confine(profile.engine(STRICT))
        return work(ring, warden)

    return in_child(inside)


def test_an_engine_that_was_taken_over_cannot_send_by_the_socket_it_reads_from() -> None:
    """AF_PACKET asks for no right when it is written to: the filter is all there is."""
    wanted = wish()

    def work(ring: socket.socket, warden: Warden) -> list[str]:
        frame, number = bytes(60), ring.fileno()
        another = warden.open_ring(wanted)
        spare = os.dup(number)
        os.close(0)  # is believed to be closed, and is not
        return [
            refused(lambda: os.write(number, frame)),
            refused(lambda: os.writev(number, [frame])),
            refused(lambda: os.pwrite(number, frame, 0)),
            refused(lambda: os.pwritev(number, [frame], 0)),
            refused(lambda: ring.send(frame)),
            refused(lambda: ring.sendmsg([frame])),
            refused(lambda: another.send(frame)),
            refused(lambda: os.write(another.fileno(), frame)),
            refused(lambda: os.write(spare, frame)),
            refused(lambda: os.dup2(number, 1)),
            refused(lambda: os.sendfile(number, 0, 0, 60)),
            refused(lambda: os.splice(0, number, 60)),
            refused(lambda: ring.bind(("lo", 3))),
            refused(lambda: ring.setsockopt(263, 1, bytes(16))),
            refused(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
            "" if another.fileno() > 2 and os.dup(number) > 2 else "laid over",
        ]

    assert _engine(work) == ["EPERM"] * 2 + ["ESPIPE"] + ["EPERM"] * 12 + [""]


def test_an_engine_still_reads_and_says() -> None:
    wanted = wish()

    def work(ring: socket.socket, warden: Warden) -> list[Any]:
        statistics = len(ring.getsockopt(263, 6, 12))
        os.write(2, b"")
        told = ""
        try:
            warden.owners.look(Key(6, bytes(4), 1, bytes(4), 2))
        except WardenError as error:
            told = error.strerror or ""
        with warden.open_ring(wanted) as another:
            name = another.family.name
        warden.close()
        return [statistics, told, name, limits.has_renounced(), os.geteuid() != 0]

    assert _engine(work) == [12, "owners are not looked up", "AF_PACKET", True, True]


def test_the_warden_lets_go_of_packet_sockets() -> None:
    ring = open_ring(wish())
    warden = start(STRICT, Allowed(), None)
    with pytest.raises(WardenError, match="owners are not looked up"):
        warden.owners.look(Key(6, bytes(4), 1, bytes(4), 2))
    held = [link.readlink() for link in Path(f"/proc/{warden.pid}/fd").iterdir()]
    inode = Path(f"/proc/self/fd/{ring.fileno()}").readlink()
    assert inode not in held
    assert ring.fileno() in descriptors.survey().packets
    warden.close()
    ring.close()
