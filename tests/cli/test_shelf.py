"""Packets with their bytes, within bounds."""

from __future__ import annotations

import pytest

from procwire.cli.shelf import NAMES, Shelf
from procwire.engine.api import Context
from procwire.model.frames import FrameBatch, batch_of
from procwire.model.packets import PacketTable
from procwire.packet.decode import Decoder
from procwire.tui.host import HostError
from tests.packet.build import eth, ip4, tcp


def decoded(count: int, start: int = 0) -> tuple[FrameBatch, PacketTable]:
    batch = batch_of([eth(ip4(tcp(bytes([number + start])))) for number in range(count)])
    table: PacketTable = Decoder().decode(batch)
    return batch, table


def filled(shelf: Shelf, *counts: int) -> Shelf:
    start = 0
    for count in counts:
        shelf.take(*decoded(count, start))
        start += count
    return shelf


def numbers(shelf: Shelf) -> list[int]:
    return [row[NAMES.index("number")] for row in shelf.rows]


def test_of_a_recording_the_first_ones_are_kept() -> None:
    shelf = filled(Shelf(Context(()), most=3), 2, 4, 5)
    assert numbers(shelf) == [1, 2, 3]
    assert (shelf.left_out, shelf.seen) == (8, 11)
    with pytest.raises(HostError, match="was not kept"):
        shelf.packet(4)


def test_live_the_latest_ones_are_kept() -> None:
    shelf = filled(Shelf(Context(()), latest=True, most=3), 2, 2)
    assert numbers(shelf) == [2, 3, 4]
    assert (shelf.left_out, shelf.seen) == (1, 4)
    assert shelf.packet(3).number == 3
    with pytest.raises(HostError, match="not kept any more"):
        shelf.packet(1)


def test_a_batch_larger_than_the_room_leaves_its_end() -> None:
    shelf = filled(Shelf(Context(()), latest=True, most=3), 2, 10)
    assert numbers(shelf) == [10, 11, 12]
    assert (shelf.left_out, shelf.seen) == (9, 12)


def test_one_has_its_layers_and_can_be_written() -> None:
    shelf = filled(Shelf(Context(())), 1)
    frame, picked = shelf.packet(1), shelf.picked(1)
    assert [layer.name for layer in frame.layers][:3] == ["eth", "ip", "tcp"]
    assert (picked.data, picked.wire, picked.link) == (frame.data, len(frame.data), 1)
