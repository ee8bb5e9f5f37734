"""Frames keep headers and lose what they carry; what is not understood is cut."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.capture.files import open_files
from procwire.model.frames import batch_of
from procwire.packet.decode import Decoder
from procwire.recorder.frame_redaction import FrameRedaction
from procwire.recorder.pseudonyms import KEY_BYTES, Pseudonyms
from tests.recorder.taped import HTTP, VECTORS

SECRET = b"GET /secret HTTP/1.1"
TCP_HEAD = struct.pack(">HHIIBBHHH", 1000, 80, 1, 2, 0x60, 0x18, 100, 0xABCD, 0) + b"\x1e\x04\x05\x06"
IP4 = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 64, 1, 0, 64, 6, 0x1234, b"\x0a\0\0\1", b"\x0a\0\0\2")
IP6 = struct.pack(
    ">IHBB16s16s", 6 << 28, 44, 6, 64, b"\x20\1" + bytes(13) + b"\1", b"\x20\1" + bytes(13) + b"\2"
)
MACS = bytes.fromhex("020000000001020000000002")


def redaction() -> FrameRedaction:
    return FrameRedaction(Pseudonyms(bytes(range(KEY_BYTES))))


@pytest.mark.parametrize(
    ("link", "head"),
    [
        (1, MACS + b"\x08\0" + IP4), (1, MACS + b"\x81\0\0\5\x86\xdd" + IP6), (101, IP4), (101, IP6),
        (0, b"\2\0\0\0" + IP4), (108, b"\0\0\0\2" + IP4),
        (113, bytes(4) + b"\0\6" + MACS[:8] + b"\x08\0" + IP4),
        (276, b"\x08\0" + bytes(9) + b"\6" + MACS[:8] + IP4), (228, IP4), (229, IP6),
    ],
)  # fmt: skip
def test_headers_stay_and_addresses_change(link: int, head: bytes) -> None:
    frame = head + TCP_HEAD + SECRET
    made = redaction().frame(link, frame)
    assert len(made) == len(frame) - len(SECRET)
    assert b"secret" not in made
    assert made[-24:-20] == TCP_HEAD[:4]
    assert made[-8:] == b"\0\0\0\0\1\1\1\1"  # no checksum, and no option that is not known
    assert MACS[:6] not in made
    assert b"\x0a\0\0\1" not in made
    batches = [batch_of([data], link=link) for data in (frame, made)]
    batches[1].wire[0] = len(frame)
    before, after = (Decoder().decode(batch) for batch in batches)
    assert (before.sport[0], before.dport[0], before.length[0]) == (
        after.sport[0],
        after.dport[0],
        after.length[0],
    )
    assert (before.src_hi[0], before.src_lo[0]) != (after.src_hi[0], after.src_lo[0])


def test_arp_icmp_and_what_is_not_understood() -> None:
    frames = redaction()
    arp = MACS + b"\x08\x06" + struct.pack(">HHBBH", 1, 0x800, 6, 4, 1) + (MACS[:6] + b"\x0a\0\0\1") * 2
    made = frames.frame(1, arp + b"padding")
    assert len(made) == len(arp)
    assert b"\x0a\0\0\1" not in made
    echo = IP4[:9] + b"\1" + IP4[10:] + b"\x08\0\xff\xff\0\1\0\2" + SECRET
    assert frames.frame(101, echo)[20:] == b"\x08\0\0\0\0\1\0\2"
    assert frames.frame(147, SECRET) == b""
    assert frames.frame(1, MACS + b"\x88\xcc" + SECRET)[12:] == b"\x88\xcc"
    assert sum(frames.cut.values()) == 2


def test_fragments_and_options_of_ip_are_cut() -> None:
    later = IP4[:6] + b"\0\5" + IP4[8:] + SECRET
    assert len(redaction().frame(101, later)) == 20
    routed = b"\x47" + IP4[1:] + b"\x07\7\4\x0a\0\0\3\0" + TCP_HEAD
    assert redaction().frame(101, routed)[20:28] == b"\1" * 8


@given(st.sampled_from([0, 1, 101, 108, 113, 276, 228, 147]), st.binary(max_size=120))
def test_anything_is_taken(link: int, data: bytes) -> None:
    assert len(redaction().frame(link, data)) <= len(data)


def test_a_whole_capture_row_for_row() -> None:
    frames = redaction()
    for path in (HTTP, VECTORS / "dns" / "udp.pcap"):
        for batch in open_files((str(path),)).batches():
            made = frames.batch(batch)
            assert made.count == batch.count
            assert [made.time[row] for row in range(made.count)] == [
                batch.time[row] for row in range(batch.count)
            ]
            assert made.wire[0] == batch.wire[0]
    assert frames.cut_bytes > 10_000
