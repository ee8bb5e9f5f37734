from __future__ import annotations

import pytest

from procwire.shaping.codec import filters, htb, netem, queues, u32
from procwire.shaping.codec.actions import Mirred
from procwire.shaping.codec.htb import Htb, HtbClass
from procwire.shaping.codec.netem import Netem
from procwire.shaping.codec.traffic import CLSACT, ROOT, Object, filter_info
from procwire.shaping.standing import (
    FREE_CLASS,
    FREE_LEAF,
    MAX_SLOTS,
    ForeignError,
    Standing,
    class_handle,
    inner_handle,
    leaf_handle,
    slot_of,
    snapshot,
)
from procwire.shaping.steps import PutClass, PutFilter, PutQdisc
from tests.shaping.stage import ETH0

CLASS = htb.encode_class(HtbClass(rate=1000, ceil=1000, burst=2000, ceil_burst=2000))
JITTERY = netem.encode(Netem(latency=9, jitter=5))
ACTING = u32.encode(u32.U32(actions=(Mirred(5),)))
TREE = ETH0._replace(
    qdiscs=(
        Object(3, 0x10000, ROOT, "htb", htb.encode(Htb(default=0x20))),
        Object(3, 0xFFFF0000, CLSACT, "clsact"),
        Object(3, 0x200000, 0x10020, "pfifo", queues.encode_fifo(queues.Fifo(9))),
    ),
    classes=(
        Object(3, 0x10020, 0x10001, "htb", CLASS),
        Object(3, 0x10001, ROOT, "htb", CLASS),
    ),
    filters=(
        Object(3, 0x80000000, 0x10000, "u32", u32.encode(u32.U32()), filter_info(1, 0x800)),
        Object(3, 0x80000800, 0x10000, "u32", u32.encode(u32.U32(classid=0x10020)), filter_info(1, 0x800)),
        Object(3, 7, 0x10000, "fw", filters.encode_fw(filters.Fw(classid=0x10020)), filter_info(2, 3)),
    ),
)


def test_a_tree_is_put_back_from_the_top() -> None:
    steps = snapshot(TREE)
    assert [type(step) for step in steps] == [PutQdisc, PutClass, PutClass, PutQdisc, PutFilter, PutFilter]
    classes = [step for step in steps if isinstance(step, PutClass)]
    assert [(step.handle, step.parent) for step in classes] == [(0x10001, 0x10000), (0x10020, 0x10001)]
    (fw,) = [step for step in steps if isinstance(step, PutFilter) and step.kind == "fw"]
    assert fw.handle == 7


def test_the_kernels_own_root_needs_no_snapshot() -> None:
    assert snapshot(ETH0._replace(qdiscs=(Object(3, 0, ROOT, "noqueue"),))) == ()


@pytest.mark.parametrize(
    ("standing", "says"),
    [
        (ETH0._replace(qdiscs=(Object(3, 1 << 16, ROOT, "hfsc"),)), "of kind hfsc"),
        (ETH0._replace(qdiscs=(Object(3, 1 << 16, ROOT, "netem", JITTERY),)),
         "does not tell"),
        (TREE._replace(filters=(Object(3, 1, 0x10000, "bpf", b"\x08\0\x0b\0\1\0\0\0"),)),
         "filter of kind bpf"),
        (TREE._replace(filters=(Object(3, 0x80000800, 0x10000, "u32", ACTING),)),
         "with actions"),
        (TREE._replace(qdiscs=(*TREE.qdiscs, Object(3, 0x300000, 0x200001, "pfifo", b"\1\0\0\0"))),
         "too deep"),
        (TREE._replace(filters=TREE.filters * 2000), "more than"),
    ],
)  # fmt: skip
def test_what_could_not_be_put_back_is_not_adopted(standing: Standing, says: str) -> None:
    with pytest.raises(ForeignError, match=says):
        snapshot(standing)


def test_a_tree_of_ours_is_known_by_its_handle() -> None:
    assert not TREE.is_ours
    alone = ETH0._replace(qdiscs=(Object(3, 0x70770000, ROOT, "netem", netem.encode(Netem())),))
    assert (alone.is_ours, alone.is_alone, alone.is_shared) == (True, True, False)
    shared = ETH0._replace(qdiscs=(Object(3, 0x70780000, ROOT, "htb", htb.encode(Htb())),))
    assert (shared.is_ours, shared.is_alone, shared.is_shared) == (True, False, True)
    for handle, kind in ((0x70770000, "hfsc"), (0x70770000, "htb"), (0x70780000, "netem"), (0x10000, "htb")):
        assert not ETH0._replace(qdiscs=(Object(3, handle, ROOT, kind),)).is_ours


def test_handles_follow_from_an_impairments_number() -> None:
    seen: set[int] = {FREE_CLASS}
    for slot in (1, 2, MAX_SLOTS):
        handles = {class_handle(slot), inner_handle(slot)}
        assert {slot_of(handle) for handle in handles} == {slot}
        assert not handles & seen
        seen |= handles
        assert leaf_handle(slot) & 0xFFFF == 0
        assert leaf_handle(slot) > FREE_LEAF
    assert slot_of(FREE_CLASS) == 0
    free = Object(3, FREE_CLASS, ROOT, "htb")
    some = ETH0._replace(classes=(free, Object(3, class_handle(7), ROOT, "htb")))
    assert some.slots == {7}
    assert some.has(class_handle(7))
    assert not some.has(inner_handle(7))
