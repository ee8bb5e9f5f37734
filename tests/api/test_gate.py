"""The door: who is let in, what is carried, and what becomes of who does not read."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.api import gate as room
from procwire.api.gate import Gate, listen, who
from procwire.api.line import BEAT, COME, DRAINED, DROP, HEAR, LEAVE, SAY, packet, unpack, viewer_of
from tests.lab import wait_for


class Door:
    """A gate with a face and an engine's end of its line."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.gate = Gate(listen(self.path))
        self.engine, line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.engine.setblocking(False)
        self.gate.attach(line)

    def face(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(60)
        made.connect(self.path)
        return made

    def heard(self, kind: int) -> tuple[int, bytes]:
        """The next packet of that kind."""

        def look() -> tuple[int, bytes] | None:
            self.gate.poll(0.01)
            try:
                found, face, data = unpack(self.engine.recv(1 << 16))
            except BlockingIOError:
                return None
            return (face, data) if found == kind else None

        found = wait_for(look, what="a packet")
        assert found is not None
        return found

    def turn(self, times: int = 5) -> None:
        for _ in range(times):
            self.gate.poll(0.005)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path / "s")
    yield made
    made.gate.close()
    made.engine.close()


def test_bytes_are_carried_both_ways_with_who_it_is(door: Door) -> None:
    with door.face() as face:
        number, viewer = door.heard(COME)
        assert viewer_of(viewer).uid == os.getuid()
        assert viewer_of(viewer).pid == os.getpid()
        face.sendall(b"hello")
        assert door.heard(HEAR) == (number, b"hello")
        door.engine.send(packet(SAY, number, b"welcome"))
        assert door.heard(DRAINED) == (number, (7).to_bytes(4, "little"))
        assert face.recv(10) == b"welcome"
    assert door.heard(LEAVE)[0] == number
    assert door.gate.guests == 0


def test_a_drop_comes_after_what_was_said(door: Door) -> None:
    with door.face() as face:
        number, _ = door.heard(COME)
        door.engine.send(packet(SAY, number, b"bye"))
        door.engine.send(packet(DROP, number))
        door.turn()
        assert face.recv(10) == b"bye"
        assert face.recv(10) == b""


def test_an_engine_that_overfills_a_face_loses_it(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_HELD", 1 << 19)
    with door.face():
        number, _ = door.heard(COME)
        for _ in range(60):
            door.engine.send(packet(SAY, number, bytes(30_000)))
            door.turn(1)
        assert door.gate.guests == 0


def test_when_the_engine_goes_its_faces_go_and_may_come_again(door: Door) -> None:
    with door.face() as face:
        door.heard(COME)
        door.engine.close()
        door.turn()
        assert face.recv(10) == b""
    with door.face() as again:
        door.turn()
        assert door.gate.guests == 0  # in the queue of the socket, until there is an engine
        door.engine, line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        door.engine.setblocking(False)
        door.gate.attach(line)
        again.sendall(b"x")
        assert door.heard(HEAR)[1] == b"x"


def test_more_than_there_is_room_for_are_turned_away(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_SOCKETS", 2)
    faces = [door.face() for _ in range(3)]
    door.turn(10)
    assert (door.gate.guests, door.gate.turned_away) == (2, 1)
    for face in faces:
        face.close()


def test_a_beat_and_other_descriptors_are_heard(door: Door) -> None:
    beats: list[bytes] = []
    door.gate.beaten = beats.append
    door.engine.send(packet(BEAT, 0, b"well"))
    reader, writer = os.pipe()
    os.write(writer, b"x")
    assert wait_for(lambda: door.gate.poll(0.1, (reader,)), what="the pipe") == [reader]
    door.turn(2)
    assert beats == [b"well"]
    os.close(reader)
    os.close(writer)


def test_sockets_are_made_for_who_may_open_them(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    first = listen(path)
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    with pytest.raises(OSError, match="a daemon listens there already"):
        listen(path)
    first.close()  # as after kill -9: the name stays
    second = listen(path, mode=0o660, group=os.getgid())
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o660
    second.close()
    plain = tmp_path / "file"
    plain.write_text("mine")
    with pytest.raises(OSError, match="no socket"):
        listen(str(plain))
    assert plain.read_text() == "mine"


def test_members_of_the_group_see_all(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert who(ours, -1).all  # the daemon's own user
        monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
        viewer = who(ours, os.getgid())
        assert viewer.all
        if os.getuid():
            assert not who(ours, 4_000_000).all
