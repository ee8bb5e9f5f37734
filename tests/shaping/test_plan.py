from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from procwire.shaping import plan
from procwire.shaping.codec import htb, netem, traffic, u32
from procwire.shaping.codec.actions import Mirred
from procwire.shaping.codec.attributes import attributes
from procwire.shaping.codec.netem import Netem
from procwire.shaping.codec.traffic import CLSACT, ROOT, Object
from procwire.shaping.impairment import Effect
from procwire.shaping.plan import UnableError, Wish, ifb_of, receiving, sending
from procwire.shaping.selection import selector
from procwire.shaping.spelling import effect
from procwire.shaping.standing import CLASS_HANDLE, INNER_HANDLE, ROOT_HANDLE, ForeignError, Standing
from procwire.shaping.steps import (
    DropFilters,
    DropQdisc,
    MakeIfb,
    PutClass,
    PutFilter,
    PutQdisc,
    RemoveLink,
    SetLink,
    Step,
)
from tests.shaping.stage import ETH0, FULL, HERE
from tests.shaping.strategies import effects

BAD = effect({"delay": "100ms", "loss": "3%"})
PEER = selector("10.0.0.0/8")
SSH = selector("peer=192.0.2.1 port=50000 local_port=22 protocol=tcp")


def after(standing: Standing, steps: tuple[Step, ...]) -> Standing:
    """What stands when the steps are done: the kernel, as far as a plan needs one."""
    qdiscs = {(each.parent): each for each in standing.qdiscs}
    classes = {each.handle: each for each in standing.classes}
    found = list(standing.filters)
    for step in steps:
        if isinstance(step, PutQdisc):
            assert step.how == "change" or step.parent not in qdiscs or not qdiscs[step.parent].handle
            qdiscs[step.parent] = Object(3, step.handle, step.parent, step.kind, step.options)
        elif isinstance(step, DropQdisc):
            qdiscs, classes, found = {}, {}, []
        elif isinstance(step, PutClass):
            classes[step.handle] = Object(3, step.handle, step.parent, "htb", step.options)
        elif isinstance(step, PutFilter):
            info = traffic.filter_info(step.priority, step.protocol)
            found.append(Object(3, 0x80000800, step.parent, step.kind, step.options, info))
        elif isinstance(step, DropFilters):
            found = [f for f in found if (f.priority, f.protocol) != (step.priority, step.protocol)]
    return standing._replace(
        qdiscs=tuple(qdiscs.values()), classes=tuple(classes.values()), filters=tuple(found)
    )


def test_all_of_an_interface_is_one_netem_in_one_message() -> None:
    part = sending(ETH0, Wish(effect=BAD, seed=7), FULL)
    (step,) = part.steps
    assert isinstance(step, PutQdisc)
    assert (step.kind, step.parent, step.handle, step.how) == ("netem", ROOT, ROOT_HANDLE, "add")
    made = netem.decode(step.options)
    assert (made.latency, made.seed) == (100_000_000, 7)
    assert part.undo == (DropQdisc(device=3, parent=ROOT, handle=ROOT_HANDLE, kind="netem"),)


@given(effects(), effects())
def test_a_change_of_numbers_is_one_message_that_names_everything(before: Effect, then: Effect) -> None:
    first, second = Wish(effect=before), Wish(effect=then)
    stands = after(ETH0, sending(ETH0, first, FULL).steps)
    part = sending(stands, second, FULL)
    if stands.shape != after(ETH0, sending(ETH0, second, FULL).steps).shape:
        assert isinstance(part.steps[0], DropQdisc)
        return
    changed = [step for step in part.steps if isinstance(step, PutQdisc)]
    assert [step.how for step in changed] == ["change"]
    sent = attributes(changed[0].options[netem.QOPT_BYTES :])
    assert {1, 3, 4, 6, 7, 10, 11, 12} <= set(sent)
    assert not any(isinstance(step, DropQdisc) for step in part.steps)


def test_a_part_is_a_class_and_the_rest_passes_directly() -> None:
    part = sending(ETH0, Wish(effect=BAD, selectors=(PEER,), exempt=(SSH,)), FULL)
    top, middle, leaf, *filters = part.steps
    assert isinstance(top, PutQdisc)
    assert htb.decode(top.options).default == 0
    assert isinstance(middle, PutClass)
    assert middle.handle == CLASS_HANDLE
    assert isinstance(leaf, PutQdisc)
    assert (leaf.kind, leaf.parent) == ("netem", CLASS_HANDLE)
    classes = [each for each in filters if isinstance(each, PutFilter)]
    assert [each.priority for each in classes] == sorted(each.priority for each in classes)
    assert len({(each.priority, each.protocol) for each in classes}) == len(
        {each.priority for each in classes}
    )


def test_with_exemptions_alone_all_the_rest_is_shaped() -> None:
    part = sending(ETH0, Wish(effect=BAD, exempt=(SSH,)), FULL)
    assert isinstance(part.steps[0], PutQdisc)
    assert htb.decode(part.steps[0].options).default == 1
    stands = after(ETH0, part.steps)
    assert stands.shape == ("htb", "all", "netem")


def test_right_filters_are_not_touched_and_wrong_ones_go_last() -> None:
    wish = Wish(effect=BAD, selectors=(PEER,), exempt=(SSH,))
    stands = after(ETH0, sending(ETH0, wish, HERE if False else FULL).steps)
    same = sending(stands, replace(wish, effect=effect({"delay": "5ms"})), FULL)
    assert [type(step) for step in same.steps] == [PutQdisc]
    other = sending(stands, replace(wish, selectors=(selector("port=53"),)), FULL)
    kinds = [type(step) for step in other.steps]
    assert kinds.index(DropFilters) > max(place for place, kind in enumerate(kinds) if kind is PutFilter)
    again = sending(after(stands, other.steps), replace(wish, selectors=(selector("port=53"),)), FULL)
    assert [type(step) for step in again.steps] == [PutQdisc]


def test_marked_packets_go_through_an_inner_class() -> None:
    part = sending(ETH0, Wish(effect=BAD, marked=True, exempt=(SSH,)), FULL)
    handles = [(step.handle, step.parent) for step in part.steps if isinstance(step, PutClass)]
    assert handles == [(INNER_HANDLE, ROOT_HANDLE), (CLASS_HANDLE, INNER_HANDLE)]
    filters = [step for step in part.steps if isinstance(step, PutFilter)]
    assert {step.parent for step in filters} == {INNER_HANDLE}
    assert u32.decode(filters[-1].options).classid == CLASS_HANDLE
    stands = after(ETH0, part.steps)
    assert stands.shape == ("htb", "marked", "netem")
    same = sending(stands, Wish(effect=BAD, marked=True, exempt=(SSH,)), FULL)
    assert [type(step) for step in same.steps] == [PutQdisc]


def test_without_netem_a_rate_is_a_bucket_and_the_rest_is_refused() -> None:
    (step,) = sending(ETH0, Wish(effect=effect({"rate": "8mbit"})), HERE).steps
    assert isinstance(step, PutQdisc)
    assert step.kind == "tbf"
    part = sending(ETH0, Wish(effect=effect({"rate": "8mbit"}), exempt=(SSH,)), HERE)
    assert [step.kind for step in part.steps if isinstance(step, PutQdisc)] == ["htb", "pfifo"]
    with pytest.raises(UnableError, match=r"eth0 cannot be shaped so: this kernel has no netem .* shape run"):
        sending(ETH0, Wish(effect=BAD), HERE)


def test_a_bucket_beside_netem_is_htbs() -> None:
    part = sending(ETH0, Wish(effect=effect({"rate": "8mbit", "bucket": "64kb", "delay": "5ms"})), FULL)
    middle, leaf = part.steps[1:3]
    assert isinstance(middle, PutClass)
    assert abs(htb.decode_class(middle.options).burst - 64_000) < 64
    assert isinstance(leaf, PutQdisc)
    assert netem.decode(leaf.options).rate == 0


def test_a_foreign_root_is_left_alone_or_adopted_and_put_back() -> None:
    foreign = ETH0._replace(qdiscs=(Object(3, 0x80010000, ROOT, "fq_codel", b"\x08\0\2\0\xe8\3\0\0"),))
    with pytest.raises(ForeignError, match=r"fq_codel 8001:.*--adopt"):
        sending(foreign, Wish(effect=BAD), FULL)
    part = sending(foreign, Wish(effect=BAD, adopt=True), FULL)
    assert part.steps[0] == DropQdisc(device=3, parent=ROOT, handle=0x80010000, kind="fq_codel")
    back = part.undo[-1]
    assert isinstance(back, PutQdisc)
    assert (back.handle, back.options) == (0x80010000, b"\x08\0\2\0\xe8\3\0\0")


def test_the_kernels_own_root_is_no_ones() -> None:
    for kind in ("noqueue", "mq", "fq_codel", "pfifo_fast"):
        stands = ETH0._replace(qdiscs=(Object(3, 0, ROOT, kind),))
        part = sending(stands, Wish(effect=BAD), FULL)
        assert [type(step) for step in part.steps] == [PutQdisc]
        assert bool(part.notes) == (kind == "mq")


def test_duplicates_beside_another_netem_are_refused_in_words() -> None:
    stands = ETH0._replace(qdiscs=(Object(3, 0x50000, 0x10001, "netem", netem.encode(Netem())),))
    with pytest.raises(ForeignError, match="ec8e0e3d7ade"):
        sending(stands, Wish(effect=effect({"duplicate": "1%"})), FULL)
    assert sending(stands, Wish(effect=BAD), FULL).steps


def test_what_is_received_goes_through_an_ifb_and_back() -> None:
    part = receiving(ETH0, None, Wish(effect=BAD, sent=False, exempt=(SSH,)), FULL)
    device, name = ifb_of(ETH0)
    assert isinstance(part.steps[0], MakeIfb)
    assert SetLink(device=device, up=True) in part.steps
    last = part.steps[-1]
    assert isinstance(last, PutFilter)
    assert u32.decode(last.options).actions == (Mirred(device),)
    caught = [step for step in part.steps if isinstance(step, PutQdisc) and step.parent == CLSACT]
    assert [step.kind for step in caught] == ["clsact"]
    assert isinstance(
        part.undo[0], DropFilters
    )  # before the ifb goes: a redirect to nowhere drops everything
    assert part.undo[-1] == RemoveLink(device=device, name=name)
    exempt = [s for s in part.steps if isinstance(s, PutFilter) and s.device == 3 and s is not last]
    keys = u32.decode(exempt[0].options).keys
    assert any(key.offset == 12 and key.value == 0xC0000201 for key in keys)  # the peer is the source now


def test_somebody_elses_catcher_stays() -> None:
    stands = ETH0._replace(qdiscs=(Object(3, 0xFFFF0000, CLSACT, "clsact"),))
    part = receiving(stands, None, Wish(effect=BAD, sent=False), FULL)
    assert not any(isinstance(step, DropQdisc) and step.parent == CLSACT for step in part.undo)
    assert not any(isinstance(step, PutQdisc) and step.parent == CLSACT for step in part.steps)
    taken = stands._replace(caught=(Object(3, 1, 0xFFFFFFF2, "u32", u32.encode(u32.U32()), 7 << 16 | 8),))
    with pytest.raises(ForeignError, match="priority 7"):
        receiving(taken, None, Wish(effect=BAD, sent=False), FULL)


def test_an_ifb_that_stands_is_changed() -> None:
    through = Standing(place=ETH0.place, device=ifb_of(ETH0)[0], name=ifb_of(ETH0)[1])
    wish = Wish(effect=BAD, sent=False)
    made = receiving(ETH0, None, wish, FULL)
    redirect = made.steps[-1]
    assert isinstance(redirect, PutFilter)
    info = traffic.filter_info(redirect.priority, redirect.protocol)
    stands = ETH0._replace(
        qdiscs=(Object(3, 0xFFFF0000, CLSACT, "clsact"),),
        caught=(Object(3, 0x80000800, redirect.parent, "u32", redirect.options, info),),
    )
    ifb = after(through, tuple(s for s in made.steps if isinstance(s, PutQdisc) and s.parent == ROOT))
    again = receiving(stands, ifb, replace(wish, effect=effect({"delay": "3ms"})), FULL)
    changes = [step for step in again.steps if isinstance(step, PutQdisc)]
    assert [step.how for step in changes] == ["change"]
    assert any(isinstance(step, DropQdisc) and step.parent == CLSACT for step in again.undo)


def test_the_name_of_an_ifb_fits() -> None:
    assert len(ifb_of(ETH0._replace(device=0x7FFFFFFF))[1]) <= 15
    assert plan.IFB_INDEX + 0x8000 < 1 << 31
