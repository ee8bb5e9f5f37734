"""802.11 data frames and the headers before them."""

from __future__ import annotations

import struct

import pytest

from procwire.packet.decode import Decoder
from tests.packet.build import TCP4, decode, ends, ip4, tcp

SNAP = b"\xaa\xaa\x03\0\0\0\x08\0"
PACKET = SNAP + ip4(tcp(b"hello"))


@pytest.mark.parametrize(
    "frame",
    [
        b"\x08\x01" + bytes(22) + PACKET,
        b"\x88\x01" + bytes(22) + b"\0\0" + PACKET,
        b"\x88\x03" + bytes(28) + b"\0\0" + PACKET,
        b"\x88\x81" + bytes(22) + b"\0\0" + bytes(4) + PACKET,
        b"\x88\x01" + bytes(22) + b"\x80\0" + bytes(12) + struct.pack(">H", len(PACKET)) + PACKET + b"next",
    ],
    ids=["data", "qos", "four addresses", "ht control", "a-msdu"],
)
def test_data_frames(frame: bytes) -> None:
    table = decode(frame, link=105)
    assert ends(table) == TCP4
    assert table.payload_of(0) == b"hello"


def test_protected_frame_is_counted_as_encrypted() -> None:
    decoder = Decoder()
    table = decode(b"\x08\x41" + bytes(22) + b"ciphertext", link=105, decoder=decoder)
    assert table.family[0] == 0
    assert decoder.counts["encrypted"] == 1


@pytest.mark.parametrize("control", [0x80, 0x40, 0xB4, 0x48, 0xC8])
def test_frames_without_data_are_left(control: int) -> None:
    table = decode(bytes([control, 0]) + bytes(60), link=105)
    assert (table.family[0], table.fault[0]) == (0, 0)


def test_radiotap_flags_say_padding_and_check_sequence() -> None:
    # TSFT and flags present: the flags byte stands at 16; 0x30 is "FCS at the end" and "padded to four"
    radiotap = struct.pack("<BBHI", 0, 0, 17, 3) + bytes(8) + b"\x30"
    frame = b"\x88\x01" + bytes(22) + b"\0\0" + b"\0\0" + PACKET + b"fcs!"
    table = decode(radiotap + frame, link=127)
    assert ends(table) == TCP4
    assert table.payload_of(0) == b"hello"


@pytest.mark.parametrize("link", [105, 119, 127, 163])
def test_short_headers_are_a_fault_and_no_more(link: int) -> None:
    for size in range(8):
        assert decode(bytes(size), link=link).family[0] == 0
