"""Owners by the kernel's notes alone: what they settle, and what somebody else is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from procwire.bpf import records
from procwire.bpf.libbpf import BpfError
from procwire.model.process import EXACT, LISTENER, Glimpse, Owner, ProcessRef
from procwire.processes import procfs
from procwire.processes.answers import GONE, Look
from procwire.processes.kernel import SOURCE
from procwire.processes.keys import Key
from procwire.processes.noted import NotedOwners
from procwire.processes.notes import Noted

HERE, OTHER, AWAY = b"\x0a\0\0\1", b"\x0a\0\0\2", b"\x08\x08\x08\x08"
OUT = Key(6, HERE, 40000, AWAY, 443)
CURL = ProcessRef(pid=7, start=1, name="curl", exe="/usr/bin/curl")
SERVER = ProcessRef(pid=8, start=1, name="nginx", exe="/usr/sbin/nginx")


class Book:
    """Notes that a test has written."""

    def __init__(self) -> None:
        self.sockets: dict[Key, Noted] = {}
        self.lives: dict[int, records.Life] = {}
        self.broken = self.closed = False

    def socket(self, key: Key) -> Noted | None:
        if self.broken:
            raise BpfError(1, "no")
        return self.sockets.get(key)

    def life(self, start: int, tgid: int) -> records.Life:
        return self.lives.get(tgid, records.Life())

    def close(self) -> None:
        self.closed = True

    def note(self, key: Key, pid: int, cookie: int, since: int = 100, how: int = records.CONNECTED) -> None:
        self.sockets[key] = Noted(cookie, records.Owner(pid * 1000, 1, 0, since, pid, 0, how, b"name"))


def told(process: ProcessRef | None, cookie: int, **more: Any) -> Look:
    words = {"confidence": EXACT, "source": SOURCE, "side": "src", "socket": cookie, **more}
    return Look(Owner(process=process, **words), final=True)


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def noted(book: Book) -> NotedOwners:
    made = NotedOwners(book, clock=lambda: 50)  # type: ignore[arg-type]
    made.renew([HERE, OTHER])
    return made


def test_a_process_is_asked_for_once_and_its_next_sockets_are_known(book: Book, noted: NotedOwners) -> None:
    book.note(OUT, 7, cookie=1)
    assert noted.look(OUT) is None
    noted.learn(OUT, told(CURL, 1))
    assert noted.look(OUT) == told(CURL, 1)
    second = OUT._replace(sport=40001)
    book.note(second, 7, cookie=2)
    assert noted.look(second) == told(CURL, 2)


def test_both_ends_are_named_where_both_are_here(book: Book, noted: NotedOwners) -> None:
    key = Key(6, HERE, 40000, OTHER, 80)
    book.note(key, 7, cookie=1)
    assert noted.look(key) is None  # the other end is here, and there is no note of it
    book.note(key.turned(), 8, cookie=2)
    assert noted.look(key) is None
    both = told(CURL, 1, peer=SERVER, peer_confidence=EXACT)
    noted.learn(key, both)
    assert noted.look(key) == both


def test_who_is_called_from_away_is_the_other_end(book: Book, noted: NotedOwners) -> None:
    key = Key(6, AWAY, 5555, HERE, 80)
    book.note(key.turned(), 8, cookie=3, how=records.NAMED)
    assert noted.look(key) is None
    noted.learn(key, told(SERVER, 3, side="dst"))
    assert noted.look(key) == told(SERVER, 3, side="dst")


def test_one_that_became_another_program_or_user_is_asked_for_again(book: Book, noted: NotedOwners) -> None:
    book.note(OUT, 7, cookie=1)
    assert noted.look(OUT) is None
    noted.learn(OUT, told(CURL, 1))
    book.lives[7] = records.Life(200)
    assert noted.look(OUT) is None
    noted.learn(OUT, told(structs.replace(CURL, name="wget"), 1))
    assert noted.look(OUT) == told(structs.replace(CURL, name="wget"), 1)


def test_the_end_of_a_process_is_told(book: Book, noted: NotedOwners) -> None:
    book.note(OUT, 7, cookie=1)
    book.lives[7] = records.Life(90)
    assert noted.look(OUT) is None
    noted.learn(OUT, told(CURL, 1))
    book.lives[7] = records.Life(90, 150)
    look = noted.look(OUT)
    assert look is not None
    assert look.owner.process is not None
    assert look.owner.process.ended > 0
    assert look == noted.look(OUT)


def test_an_older_socket_is_asked_for_as_it_may_have_changed_hands(book: Book, noted: NotedOwners) -> None:
    book.note(OUT, 7, cookie=1)
    assert noted.look(OUT) is None
    noted.learn(OUT, told(CURL, 1))
    older = OUT._replace(sport=40001)
    book.note(older, 7, cookie=2, since=40)  # before all were seen
    assert noted.look(older) is None
    noted.learn(older, told(CURL, 2))
    assert noted.look(older) == told(CURL, 2)
    noted.renew([HERE])
    assert noted.look(older) is None


@pytest.mark.parametrize("how", [records.LISTENED, records.INJECTED])
def test_listeners_and_forgers_are_asked_for(book: Book, noted: NotedOwners, how: int) -> None:
    book.note(OUT, 7, cookie=1, how=how)
    assert noted.look(OUT) is None
    noted.learn(OUT, told(CURL, 1, confidence=LISTENER))
    noted.learn(OUT, told(CURL, 1))
    assert noted.look(OUT) is None


def test_what_is_not_of_this_socket_or_not_whole_is_not_learned(book: Book, noted: NotedOwners) -> None:
    book.note(OUT, 7, cookie=1)
    for answer in (
        told(structs.replace(CURL, pid=9), 1),  # an heir
        told(CURL, 2),
        told(structs.replace(CURL, exe=""), 1),  # read on its way out
        told(CURL, 1, source="sock-diag"),
        told(CURL, 1)._replace(final=False),
        told(None, 1),
    ):
        assert noted.look(OUT) is None
        noted.learn(OUT, answer)
    assert noted.look(OUT) is None


def test_all_is_asked_where_addresses_ports_or_notes_are_not_known(book: Book, noted: NotedOwners) -> None:
    book.note(OUT, 7, cookie=1)
    assert noted.look(OUT) is None
    noted.learn(OUT, told(CURL, 1))
    ping = OUT._replace(proto=1)
    group = OUT._replace(dst=b"\xe0\0\0\1")
    book.note(ping, 7, cookie=1)
    book.note(group, 7, cookie=1)
    assert noted.look(ping) is noted.look(group) is None
    book.broken = True
    assert noted.look(OUT) is None
    book.broken = False
    assert noted.look(OUT) is not None
    noted.renew([])
    assert noted.look(OUT) is None
    noted.close()
    assert book.closed


def glimpsed(noted: NotedOwners, key: Key) -> tuple[str, int, str, int, bool] | None:
    """Side, pid and name of who it is, pid of the other end, and whether that is all."""
    look = noted.glimpse(key)
    if look is None:
        return None
    owner = look.owner
    assert owner.process is not None
    assert isinstance(owner, Glimpse) is not look.final
    other = owner.peer.pid if owner.peer is not None else 0
    return owner.side, owner.process.pid, owner.process.name, other, look.final


def test_who_is_not_known_yet_is_glimpsed_by_name(book: Book, noted: NotedOwners) -> None:
    book.note(OUT, 7, cookie=1)
    look = noted.glimpse(OUT)
    assert look is not None
    process = look.owner.process
    assert process is not None
    assert (look.owner.confidence, look.owner.socket, process.uid, process.exe) == (EXACT, 1, 0, "")
    assert process.start > 0
    assert glimpsed(noted, OUT) == ("src", 7, "name", 0, False)
    noted.learn(OUT, told(CURL, 1))
    assert noted.look(OUT) is None, "nobody asked, so nothing was learned"
    noted.learn(OUT, told(CURL, 1))
    assert glimpsed(noted, OUT) == ("src", 7, "curl", 0, True)


def test_both_ends_are_glimpsed_and_who_opened_it_comes_first(book: Book, noted: NotedOwners) -> None:
    key = Key(6, HERE, 40000, OTHER, 80)
    book.note(key.turned(), 8, cookie=2)
    assert glimpsed(noted, key) is None, "src is of this host, and nothing is noted of it"
    book.note(key, 7, cookie=1)
    assert glimpsed(noted, key) == ("src", 7, "name", 8, False)
    incoming = Key(6, AWAY, 5555, HERE, 80)
    book.note(incoming.turned(), 8, cookie=3, how=records.NAMED)
    assert glimpsed(noted, incoming) == ("dst", 8, "name", 0, False)


def test_what_is_not_certain_is_not_glimpsed(book: Book, noted: NotedOwners) -> None:
    book.note(OUT, 7, cookie=1, since=40)  # older than the last look at all: it may have changed hands
    assert glimpsed(noted, OUT) is None
    book.note(OUT, 7, cookie=1, how=records.LISTENED)
    assert glimpsed(noted, OUT) is None
    book.note(OUT, 7, cookie=1)
    book.lives[7] = records.Life(200)  # another program since, whose name was not noted here
    assert glimpsed(noted, OUT) is None
    book.lives[7] = records.Life(90, 150)
    look = noted.glimpse(OUT)
    assert look is not None
    assert look.owner.process is not None
    assert look.owner.process.ended > 0
    book.broken = True
    assert glimpsed(noted, OUT) is None
    book.broken = False
    noted.renew([])
    assert glimpsed(noted, OUT) is None


def test_an_answer_stands_until_something_else_is_noted_of_its_socket(book: Book, noted: NotedOwners) -> None:
    begun = procfs.start_ns(noted._boot, procfs.ticks(7000))
    curl = ProcessRef(pid=7, start=begun, name="curl")
    answer = told(curl, 1).owner
    assert not noted.stands(OUT, answer), "there is no note"
    book.note(OUT, 7, cookie=1)
    assert noted.stands(OUT, answer)
    assert noted.stands(OUT.turned(), told(curl, 1, side="dst").owner)
    for other in (
        structs.replace(answer, socket=2),
        structs.replace(answer, process=None),
        structs.replace(answer, process=ProcessRef(pid=7, start=begun + 10**9, name="curl")),
    ):
        assert not noted.stands(OUT, other)
    book.lives[7] = records.Life(executed=200)
    assert not noted.stands(OUT, answer), "it has become another program"
    book.lives.clear()
    book.note(OUT, 8, cookie=1)
    assert not noted.stands(OUT, answer), "another uses it"
    book.note(OUT, 7, cookie=1, since=40)
    assert not noted.stands(OUT, answer), "it may have been passed on before all sockets were seen last"
    book.broken = True
    assert not noted.stands(OUT, answer)


def test_a_flow_lacks_its_other_end_until_a_socket_of_it_is_noted(book: Book, noted: NotedOwners) -> None:
    key = Key(17, HERE, 40000, OTHER, 80)
    answer = told(CURL, 1, peer_reason=GONE).owner
    assert noted.lacks(key, answer)
    assert noted.lacks(key.turned(), structs.replace(answer, side="dst"))
    for other in (
        structs.replace(answer, peer_reason="only the listening socket is known"),
        structs.replace(answer, peer_reason=f"{GONE}, or in one of 2 namespaces that may not be entered"),
        structs.replace(answer, peer=SERVER),
        structs.replace(answer, confidence=LISTENER),
        structs.replace(answer, source="sock-diag"),
    ):
        assert not noted.lacks(key, other)
    book.note(key, 7, cookie=1)
    assert noted.lacks(key, answer), "that is the end that is known"
    book.note(key.turned(), 8, cookie=2, how=records.LISTENED)
    assert not noted.lacks(key, answer)
    assert not noted.lacks(key.turned(), structs.replace(answer, side="dst"))
    book.sockets.clear()
    book.broken = True
    assert not noted.lacks(key, answer)
    book.broken = False
    noted.renew([])
    assert not noted.lacks(key, answer)
