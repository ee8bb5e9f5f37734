"""The gate: which flows decryption is asked about, and what the others cost."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.decrypt.gate import MAX_HELD, Gate, QuicGate, Waiting, random_of
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.reasons import NO_KEY
from procwire.dpi.contract import Context
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

    return kind(keys, registry, tls if kind is Gate else quic, load), made


def read_by(one: Any, flights: Any, context: Context = UDP) -> Any:
    """What reads the flow to its end, as ``dpi.reading`` does it."""
    reader = one.choose(context, flights[0][1])
    for side, data in flights:
        list(reader.feed(side, data, now=1))
        reader = getattr(reader, "successor", None) or reader
    return reader


def test_a_hello_gives_its_random_away() -> None:
    hand = Hand()
    assert random_of(hand.client_hello, True) == hand.random
    assert random_of(hand.client_hello[:42], True) == b""
    assert random_of(hand.server_hello, True) == b""
    message = hand.client_hello[5:9] + bytes(2) + b"\0\0\0" + hand.client_hello[6:9]
    datagram = b"\x16\xfe\xfd" + bytes(8) + b"\x00\xff" + message + hand.client_hello[9:]
    assert random_of(datagram, False) == hand.random
    later_piece = bytearray(datagram)
    later_piece[21] = 1
    assert random_of(bytes(later_piece), False) == b""


def test_a_flow_without_its_key_is_read_by_the_plain_parser_alone() -> None:
    hand = Hand()
    one, made = gate(key_log(Hand().lines()))
    reader = read_by(one, list(hand.shake()), TCP)
    assert not made
    assert type(reader) is tls.Parser
    assert [(type(each), each.reasons, each.cipher) for each in one.finish(reader, 2)] == [
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
    """And not even a call a packet."""
    keys, hand = Counting(), Hand()
    keys.feed(Hand().lines())
    keys.complete = True
    one = Gate(keys, registry, tls, lambda: pytest.fail("loaded"))
    reader = read_by(one, list(hand.shake()), Context(transport="tcp", told=told))
    assert len(one.finish(reader, 2)) == told
    assert keys.asked == 1
    assert type(reader) is tls.Parser


@pytest.mark.parametrize("late", [False, True])
def test_a_key_that_is_there_or_may_come_opens_the_gate(late: bool) -> None:
    hand = Hand()
    one, made = gate(key_log(b"" if late else hand.lines(), complete=not late))
    reader = one.choose(TCP, hand.client_hello)
    assert [reader] == made
    assert one.finish(reader, 2) == []


@pytest.mark.parametrize("first", [b"\x16\x03", b"junk", b""])
def test_what_is_not_seen_whole_is_left_to_decryption(first: bytes) -> None:
    """Nor what begins with a gap."""
    one, made = gate(key_log(Hand().lines()))
    assert [one.choose(TCP, first)] == made


@pytest.mark.parametrize("kind", [Gate, QuicGate])
def test_no_key_at_all_is_nothing_to_speak_of(kind: type) -> None:
    one, made = gate(key_log(b""), kind)
    flights = list(Hand().shake()) if kind is Gate else quic_talk().flights
    reader = read_by(one, flights, TCP if kind is Gate else UDP)
    assert not made
    assert list(one.finish(reader, 2)) == []


def quic_talk() -> Any:
    talk = Talk()
    talk.turn()
    return talk.spoken()


def test_quic_is_held_until_its_hello_is_whole() -> None:
    spoken = quic_talk()
    one, made = gate(key_log(spoken.keys), QuicGate)
    reader = read_by(one, spoken.flights)
    assert [reader] == made
    assert made[0].taken + made[0].fed == [data for _, data in spoken.flights]
    other, none = gate(key_log(Hand().lines()), QuicGate)
    reader = read_by(other, spoken.flights)
    assert not none
    assert type(reader) is quic.Parser
    assert [each.reasons for each in other.finish(reader, 2)] == [(NO_KEY,)]


def test_a_short_header_first_is_left_to_decryption() -> None:
    one, made = gate(key_log(Hand().lines()), QuicGate)
    assert [one.choose(UDP, b"\x40" + bytes(40))] == made


UNREADABLE = b"\xc0\x00\x00\x00\x01\x08" + bytes(8) + b"\x00\x00\x41\x00" + bytes(300)


def test_datagrams_without_a_hello_are_not_held_for_ever() -> None:
    one, made = gate(key_log(Hand().lines()), QuicGate)
    read_by(one, [(OUT, UNREADABLE)] * (MAX_HELD + 3))
    assert len(made[0].taken) == MAX_HELD
    assert len(made[0].fed) == 3


def test_a_flow_that_ends_before_its_hello_says_nothing() -> None:
    one, made = gate(key_log(Hand().lines()), QuicGate)
    reader = read_by(one, [(OUT, UNREADABLE)])
    assert type(reader) is Waiting
    assert (reader.skip(IN), reader.gap(OUT, 1, now=1), one.finish(reader, 2), made) == (0, (), [], [])
