"""The short way reads what the headers' own readers read, or leaves a frame to them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.capture.files import open_files
from procwire.capture.source import CaptureError
from procwire.model.frames import FrameBatch
from procwire.packet.decode import Decoder
from tests.packet import laws
from tests.packet.build import eth, ip4, tcp, udp
from tests.packet.test_corpora import CAPTURES

OPTIONS = b"\x02\x04\x05\xb4\x01\x03\x03\x07"
FRAMES = [
    eth(ip4(tcp(b"payload"))),
    eth(ip4(tcp())) + bytes(6),  # padded
    eth(ip4(tcp(b"x" * 40, options=b"\x01\x01\x08\x0a" + bytes(8)))),
    eth(ip4(tcp(flags=0x02, options=OPTIONS))),
    eth(ip4(tcp(flags=0x02))),
    eth(ip4(tcp(b"abc"), options=b"\x01\x01\x01\x00")),
    eth(ip4(tcp(b"abcdefgh"), part=0x2000)),
    eth(ip4(tcp(b"abc"), total=0)),
    eth(ip4(tcp(b"abc", offset=4))),
    eth(ip4(tcp(b"abc", offset=15))),
    eth(ip4(udp(b"abc"), proto=17)),
    eth(b"\0\x07\x08\0" + ip4(tcp(b"abc")), kind=0x8100),
]


def both(batch: FrameBatch) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    short, long = Decoder().decode(batch), Decoder(hurried=False).decode(batch)
    laws.check(batch, short)
    return laws.columns(short), laws.columns(long)


@pytest.mark.parametrize("number", range(len(FRAMES)))
def test_cut_at_every_byte_and_longer_on_the_wire(number: int) -> None:
    frame = FRAMES[number]
    batch = FrameBatch(frame, 2 * len(frame) + 2)
    for size in range(len(frame) + 1):
        batch.add(0, size, len(frame), 0, 1)
        batch.add(0, size, size, 0, 1)
    short, long = both(batch)
    assert short == long


@given(
    frame=st.sampled_from(FRAMES),
    changes=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=3),
    wire=st.integers(0, 300),
    vlan=st.sampled_from([0, 0, 0x81000007]),
)
@settings(max_examples=800, deadline=None)
def test_with_bytes_changed(frame: bytes, changes: list[tuple[int, int]], wire: int, vlan: int) -> None:
    data = bytearray(frame)
    for at, value in changes:
        data[at % len(data)] = value
    batch = FrameBatch(bytes(data), 1)
    batch.add(0, len(data), wire, 0, 1)
    batch.vlan[0] = vlan
    short, long = both(batch)
    assert short == long


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not here")
def test_captures_read_alike() -> None:
    rows = 0
    for path in sorted(CAPTURES.glob("*.pcap*"))[:400]:
        short, long = Decoder(), Decoder(hurried=False)
        try:
            for batch in open_files([str(path)]).batches():
                one, other = short.decode(batch), long.decode(batch)
                assert laws.columns(one) == laws.columns(other), path.name
                rows += batch.count
        except CaptureError:
            continue
        assert short.counts == long.counts
    assert rows > 500
