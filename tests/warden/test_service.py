"""The warden's answers; an engine that wants more than it may have, or speaks nonsense."""

from __future__ import annotations

import array
import os
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from procwire.capture.interfaces import interfaces
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.processes.answers import Look
from procwire.processes.keys import Key
from procwire.warden import messages
from procwire.warden.line import Line, pair
from procwire.warden.messages import (
    Answers,
    Found,
    LookUp,
    LookUps,
    Opened,
    OpenKeys,
    OpenRing,
    Refresh,
    Refreshed,
    Refused,
    pack,
)
from procwire.warden.service import MAX_FAULTS, Allowed, Service

ASKED = LookUp(6, b"\x7f\0\0\1", 1, b"\x7f\0\0\1", 2)


class Known:
    """Answers with the port that was asked for."""

    def __init__(self) -> None:
        self.asked: list[Key] = []

    def look(self, key: Key) -> Look:
        self.asked.append(key)
        if key.sport == 13:
            raise OSError(5, "broken")
        return Look(Owner(process=ProcessRef(pid=key.sport, start=1, name="\udcff" * (key.sport == 14)),
                          confidence=EXACT), True)  # fmt: skip

    def refresh(self) -> int:
        return 7

    def addresses(self) -> list[bytes]:
        """See Owners."""
        return [b"\x7f\0\0\1"]


class Engine:
    """The other end."""

    def __init__(self, allowed: Allowed, **more: Any) -> None:
        self.known = Known()
        asking, opening = pair(), pair()
        self.lines = (Line(asking[0]), Line(opening[0]))
        self.sockets = (asking[0], opening[0])
        self.service = Service(
            (Line(asking[1]), Line(opening[1])), more.pop("owners", self.known), allowed, **more
        )
        self.thread = threading.Thread(target=self.service.run, daemon=True)
        self.thread.start()

    def ask(self, data: bytes, line: int = 0) -> messages.Reply:
        self.lines[line].give(data)
        return self.hear(line)

    def hear(self, line: int = 0) -> messages.Reply:
        self.sockets[line].settimeout(60)
        data, self.descriptor = self.lines[line].take()
        return messages.reply(data)


@contextmanager
def engine(allowed: Allowed | None = None, **more: Any) -> Iterator[Engine]:
    made = Engine(allowed or Allowed(), **more)
    yield made
    for line in made.lines:
        line.close()
    made.thread.join(60)
    assert not made.thread.is_alive()
    for line in made.service.lines:
        line.close()


def ring(**more: Any) -> bytes:
    link = next(link for link in interfaces() if link.name == "lo")
    wish = OpenRing(index=link.index, name="lo", hardware=link.hardware, linktype=link.linktype, blocks=4,
                    block_bytes=65536, retire_ms=10)  # fmt: skip
    return pack(structs.replace(wish, **more))


def refused(answer: messages.Reply) -> str:
    assert isinstance(answer, Refused), answer
    return answer.reason


def test_a_question_is_passed_on_whole() -> None:
    with engine() as made:
        made.ask(pack(structs.replace(ASKED, at=5)))
    assert made.known.asked == [Key(6, b"\x7f\0\0\1", 1, b"\x7f\0\0\1", 2, 5)]


def test_owners_that_are_asked_for_together_are_told_in_order() -> None:
    ports = [1, 13, 14, 2]  # broken, and not to be said
    with engine() as made:
        made.lines[0].give(pack(LookUps([structs.replace(ASKED, sport=port) for port in ports])))
        told: list[Found | Refused] = []
        while len(told) < len(ports):
            answer = made.hear()
            assert isinstance(answer, Answers)
            told += answer.each
    pids = [each.owner.process.pid if isinstance(each, Found) and each.owner.process else 0 for each in told]
    assert pids == [1, 0, 0, 2]
    assert [refused(told[1]), refused(told[2])[:24]] == ["broken", "the answer cannot be tol"]
    with engine(owners=None) as made:
        answer = made.ask(pack(LookUps([ASKED])))
        assert isinstance(answer, Answers)
        assert refused(answer.each[0]) == "owners are not looked up"


def test_owners_are_told() -> None:
    with engine() as made:
        found = made.ask(pack(ASKED))
        assert isinstance(found, Found)
        assert found.owner.process is not None
        assert found.owner.process.pid == 1
        assert made.known.asked == [Key(6, b"\x7f\0\0\1", 1, b"\x7f\0\0\1", 2)]
        assert made.ask(pack(Refresh())) == Refreshed(7, [b"\x7f\0\0\1"])


def test_a_ring_comes_as_a_descriptor() -> None:
    with engine() as made:
        assert made.ask(ring(), 1) == Opened()
        with socket.socket(fileno=made.descriptor) as got:
            assert got.family == socket.AF_PACKET
            assert got.getsockname()[0] == "lo"


def test_no_more_is_opened_than_was_agreed_at_the_start() -> None:
    with engine(Allowed(names=("eth9",))) as made:
        assert "not an interface of this watch" in refused(made.ask(ring(), 1))
    with engine(Allowed(ring_bytes=1 << 17)) as made:
        assert "more memory" in refused(made.ask(ring(), 1))
    with engine() as made:
        assert "promiscuous" in refused(made.ask(ring(promiscuous=True), 1))
        assert "another interface" in refused(made.ask(ring(index=4711), 1))
        assert refused(made.ask(ring(name="nosuch0"), 1))
        assert made.descriptor == -1
    with engine(Allowed(rings=False)) as made:
        assert "not an interface" in refused(made.ask(ring(), 1))


def test_what_cannot_be_answered_is_said() -> None:
    with engine(owners=None) as made:
        assert refused(made.ask(pack(ASKED))) == "owners are not looked up"
    with engine() as made:
        assert "broken" in refused(made.ask(pack(structs.replace(ASKED, sport=13))))
        assert "cannot be told" in refused(made.ask(pack(structs.replace(ASKED, sport=14))))
        assert isinstance(made.ask(pack(ASKED)), Found)


def test_nonsense_is_refused_and_then_it_ends() -> None:
    with engine() as made:
        for _ in range(MAX_FAULTS):
            assert "not understood" in refused(made.ask(b"nonsense"))
        made.thread.join(60)
        assert not made.thread.is_alive()
        assert made.known.asked == []


def test_a_descriptor_that_nobody_asked_for_is_closed() -> None:
    with engine() as made:
        reader, writer = os.pipe()
        made.sockets[0].sendmsg(
            [pack(ASKED)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writer]))]
        )
        assert "descriptor" in refused(made.hear())
        os.close(writer)
        assert os.read(reader, 1) == b""  # no writer is left
        os.close(reader)
        assert made.known.asked == []


def test_it_ends_with_its_engine() -> None:
    with engine() as made:
        made.lines[1].close()
        made.thread.join(60)
        assert not made.thread.is_alive()


@pytest.mark.parametrize("seed", range(4))
def test_a_flood_of_junk_neither_ends_it_early_nor_leaks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random, cut, changed, huge: each is answered, and the next honest question, too."""
    monkeypatch.setattr("procwire.warden.service.MAX_FAULTS", 1 << 30)
    choose = random.Random(seed)
    with engine() as made:
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(500):
            junk = bytearray(pack(ASKED))
            for _ in range(choose.randrange(1, 6)):
                junk[choose.randrange(len(junk))] = choose.randrange(256)
            if choose.random() < 0.5:
                junk = bytearray(choose.randbytes(choose.randrange(1, 400)))
            answer = made.ask(bytes(junk))
            assert isinstance(answer, Refused | Found | Refreshed)
        assert isinstance(made.ask(pack(ASKED)), Found)
        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_key_log_that_was_named_is_opened_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    with engine(Allowed(keylog=str(path))) as made:
        assert made.ask(pack(OpenKeys()), 1) == Refused("No such file or directory")
        path.write_text("CLIENT_RANDOM")
        assert isinstance(made.ask(pack(OpenKeys()), 1), Opened)
        with os.fdopen(made.descriptor, encoding="ascii") as file:
            assert file.read() == "CLIENT_RANDOM"
    with engine() as made:
        assert made.ask(pack(OpenKeys()), 1) == Refused("no key log was named at the start")
        assert made.descriptor == -1
