"""What is taken for a DNS message, and what is not."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.wire.dns_claim import claims_datagram, claims_stream, sane_flags

QUESTION = b"\1a\7example\0" + struct.pack("!HH", 1, 1)


def message(flags: int = 0x0100, counts: tuple[int, int, int, int] = (1, 0, 0, 0)) -> bytes:
    return struct.pack("!6H", 7, flags, *counts) + QUESTION


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def test_a_question_is_taken_alone_and_behind_its_length() -> None:
    assert claims_datagram(message()) is Claim.YES
    assert claims_stream(framed(message())) is Claim.YES


def test_a_stream_is_waited_for_and_a_datagram_is_not() -> None:
    whole = framed(message())
    answers = [claims_stream(whole[:size]) for size in range(len(whole))]
    assert set(answers) == {Claim.MORE}
    assert claims_datagram(message()[:-1]) is Claim.NO


@pytest.mark.parametrize("counts", [(2, 0, 0, 0), (0, 0, 0, 0), (1, 5, 0, 0), (1, 0, 9, 0)])
def test_counts_that_no_query_has_are_refused(counts: tuple[int, int, int, int]) -> None:
    assert claims_datagram(message(counts=counts)) is Claim.NO


def test_an_answer_without_a_question_has_room_for_its_records() -> None:
    header = struct.pack("!6H", 7, 0x8100, 0, 48, 0, 3)
    assert claims_datagram(header + bytes(44)) is Claim.NO  # service discovery of SOME/IP looks like this
    assert claims_datagram(header + bytes(51 * 11)) is Claim.YES


def test_flags_of_an_answer_are_refused_in_a_query() -> None:
    assert sane_flags(0x81, 0x80)
    assert not sane_flags(0x01, 0x80)
    assert not sane_flags(0x01, 0x40)
    assert not sane_flags(0x18, 0)
