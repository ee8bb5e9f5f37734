"""The decoder as a whole: laws over arbitrary bytes, real frames cut anywhere, compiled = uncompiled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.model.frames import INBOUND, FrameBatch, batch_of
from procwire.model.packets import PacketTable
from procwire.packet import _names, decode
from procwire.packet.decode import Decoder
from tests.packet import laws, test_cooked, test_fragments, test_link, test_tunnel
from tests.packet.build import TCP4, chain, ends, eth, ip4, tcp

READ = [number for number, (_, step) in _names.LINKS.items() if step != 255]
FRAMES = [
    *((1, frame) for frame in (*test_link.FRAMES.values(), *test_tunnel.TUNNELS.values())),
    *((link, frame) for link, frame, _ in test_cooked.CASES),
    *((1, frame) for cut in (test_fragments.cut4, test_fragments.cut6) for frame in cut(bytes(200), [96])),
]
SRC = Path(__file__).parents[2] / "src"


def run(frames: list[tuple[int, bytes]]) -> tuple[FrameBatch, PacketTable]:
    batch = batch_of([frame for _, frame in frames])
    for row, (link, _) in enumerate(frames):
        batch.link[row] = link
    return batch, Decoder().decode(batch)


@given(link=st.sampled_from([*READ, 65535]), data=st.binary(max_size=160))
@settings(max_examples=600, deadline=None)
def test_any_bytes_of_any_link_type(link: int, data: bytes) -> None:
    laws.check(*run([(link, data)]))


@given(
    frame=st.sampled_from(FRAMES),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    tail=st.binary(max_size=40),
)
@settings(max_examples=600, deadline=None)
def test_real_frames_with_bytes_changed(
    frame: tuple[int, bytes], changes: list[tuple[int, int]], tail: bytes
) -> None:
    data = bytearray(frame[1])
    for at, value in changes:
        data[at % len(data)] = value
    laws.check(*run([(frame[0], bytes(data) + tail)]))


@pytest.mark.parametrize("number", range(len(FRAMES)))
def test_real_frames_cut_at_every_byte(number: int) -> None:
    link, frame = FRAMES[number]
    batch = FrameBatch(frame, len(frame) + 1)
    for size in range(len(frame) + 1):
        batch.add(0, size, len(frame), 0, link)
    table = Decoder().decode(batch)
    laws.check(batch, table)
    shorter, _ = run([(link, frame[:size]) for size in range(len(frame))])
    laws.check(shorter, Decoder().decode(shorter))


def test_rows_that_point_outside_the_buffer() -> None:
    frame = eth(ip4(tcp()))
    batch = FrameBatch(frame, 8)
    size = len(frame)
    for offset, captured in (
        (-1, 10),
        (size + 1, 0),
        (0, size + 1),
        (size, 1),
        (1 << 62, 4),
        (0, 0xFFFFFFFF),
    ):
        batch.add(offset, captured, captured, 0, 1)
    batch.add(size, 0, 0, 0, 1)
    batch.add(0, size, 0, 0, 1)
    decoder = Decoder()
    table = decoder.decode(batch)
    laws.check(batch, table)
    assert decoder.counts == {"fault.outside-buffer": 6, "fault.link-short": 1}
    assert ends(table, 7) == TCP4


def test_columns_that_come_with_the_frame() -> None:
    batch = batch_of([eth(ip4(tcp())), eth(ip4(tcp()))], start=5, step=7)
    batch.interface[1], batch.flags[1], batch.segments[1] = 3, INBOUND, 9
    table = Decoder().decode(batch)
    assert [table.time[row] for row in (0, 1)] == [5, 12]
    assert [table.segments[row] for row in (0, 1)] == [1, 9]
    assert (table.interface[1], table.flags[1], table.wire[1]) == (3, INBOUND, len(eth(ip4(tcp()))))


def test_a_table_is_used_again_and_holds_nothing_old() -> None:
    decoder, table = Decoder(), PacketTable(2)
    decoder.decode(batch_of([eth(ip4(tcp(b"one")))]), table)
    again = decoder.decode(batch_of([eth(bytes(28), 0x0806)]), table)
    assert again is table
    assert (table.family[0], table.sport[0], table.marks[0], chain(table)) == (0, 0, 0, "eth.arp")
    assert decoder.decode(batch_of([b""] * 3), table) is not table


def test_empty_batches_and_views() -> None:
    assert Decoder().decode(FrameBatch(b"", 1)).count == 0
    frame = eth(ip4(tcp(b"x")))
    for buffer in (bytearray(frame), memoryview(frame)):
        batch = FrameBatch(buffer, 1)
        batch.add(0, len(frame), len(frame), 0, 1)
        assert Decoder().decode(batch).payload_of(0) == b"x"


DUMP = """
import json, sys
from tests.packet import laws, test_decode
if sys.argv[1] == "pure":
    import procwire.packet.decode as module
    assert module.__file__.endswith(".py"), module.__file__
_, table = test_decode.run(test_decode.FRAMES)
print(json.dumps([laws.columns(table), {row: data.hex() for row, data in table.rebuilt.items()}]))
"""


def test_compiled_and_uncompiled_agree(tmp_path: Path) -> None:
    if not str(decode.__file__).endswith(".so"):
        pytest.skip("the packet room is not compiled here")
    root = tmp_path / "src"
    for source in (SRC / "procwire").rglob("*.py"):
        target = root / source.relative_to(SRC)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source)
    repository = str(SRC.parent)
    found = []
    for kind, path in (("compiled", str(SRC)), ("pure", str(root))):
        run_as = {**os.environ, "PYTHONPATH": f"{path}{os.pathsep}{repository}"}
        call = [sys.executable, "-c", DUMP, kind]
        done = subprocess.run(call, capture_output=True, text=True, env=run_as, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert found[0] == found[1]
