"""The gate: which flows decryption is asked about, and what the others cost."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.decrypt.gate import MAX_HELD, Door, Gate, QuicGate, random_of
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.reasons import NO_KEY
from procwire.dpi.contract import ENOUGH, Context
from procwire.dpi.decryption import Decryption
from procwire.dpi.protocols import quic, tls
from procwire.dpi.registry import registry
from tests.decrypt.dialogue import IN, OUT, Hand, key_log
from tests.decrypt.quic_dialogue import Talk

TCP, UDP = Context(transport="tcp", dst_port=443), Context(transport="udp", dst_port=443)


class Loaded:
    """Stands for what reads with keys."""

    def __init__(self, *given: Any) -> None:
        self.fed: list[bytes] = []
        self.taken: list[bytes] = []

    def feed(self, side: int, data: bytes, *, now: int) -> list[Any]:
        self.fed.append(data)
        return []

    def gap(self, side: int, size: int, *, now: int) -> list[Any]:
        return []

    def skip(self, side: int) -> int:
        return 0

    def finish(self, now: int) -> list[Any]:
        return []

    def take_over(self, plain: Any, seen: list[tuple[int, bytes]], now: int) -> list[Any]:
        self.taken = [data for _, data in seen]
        return []


def gate(keys: Any, kind: type = Gate) -> tuple[Any, list[Loaded]]:
    made: list[Loaded] = []

    def load() -> Any:
        def build(*given: Any) -> Loaded:
            made.append(Loaded(*given))
            return made[-1]

        return build

    plain, context = (tls, TCP) if kind is Gate else (quic, UDP)
    return kind(keys, registry, plain, load, context), made


def test_a_hello_gives_its_random_away() -> None:
    hand = Hand()
    assert random_of(hand.client_hello, "tcp") == hand.random
    assert random_of(hand.client_hello[:42], "tcp") == b""
    assert random_of(hand.server_hello, "tcp") == b""
    message = hand.client_hello[5:9] + bytes(2) + b"\0\0\0" + hand.client_hello[6:9]
    datagram = b"\x16\xfe\xfd" + bytes(8) + b"\x00\xff" + message + hand.client_hello[9:]
    assert random_of(datagram, "udp") == hand.random
    later_piece = bytearray(datagram)
    later_piece[21] = 1
    assert random_of(bytes(later_piece), "udp") == b""


def test_a_flow_without_its_key_is_read_by_the_plain_parser_alone() -> None:
    hand = Hand()
    one, made = gate(key_log(Hand().lines()))
    for side, data in hand.shake():
        one.feed(side, data, now=1)
    assert not made
    assert one.skip(IN) >= ENOUGH
    told = one.finish(2)
    assert [(type(each), each.reasons, each.cipher) for each in told] == [
        (Decryption, (NO_KEY,), "TLS_AES_128_GCM_SHA256")
    ]


class Counting(KeyLog):
    """Counts what is asked of it."""

    asked = 0

    def lacks(self, random: bytes) -> bool:
        self.asked += 1
        return bool(super().lacks(random))

    def get(self, random: bytes) -> Any:
        raise AssertionError("no secret is there to be had")


@pytest.mark.parametrize("told", [False, True])
def test_a_flow_without_its_key_costs_one_look_up(told: bool) -> None:
    """And, where nobody reads what is told at the end, not even a call a packet."""
    keys, hand = Counting(), Hand()
    keys.feed(Hand().lines())
    keys.complete = True
    door = Door(keys, registry, tls, lambda: pytest.fail("loaded"), Gate)
    reader = door.chosen(Context(transport="tcp", told=told), hand.client_hello)
    for side, data in hand.shake():
        list(reader.feed(side, data, now=1))
    assert keys.asked == 1
    assert type(reader) is (Gate if told else tls.Parser)


@pytest.mark.parametrize("late", [False, True])
def test_a_key_that_is_there_or_may_come_opens_the_gate(late: bool) -> None:
    hand = Hand()
    one, made = gate(key_log(b"" if late else hand.lines(), complete=not late))
    one.feed(OUT, hand.client_hello, now=1)
    assert [loaded.fed for loaded in made] == [[hand.client_hello]]


@pytest.mark.parametrize("first", [b"\x16\x03", b"junk"])
def test_what_is_not_seen_whole_is_left_to_decryption(first: bytes) -> None:
    one, made = gate(key_log(Hand().lines()))
    one.feed(OUT, first, now=1)
    assert made[0].fed == [first]


def test_a_gap_first_is_left_to_decryption() -> None:
    one, made = gate(key_log(Hand().lines()))
    one.gap(OUT, 100, now=1)
    assert len(made) == 1


def test_quic_is_held_until_its_hello_is_whole() -> None:
    talk = Talk()
    talk.turn()
    spoken = talk.spoken()
    one, made = gate(key_log(spoken.keys), QuicGate)
    for side, data in spoken.flights:
        one.feed(side, data, now=1)
    assert made[0].taken + made[0].fed == [data for _, data in spoken.flights]
    other, none = gate(key_log(Hand().lines()), QuicGate)
    for side, data in spoken.flights:
        other.feed(side, data, now=1)
    assert not none
    assert [each.reasons for each in other.finish(2)] == [(NO_KEY,)]


def test_datagrams_without_a_hello_are_not_held_for_ever() -> None:
    one, made = gate(key_log(Hand().lines()), QuicGate)
    unreadable = b"\xc0\x00\x00\x00\x01\x08" + bytes(8) + b"\x00\x00\x41\x00" + bytes(300)
    for _ in range(MAX_HELD + 3):
        one.feed(OUT, unreadable, now=1)
    assert len(made[0].taken) == MAX_HELD
    assert len(made[0].fed) == 3
