"""What counts as the start of a TLS stream, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.dpi.contract import Claim
from procwire.dpi.wire.tls_claim import FIRST, claim

HELLO = bytes.fromhex("16030100c4010000c00303")


@pytest.mark.parametrize(
    "start",
    [
        HELLO,
        bytes.fromhex("160303005a020000560303"),
        bytes.fromhex("15030300020228"),
        bytes.fromhex("1703030011") + b"s" * 17,
        bytes.fromhex("150303001a") + b"s" * 26,  # a sealed alert
        bytes.fromhex("16030302110b00020d00020a000207308202033082"),  # certificates
    ],
)
def test_starts(start: bytes) -> None:
    answers = [claim(start[:end]) for end in range(len(start) + 1)]
    assert answers[-1] is Claim.YES
    assert Claim.NO not in answers
    assert answers == sorted(answers, key=lambda answer: answer is Claim.YES)
    assert start[0] in FIRST


@pytest.mark.parametrize(
    "start",
    [
        b"GET / HTTP/1.1\r\n",
        bytes.fromhex("1603010000"),
        bytes.fromhex("16030100c4010000100303"),  # too short for a hello
        bytes.fromhex("16030100c40b0000c00000bc"),  # lengths that do not hold one another
        bytes.fromhex("16030148010100c4000303"),  # record above the bound
        bytes.fromhex("15030300020328"),
        bytes.fromhex("1403030001"),
        bytes.fromhex("1703030010") + b"s" * 16,
        bytes.fromhex("1503030019") + b"s" * 25,  # no cipher seals an alert so
        bytes.fromhex("150300001a") + b"s" * 26,
        bytes.fromhex("150303001a") + b"s" * 26 + b"HTTP",
        bytes.fromhex("9f00010301"),
        bytes.fromhex("16030100010116040100"),
    ],
)
def test_others(start: bytes) -> None:
    assert claim(start) is Claim.NO


@given(
    st.binary(max_size=60),
    st.sampled_from([b"", HELLO[:5], HELLO[:6], b"\x80\x2e\x01", b"\x17\x03\x03\x00\x12"]),
)
def test_answers_are_not_taken_back(data: bytes, start: bytes) -> None:
    final: Claim | None = None
    stream = start + data
    for end in range(len(stream) + 1):
        answer = claim(stream[:end])
        if final is not None and end > 0 and stream[0] != 0x17:
            assert answer is final
        if answer is not Claim.MORE:
            final = answer
