from __future__ import annotations

from dataclasses import replace

import pytest

from procwire.shaping import plan
from procwire.shaping.codec import filters, netem, traffic, u32
from procwire.shaping.codec.actions import Mirred
from procwire.shaping.codec.netem import Netem
from procwire.shaping.codec.traffic import CLSACT, ROOT, Object
from procwire.shaping.plan import UnableError, Wish, ifb_of, order_of, receiving, sending
from procwire.shaping.selection import selector
from procwire.shaping.spelling import effect
from procwire.shaping.standing import (
    ROOT_HANDLE,
    ForeignError,
    Standing,
    inner_handle,
)
from procwire.shaping.steps import (
    Catch,
    DropFilter,
    DropFilters,
    DropQdisc,
    Leave,
    MakeIfb,
    PutFilter,
    PutQdisc,
    RemoveLink,
    SetLink,
)
from tests.shaping.stage import ETH0, FULL, HERE

BAD = effect({"delay": "100ms", "loss": "3%"})
SSH = selector("peer=192.0.2.1 port=50000 local_port=22 protocol=tcp")


def test_all_of_an_interface_is_one_netem_in_one_message() -> None:
    part = sending(ETH0, Wish(effect=BAD, seed=7), FULL)
    (step,) = part.steps
    assert isinstance(step, PutQdisc)
    assert (step.kind, step.parent, step.handle, step.how) == ("netem", ROOT, ROOT_HANDLE, "add")
    made = netem.decode(step.options)
    assert (made.latency, made.seed) == (100_000_000, 7)
    assert part.undo == (Leave(device=3, slot=1, alone=True),)


def test_without_netem_a_rate_is_a_bucket_and_the_rest_is_refused() -> None:
    (step,) = sending(ETH0, Wish(effect=effect({"rate": "8mbit"})), HERE).steps
    assert isinstance(step, PutQdisc)
    assert step.kind == "tbf"
    part = sending(ETH0, Wish(effect=effect({"rate": "8mbit"}), exempt=(SSH,)), HERE)
    assert [step.kind for step in part.steps if isinstance(step, PutQdisc)] == ["htb", "pfifo", "pfifo"]
    with pytest.raises(UnableError, match=r"eth0 cannot be shaped so: this kernel has no netem .* shape run"):
        sending(ETH0, Wish(effect=BAD), HERE)


def test_a_foreign_root_is_left_alone_or_adopted_and_put_back() -> None:
    foreign = ETH0._replace(qdiscs=(Object(3, 0x80010000, ROOT, "fq_codel", b"\x08\0\2\0\xe8\3\0\0"),))
    with pytest.raises(ForeignError, match=r"fq_codel 8001:.*--adopt"):
        sending(foreign, Wish(effect=BAD), FULL)
    part = sending(foreign, Wish(effect=BAD, adopt=True), FULL)
    assert part.steps[0] == DropQdisc(device=3, parent=ROOT, handle=0x80010000, kind="fq_codel")
    assert part.leave is not None
    (back,) = part.leave.last
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
    part = receiving(ETH0, None, Wish(effect=BAD, sent=False, exempt=(SSH,)), replace(FULL, flower=False))
    device, name = ifb_of(ETH0)
    assert isinstance(part.steps[0], MakeIfb)
    assert SetLink(device=device, up=True) in part.steps
    last = part.steps[-1]
    assert isinstance(last, PutFilter)
    assert u32.decode(last.options).actions == (Mirred(device),)
    caught = [step for step in part.steps if isinstance(step, PutQdisc) and step.parent == CLSACT]
    assert [step.kind for step in caught] == ["clsact"]
    (leave,) = part.undo
    assert isinstance(leave, Leave)
    assert isinstance(leave.last[0], DropFilters)  # before the ifb: a redirect to nowhere drops everything
    assert leave.last[-1] == RemoveLink(device=device, name=name)
    exempt = [s for s in part.steps if isinstance(s, PutFilter) and s is not last]
    keys = u32.decode(exempt[0].options).keys
    assert any(key.offset == 12 and key.value == 0xC0000201 for key in keys)  # the peer is the source now


def test_what_a_group_receives_is_caught_by_its_sockets_alone() -> None:
    wish = Wish(effect=BAD, slot=3, sent=False, group="/system.slice/web.service")
    part = receiving(ETH0, None, wish, FULL)
    catch = part.steps[-1]
    assert isinstance(catch, Catch)
    assert (catch.cgroup, catch.priority, catch.to) == (wish.group, inner_handle(3), ifb_of(ETH0)[0])
    assert part.undo[0] == DropFilter(
        device=3, parent=catch.parent, priority=catch.order, protocol=3, kind="bpf", handle=3
    )
    orders = [order_of(group) for group in ("/", "/a", "/a/b", "/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/g/h/i/j")]
    assert orders == sorted(orders, reverse=True)
    assert orders[-1] > 1
    assert orders[0] < plan.CATCH_ALL
    options = filters.encode_bpf(filters.Bpf(name="procwire", direct=False, actions=(Mirred(catch.to),)))
    stands = ETH0._replace(
        qdiscs=(Object(3, 0xFFFF0000, CLSACT, "clsact"),),
        caught=(Object(3, 3, catch.parent, "bpf", options, traffic.filter_info(catch.order, 3)),),
    )
    again = receiving(stands, None, wish, FULL)
    assert not any(isinstance(step, Catch) for step in again.steps)
    assert again.undo[0] == part.undo[0]
    other = receiving(stands, None, replace(wish, slot=4), FULL)
    assert isinstance(other.steps[-1], Catch)
    taken = stands._replace(caught=(Object(3, 9, catch.parent, "u32", b"", catch.order << 16 | 0x300),))
    with pytest.raises(ForeignError, match=f"priority {catch.order}"):
        receiving(taken, None, wish, FULL)
    with pytest.raises(UnableError, match="bpf"):
        receiving(ETH0, None, wish, replace(FULL, bpf=False))


def test_somebody_elses_catcher_stays() -> None:
    stands = ETH0._replace(qdiscs=(Object(3, 0xFFFF0000, CLSACT, "clsact"),))
    part = receiving(stands, None, Wish(effect=BAD, sent=False), FULL)
    assert not any(isinstance(step, DropQdisc) for step in part.undo[0].last)  # type: ignore[union-attr]
    assert not any(isinstance(step, PutQdisc) and step.parent == CLSACT for step in part.steps)
    taken = stands._replace(caught=(Object(3, 1, 0xFFFFFFF2, "u32", u32.encode(u32.U32()), 11 << 16 | 8),))
    with pytest.raises(ForeignError, match="priority 11"):
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
    root = next(s for s in made.steps if isinstance(s, PutQdisc) and s.parent == ROOT)
    ifb = through._replace(qdiscs=(Object(through.device, root.handle, ROOT, root.kind, root.options),))
    again = receiving(stands, ifb, replace(wish, effect=effect({"delay": "3ms"})), FULL)
    changes = [step for step in again.steps if isinstance(step, PutQdisc)]
    assert [step.how for step in changes] == ["change"]
    assert again.leave is not None
    assert any(isinstance(step, DropQdisc) and step.parent == CLSACT for step in again.leave.last)


def test_the_name_of_an_ifb_fits() -> None:
    assert len(ifb_of(ETH0._replace(device=0x7FFFFFFF))[1]) <= 15
    assert plan.IFB_INDEX + 0x8000 < 1 << 31
