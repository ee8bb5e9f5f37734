"""What counts as QUIC, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.dpi.contract import Claim
from procwire.dpi.wire.quic_claim import FIRST, claim, is_known, listed_versions
from procwire.dpi.wire.quic_packet import read_long
from tests.dpi import quic_vectors as vectors
from tests.dpi.quic_dialogue import seal


@pytest.mark.parametrize(
    "data",
    [
        seal(b"\1", vectors.DCID),
        seal(b"\1", vectors.DCID, version=0xFF00001D),
        vectors.RETRY_V1,
        vectors.SERVER_PACKET,
    ],
)
def test_quic(data: bytes) -> None:
    assert claim(data) is Claim.YES
    assert data[0] in FIRST


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc0\0\0\0\1",
        seal(b"\1", vectors.DCID)[:-1],
        b"\xc0\0\0\0\2" + seal(b"\1", vectors.DCID)[5:],
        b"\x80" + seal(b"\1", vectors.DCID)[1:],  # without the fixed bit
        b"\x40" + b"x" * 1200,
    ],
)
def test_others(data: bytes) -> None:
    assert claim(data) is Claim.NO


@given(st.binary(max_size=1300))
def test_never_more(data: bytes) -> None:
    assert claim(data) in (Claim.YES, Claim.NO)


FORCED = b"\xc0\x0a\x1a\xfa\x0a" + seal(b"\1", vectors.DCID)[5:]


def test_a_version_that_forces_negotiation() -> None:
    assert len(FORCED) == 1200
    assert claim(FORCED) is Claim.YES
    assert claim(FORCED + bytes(20)) is Claim.YES  # padded behind the packet
    assert claim(FORCED + b"x") is Claim.NO
    assert claim(FORCED[:-1]) is Claim.NO
    assert claim(b"\xe0" + FORCED[1:]) is Claim.NO  # a handshake packet
    assert claim(FORCED[:2] + b"\x1b" + FORCED[3:]) is Claim.NO


def test_versions() -> None:
    assert is_known(1)
    assert not is_known(0x0A0A0A0A)
    packet = read_long(b"\x80\0\0\0\0\0\0\0\0\0\1\xff\0\0\x1d", 0)
    assert packet is not None
    assert listed_versions(b"\x80\0\0\0\0\0\0\0\0\0\1\xff\0\0\x1d", packet) == [1, 0xFF00001D]
