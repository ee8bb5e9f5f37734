"""The engine's side: what it is told, and what it makes of a warden that is odd or gone."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from procwire.capture.opening import RingWish
from procwire.capture.source import CaptureError
from procwire.model.process import EXACT, Executable, Owner, ProcessRef
from procwire.processes.answers import GONE
from procwire.processes.kernel import SOURCE
from procwire.processes.keys import Key
from procwire.processes.notes import Notes
from procwire.warden.client import Warden, WardenError
from procwire.warden.line import Line, pair
from procwire.warden.messages import (
    MOST_TOGETHER,
    Answers,
    Found,
    Learned,
    LookUp,
    LookUps,
    Opened,
    Refreshed,
    Refused,
    Reply,
    pack,
    request,
)

KEY = Key(6, b"\x7f\0\0\1", 1, b"\x7f\0\0\1", 2)
WISH = RingWish(index=1, name="lo", hardware=772, linktype=1, blocks=4, block_bytes=65536, retire_ms=10)
PROGRAM = Owner(
    process=ProcessRef(pid=1, start=2, name="x", executable=Executable(path="/x")), confidence=EXACT
)


class Odd:
    """A warden that says what it is told to."""

    def __init__(self, notes: Notes | None = None) -> None:
        asking, opening = pair(), pair()
        self.theirs = (Line(asking[1]), Line(opening[1]))
        self.warden = Warden(2**22 + 1, Line(asking[0]), Line(opening[0]), notes)

    def says(self, line: int, *replies: Reply | bytes) -> None:
        def answer() -> None:
            self.theirs[line].take()
            for each in replies:
                self.theirs[line].give(each if isinstance(each, bytes) else pack(each))

        threading.Thread(target=answer, daemon=True).start()

    def leaves(self) -> None:
        for line in self.theirs:
            line.close()


def test_answers_are_passed_on() -> None:
    odd = Odd()
    odd.says(0, Found(PROGRAM, True, (1, 0)))
    with odd.warden.ask() as owners:
        assert owners.look(KEY).owner == PROGRAM
        odd.says(0, Refreshed(3))
        assert owners.refresh() == 3
    odd.warden.close()
    odd.warden.close()


@pytest.mark.parametrize("reply", [Refused("no"), Opened(), b"junk"], ids=str)
def test_what_is_no_owner_is_an_error(reply: Reply | bytes) -> None:
    odd = Odd()
    odd.says(0, reply)
    with pytest.raises(WardenError):
        odd.warden.owners.look(KEY)


def test_one_that_is_gone_is_said_to_be() -> None:
    odd = Odd()
    assert odd.warden.hear()
    odd.leaves()
    calls: list[Callable[[], object]] = [lambda: odd.warden.owners.look(KEY), odd.warden.owners.refresh]
    for call in calls:
        with pytest.raises(WardenError, match="the warden has ended"):
            call()
    with pytest.raises(CaptureError, match="lo: "):
        odd.warden.open_ring(WISH)
    assert not odd.warden.hear()


def test_news_fills_what_was_named_also_on_the_way_to_an_answer() -> None:
    odd = Odd()
    odd.says(0, Found(PROGRAM, True, (5, 0)))
    process = odd.warden.owners.look(KEY).owner.process
    assert process is not None
    assert process.executable is not None
    odd.theirs[1].give(pack(Learned({5: Executable(path="/x", sha256="ab")}, {})))
    assert odd.warden.hear()
    assert process.executable.sha256 == "ab"
    odd.says(1, Learned({5: Executable(path="/x", sha256="cd")}, {}), Refused("not today"))
    with pytest.raises(CaptureError, match="not today"):
        odd.warden.open_ring(WISH)
    assert process.executable.sha256 == "cd"


def test_junk_is_no_news_and_a_socket_must_come_with_its_answer() -> None:
    odd = Odd()
    odd.theirs[1].give(b"junk", os.open("/dev/null", os.O_RDONLY))
    assert odd.warden.hear()
    odd.says(1, Opened())
    with pytest.raises(CaptureError, match="the warden says Opened"):
        odd.warden.open_ring(WISH)


def _found(asked: LookUp) -> Found:
    """The port that was asked for, as a pid."""
    process = ProcessRef(pid=asked.sport, start=1, name="x")
    return Found(Owner(process=process, confidence=EXACT), True)


def _served(odd: Odd, count: int) -> None:
    """Answers ``count`` messages; what was asked together, in two parts."""
    for _ in range(count):
        asked = request(odd.theirs[0].take()[0])
        if isinstance(asked, LookUp):
            odd.theirs[0].give(pack(_found(asked)))
            continue
        assert isinstance(asked, LookUps)
        for keys in (asked.keys[:3], asked.keys[3:]):
            if keys:
                odd.theirs[0].give(pack(Answers([_found(key) for key in keys])))


def test_questions_that_are_asked_ahead_are_answered_each_by_its_own() -> None:
    odd = Odd()
    keys = [KEY._replace(sport=number) for number in range(1, 60)]
    threading.Thread(target=_served, args=(odd, 1 + 59 - MOST_TOGETHER + 3), daemon=True).start()
    owners = odd.warden.owners
    owners.ahead(keys)
    pids = [owners.look(key).owner.process for key in keys]
    assert [ref.pid for ref in pids if ref is not None] == list(range(1, 60))
    owners.ahead(keys[:9])
    assert owners.look(keys[0]).owner.process is not None
    found = owners.look(keys[5]).owner.process  # another one than was announced
    assert found is not None
    assert found.pid == 6
    owners.ahead([])
    owners.ahead(keys[1:2])
    found = owners.look(keys[1]).owner.process
    assert found is not None
    assert found.pid == 2


@pytest.mark.parametrize("said", [Answers([]), Answers([Refused("x")] * 3), Refreshed(1)], ids=str)
def test_answers_that_do_not_fit_the_questions_are_an_error(said: Reply) -> None:
    odd = Odd()
    odd.says(0, said)
    owners = odd.warden.owners
    owners.ahead([KEY, KEY._replace(sport=2)])
    with pytest.raises(WardenError, match="the warden says"):
        owners.look(KEY)


def test_one_that_is_refused_leaves_the_others() -> None:
    odd = Odd()
    odd.says(0, Answers([Refused("broken"), Found(PROGRAM, True)]))
    owners = odd.warden.owners
    owners.ahead([KEY, KEY._replace(sport=2)])
    with pytest.raises(WardenError, match="broken"):
        owners.look(KEY)
    assert owners.look(KEY._replace(sport=2)).owner.process == PROGRAM.process


def test_asking_ahead_of_nobody_is_told_when_it_is_asked() -> None:
    odd = Odd()
    odd.leaves()
    odd.warden.owners.ahead([KEY])
    with pytest.raises(WardenError, match="the warden has ended"):
        odd.warden.owners.look(KEY)


def test_what_no_note_is_of_is_lacking_only_where_there_are_notes() -> None:
    class Blank(Notes):
        """In which nothing is noted."""

        def __init__(self) -> None:
            """There are no maps."""

        def socket(self, key: Key) -> None:
            return None

        def close(self) -> None:
            return None

    half = Owner(process=PROGRAM.process, confidence=EXACT, source=SOURCE, side="src", peer_reason=GONE)
    for notes, lacking in ((None, False), (Blank(), True)):
        odd = Odd(notes)
        odd.says(0, Refreshed(1, [b"\x7f\0\0\1"]))
        with odd.warden.ask() as owners:
            owners.refresh()
            assert owners.lacks(KEY, half) is lacking
        odd.warden.close()
