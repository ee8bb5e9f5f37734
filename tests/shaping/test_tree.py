from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from procwire.shaping.codec import htb, netem, traffic, u32
from procwire.shaping.codec.attributes import attributes
from procwire.shaping.codec.traffic import ROOT, Object
from procwire.shaping.impairment import Effect
from procwire.shaping.selection import selector
from procwire.shaping.spelling import effect
from procwire.shaping.standing import (
    FREE_CLASS,
    ROOT_HANDLE,
    TREE_HANDLE,
    Standing,
    class_handle,
    inner_handle,
    leaf_handle,
)
from procwire.shaping.steps import DropFilters, DropQdisc, PutClass, PutFilter, PutQdisc, Step
from procwire.shaping.tree import BANK, WHOLE_PRIORITY, Wish, filters_of, tree
from tests.shaping.stage import ETH0, FULL, HERE
from tests.shaping.strategies import effects

BAD = effect({"delay": "100ms", "loss": "3%"})
PEER = selector("10.0.0.0/8")
SSH = selector("peer=192.0.2.1 port=50000 local_port=22 protocol=tcp")


def after(standing: Standing, steps: tuple[Step, ...]) -> Standing:
    """What stands when the steps are done: the kernel, as far as a plan needs one."""
    qdiscs = {each.parent: each for each in standing.qdiscs}
    classes = {each.handle: each for each in standing.classes}
    found = list(standing.filters)
    for step in steps:
        if isinstance(step, PutQdisc):
            assert step.how != "add" or step.parent not in qdiscs or not qdiscs[step.parent].handle
            if step.parent == ROOT and step.how != "change":
                qdiscs, classes, found = {}, {}, []
            qdiscs[step.parent] = Object(3, step.handle, step.parent, step.kind, step.options)
        elif isinstance(step, DropQdisc):
            qdiscs, classes, found = {}, {}, []
        elif isinstance(step, PutClass):
            assert step.how == "change" or step.handle not in classes
            classes[step.handle] = Object(3, step.handle, step.parent, "htb", step.options)
        elif isinstance(step, PutFilter):
            info = traffic.filter_info(step.priority, step.protocol)
            found.append(Object(3, 0x80000800, step.parent, step.kind, step.options, info))
        elif isinstance(step, DropFilters):
            found = [f for f in found if (f.priority, f.protocol) != (step.priority, step.protocol)]
    return standing._replace(
        qdiscs=tuple(qdiscs.values()), classes=tuple(classes.values()), filters=tuple(found)
    )


def kinds(steps: tuple[Step, ...]) -> list[type]:
    return [type(step) for step in steps]


@given(effects(), effects())
def test_a_change_of_numbers_is_one_message_that_names_everything(before: Effect, then: Effect) -> None:
    first, second = Wish(effect=before, shared=True), Wish(effect=then, shared=True)
    made = tree(after(ETH0, tree(ETH0, first, FULL).steps), second, FULL)
    changed = [step for step in made.steps if isinstance(step, PutQdisc)]
    assert [step.how for step in changed] == ["change"]
    assert {1, 3, 4, 6, 7, 10, 11, 12} <= set(attributes(changed[0].options[netem.QOPT_BYTES :]))
    assert not any(isinstance(step, DropQdisc) for step in made.steps)


@given(effects())
def test_alone_a_change_is_one_message_too(then: Effect) -> None:
    stands = after(ETH0, tree(ETH0, Wish(effect=BAD), FULL).steps)
    made = tree(stands, Wish(effect=then), FULL)
    held = then.rate is not None and then.rate.burst_bytes is not None
    (first, *more) = [step for step in made.steps if isinstance(step, PutQdisc)]
    assert (first.how, bool(more)) == (("replace", True) if held else ("change", False))


def test_a_part_is_a_class_and_the_rest_passes_in_another() -> None:
    made = tree(ETH0, Wish(effect=BAD, selectors=(PEER,), exempt=(SSH,)), FULL)
    top, free, _, middle, leaf, *filters = made.steps
    assert isinstance(top, PutQdisc)
    assert (top.handle, top.how, htb.decode(top.options).default) == (TREE_HANDLE, "add", FREE_CLASS & 0xFFFF)
    assert isinstance(free, PutClass)
    assert isinstance(middle, PutClass)
    assert (free.handle, middle.handle) == (FREE_CLASS, class_handle(1))
    assert isinstance(leaf, PutQdisc)
    assert (leaf.kind, leaf.parent, leaf.handle) == ("netem", class_handle(1), leaf_handle(1))
    rules = [each for each in filters if isinstance(each, PutFilter)]
    assert [each.priority for each in rules] == sorted(each.priority for each in rules)
    assert len({(each.priority, each.protocol) for each in rules}) == len({each.priority for each in rules})


def test_with_exemptions_alone_all_the_rest_is_shaped() -> None:
    made = tree(ETH0, Wish(effect=BAD, exempt=(SSH,)), FULL)
    last = made.steps[-1]
    assert isinstance(last, PutFilter)
    assert last.priority > WHOLE_PRIORITY
    assert u32.decode(last.options) == u32.U32(classid=class_handle(1))


def test_right_filters_are_not_touched_and_wrong_ones_go_last() -> None:
    wish = Wish(effect=BAD, selectors=(PEER,), exempt=(SSH,))
    stands = after(ETH0, tree(ETH0, wish, FULL).steps)
    same = tree(stands, replace(wish, effect=effect({"delay": "5ms"})), FULL)
    assert kinds(same.steps) == [PutQdisc]
    for then in (replace(wish, selectors=(selector("port=53"),)), replace(wish, selectors=())):
        other = tree(stands, then, FULL)
        order = kinds(other.steps)
        assert order.index(DropFilters) > max(place for place, kind in enumerate(order) if kind is PutFilter)
        again = tree(after(stands, other.steps), then, FULL)
        assert kinds(again.steps) == [PutQdisc]


def test_a_groups_packets_go_through_an_inner_class() -> None:
    wish = Wish(effect=BAD, slot=5, group="/x", exempt=(SSH,))
    made = tree(ETH0, wish, FULL)
    handles = [(step.handle, step.parent) for step in made.steps if isinstance(step, PutClass)][1:]
    assert handles == [(inner_handle(5), TREE_HANDLE), (class_handle(5), inner_handle(5))]
    filters = [step for step in made.steps if isinstance(step, PutFilter)]
    assert {step.parent for step in filters} == {inner_handle(5)}
    assert u32.decode(filters[-1].options).classid == class_handle(5)
    assert kinds(tree(after(ETH0, made.steps), wish, FULL).steps) == [PutQdisc]


def test_a_bucket_beside_netem_is_htbs() -> None:
    made = tree(ETH0, Wish(effect=effect({"rate": "8mbit", "bucket": "64kb", "delay": "5ms"})), FULL)
    middle, leaf = made.steps[3:5]
    assert isinstance(middle, PutClass)
    assert abs(htb.decode_class(middle.options).burst - 64_000) < 64
    assert isinstance(leaf, PutQdisc)
    assert netem.decode(leaf.options).rate == 0


def test_another_joins_without_a_message_about_those_that_stand() -> None:
    stands = after(ETH0, tree(ETH0, Wish(effect=BAD, slot=1, shared=True), FULL).steps)
    joined = tree(stands, Wish(effect=BAD, slot=2, selectors=(PEER,), shared=True), FULL)
    own = {class_handle(2), leaf_handle(2)}
    assert all(step.handle in own for step in joined.steps if isinstance(step, PutClass | PutQdisc))
    both = after(stands, joined.steps)
    assert both.slots == {1, 2}
    assert not {each.priority for each in filters_of(1, both.filters)} & {
        each.priority for each in filters_of(2, both.filters)
    }
    part, whole = filters_of(2, both.filters), filters_of(1, both.filters)
    assert max(each.priority for each in part) < min(each.priority for each in whole)
    assert len(part) + len(whole) == len(both.filters)


def test_who_stood_alone_is_swapped_in_one_message_and_nothing_passes_untouched() -> None:
    stands = after(ETH0, tree(ETH0, Wish(effect=BAD), FULL).steps)
    assert stands.is_alone
    made = tree(stands, Wish(effect=BAD, shared=True), FULL)
    top, *middle, free, _ = made.steps
    assert isinstance(top, PutQdisc)
    assert (top.how, top.handle) == ("replace", TREE_HANDLE)
    assert htb.decode(top.options).direct_queue == 0  # what has no class yet is dropped
    assert isinstance(free, PutClass)
    assert free.handle == FREE_CLASS  # the way for what is nobody's comes last
    assert any(isinstance(step, PutFilter) for step in middle)
    assert not any(isinstance(step, DropQdisc) for step in made.steps)
    assert made.leave.alone  # what undoes it finds either tree
    assert "are lost" in made.notes[0]
    back = tree(after(stands, made.steps), Wish(effect=BAD), FULL)
    assert kinds(back.steps) == [PutQdisc]  # it stays as it is when the others have gone


def test_without_netem_alone_is_a_bucket() -> None:
    made = tree(ETH0, Wish(effect=effect({"rate": "8mbit"})), HERE)
    (root,) = made.steps
    assert isinstance(root, PutQdisc)
    assert (root.kind, root.handle) == ("tbf", ROOT_HANDLE)


def test_the_two_sets_of_an_impairments_filters_are_its_own() -> None:
    stands = after(ETH0, tree(ETH0, Wish(effect=BAD, selectors=(PEER,)), FULL).steps)
    other = tree(stands, Wish(effect=BAD, selectors=(selector("port=53"),)), FULL)
    put = [step.priority for step in other.steps if isinstance(step, PutFilter)]
    gone = [step.priority for step in other.steps if isinstance(step, DropFilters)]
    assert {each // (2 * BANK) for each in put} == {each // (2 * BANK) for each in gone}
    assert {each // BANK for each in put}.isdisjoint({each // BANK for each in gone})
