from __future__ import annotations

from dataclasses import replace

import pytest

from procwire.shaping.codec import htb, traffic, u32
from procwire.shaping.codec.traffic import ROOT, Object
from procwire.shaping.leaving import left
from procwire.shaping.plan import Wish, sending
from procwire.shaping.spelling import effect
from procwire.shaping.standing import FREE_CLASS, ROOT_HANDLE, TREE_HANDLE, class_handle, inner_handle
from procwire.shaping.steps import DropClass, DropFilters, DropQdisc, Leave, RemoveLink
from procwire.shaping.tree import FIRST_PRIORITY
from tests.lab import pair
from tests.shaping.stage import HERE, inside, needs_lab, shown

LAST = RemoveLink(device=9, name="pwifb3")


class Tree:
    """A root with classes, from which a class goes when it is told to."""

    def __init__(self, root: Object | None, *handles: int) -> None:
        self.at_root = root
        self.handles = list(handles)

    def root(self, device: int) -> Object | None:
        assert device == 3
        return self.at_root

    def classes(self, device: int) -> list[Object]:
        return [Object(device, handle, TREE_HANDLE, "htb") for handle in self.handles]

    def filters(self, device: int, parent: int) -> tuple[Object, ...]:
        return tuple(
            Object(device, 0x80000800, parent, "u32", u32.encode(u32.U32()), traffic.filter_info(place, 3))
            for place in (FIRST_PRIORITY + 16, FIRST_PRIORITY + 32, 1)
        )

    def leave(self, step: Leave) -> list[object]:
        done: list[object] = []
        for each in left(self, step):
            done.append(each)
            if isinstance(each, DropClass):
                self.handles.remove(each.handle)
        return done


SHARED = Object(3, TREE_HANDLE, ROOT, "htb", htb.encode(htb.Htb()))
ALONE = Object(3, ROOT_HANDLE, ROOT, "tbf")
MINE = Leave(device=3, slot=1, alone=True, last=(LAST,))


def test_one_of_two_takes_its_filters_and_its_classes_along_and_no_more() -> None:
    stands = Tree(SHARED, FREE_CLASS, class_handle(1), inner_handle(1), class_handle(2))
    assert stands.leave(MINE) == [
        DropFilters(device=3, parent=TREE_HANDLE, priority=FIRST_PRIORITY + 16, protocol=3),
        DropFilters(device=3, parent=inner_handle(1), priority=FIRST_PRIORITY + 16, protocol=3),
        DropClass(device=3, handle=class_handle(1)),
        DropClass(device=3, handle=inner_handle(1)),
    ]
    assert stands.handles == [FREE_CLASS, class_handle(2)]


def test_the_last_takes_the_tree_along() -> None:
    stands = Tree(SHARED, FREE_CLASS, class_handle(1))
    *_, gone, last = stands.leave(MINE)
    assert gone == DropQdisc(device=3, parent=ROOT, handle=TREE_HANDLE, kind="htb")
    assert last == LAST


def test_who_stands_alone_takes_its_own_and_leaves_anothers() -> None:
    gone = DropQdisc(device=3, parent=ROOT, handle=ROOT_HANDLE, kind="tbf")
    assert Tree(ALONE).leave(MINE) == [gone, LAST]
    assert Tree(ALONE).leave(Leave(device=3, slot=2, last=(LAST,))) == []


def test_what_a_crash_left_half_done_is_finished_and_what_is_somebody_elses_stays() -> None:
    assert Tree(None).leave(MINE) == [LAST]
    assert Tree(Object(3, 0, ROOT, "noqueue")).leave(MINE) == [LAST]
    assert Tree(Object(3, 0x10000, ROOT, "htb")).leave(MINE) == []
    assert Tree(SHARED, FREE_CLASS, class_handle(2)).leave(MINE)[-1].__class__ is DropFilters


@pytest.mark.kernel
@needs_lab
def test_wherever_a_swap_was_stopped_the_same_steps_undo_it() -> None:
    """After none of its messages, after each, and once more when nothing is left."""
    wish = Wish(effect=effect({"rate": "8mbit"}))
    with pair() as (_, host, _right), inside(host) as entered:
        for count in range(len(sending(entered.standing(), replace(wish, shared=True), HERE).steps) + 1):
            for step in sending(entered.standing(), wish, HERE).steps:
                entered.kernel.do(step)
            swap = sending(entered.standing(), replace(wish, shared=True), HERE)
            for step in swap.steps[:count]:
                entered.kernel.do(step)
            assert {each["kind"] for each in shown(host, "qdisc", "show")} > {"noqueue"}
            assert entered.kernel.undo(swap.undo) == []
            assert {each["kind"] for each in shown(host, "qdisc", "show")} == {"noqueue"}
            assert entered.kernel.undo(swap.undo) == []
