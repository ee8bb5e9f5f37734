from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from procwire.shaping.apply import Kernel, RefusedError
from procwire.shaping.codec import statistics
from procwire.shaping.namespace import GoneError, Namespace
from procwire.shaping.plan import Wish, ifb_of, receiving, sending
from procwire.shaping.selection import selector
from procwire.shaping.spelling import effect
from procwire.shaping.standing import FREE_CLASS, ForeignError, Standing, class_handle
from procwire.shaping.steps import DropQdisc, MakeIfb, Part, PutQdisc, RemoveLink
from tests.lab import Host, Lab, pair
from tests.shaping.stage import HERE, Inside, datagrams, inside, needs_lab, shown

pytestmark = [pytest.mark.kernel, needs_lab]

SLOW = Wish(effect=effect({"rate": "8mbit"}))


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[Lab, Host, Host]]:
    with pair() as made:
        yield made


@pytest.fixture
def left(hosts: tuple[Lab, Host, Host]) -> Iterator[tuple[Host, Inside]]:
    with inside(hosts[1]) as entered:
        yield hosts[1], entered
        hosts[1].run("tc", "qdisc", "del", "dev", "eth0", "root", check=False)
        hosts[1].run("tc", "qdisc", "del", "dev", "eth0", "clsact", check=False)


def done(kernel: Kernel, part: Part) -> None:
    for step in part.steps:
        kernel.do(step)


def test_a_bucket_is_put_changed_and_taken_away(left: tuple[Host, Inside]) -> None:
    host, entered = left
    part = sending(entered.standing(), SLOW, HERE)
    done(entered.kernel, part)
    (root,) = [each for each in shown(host, "qdisc", "show", "dev", "eth0") if each.get("root")]
    assert (root["kind"], root["handle"], root["options"]["rate"]) == ("tbf", "7077:", 1_000_000)
    changed = sending(entered.standing(), Wish(effect=effect({"rate": "4mbit"})), HERE)
    done(entered.kernel, changed)
    (root,) = shown(host, "qdisc", "show", "dev", "eth0")
    assert root["options"]["rate"] == 500_000
    assert entered.kernel.undo(changed.undo) == []
    (root,) = shown(host, "qdisc", "show", "dev", "eth0")
    assert root["kind"] == "noqueue"
    assert entered.kernel.undo(changed.undo) == []  # again, where nothing is left


def counted(standing: Standing, handle: int) -> int:
    """What a class has passed on, and what waits in it."""
    found = statistics.decode(next(each.statistics for each in standing.classes if each.handle == handle))
    return found.packets + found.queued


def test_a_part_of_the_traffic_is_slow_and_the_rest_is_not(left: tuple[Host, Inside]) -> None:
    """Told by the kernel's own counters, not by the clock."""
    host, entered = left
    chosen = (
        selector("peer=10.77.0.2 port=5000-5003 protocol=udp"),
        selector("peer=fd77:0::/64 protocol=udp"),
    )
    wish = replace(SLOW, selectors=chosen, exempt=(selector("port=5002"),))
    part = sending(entered.standing(), wish, HERE)
    done(entered.kernel, part)
    for target in (("10.77.0.2", 5000), ("10.77.0.2", 5002), ("10.77.0.2", 5004), ("fd77::2", 9)):
        datagrams(host, target, 5)
    assert counted(entered.standing(), class_handle(1)) == 10
    assert counted(entered.standing(), FREE_CLASS) >= 10
    entered.kernel.undo(part.undo)


def test_what_is_received_passes_an_ifb(hosts: tuple[Lab, Host, Host], left: tuple[Host, Inside]) -> None:
    host, entered = left
    wish = replace(SLOW, sent=False, exempt=(selector("port=6001"),))
    part = receiving(entered.standing(), None, wish, HERE)
    done(entered.kernel, part)
    datagrams(hosts[2], ("10.77.0.1", 6000), 4)
    datagrams(hosts[2], ("fd77::1", 6000), 3)
    through = entered.standing(ifb_of(entered.standing())[1])
    assert through.is_shared
    assert through.slots == {1}
    assert counted(through, class_handle(1)) >= 7
    again = receiving(entered.standing(), through, replace(wish, effect=effect({"rate": "1mbit"})), HERE)
    done(entered.kernel, again)
    assert entered.kernel.undo(again.undo) == []
    assert {each["kind"] for each in shown(host, "qdisc", "show")} == {"noqueue"}
    assert entered.kernel.link(ifb_of(entered.standing())[1]) is None


def test_a_foreign_tree_is_adopted_and_comes_back_exactly(left: tuple[Host, Inside]) -> None:
    host, entered = left
    host.run("tc", "qdisc", "add", "dev", "eth0", "root", "handle", "1:", "htb", "default", "20")
    for number, rate in (("1:1", "7mbit"), ("1:20", "3mbit")):
        parent = "1:" if number == "1:1" else "1:1"
        host.run(*f"tc class add dev eth0 parent {parent} classid {number} htb rate {rate} burst 15k".split())
    host.run("tc", "qdisc", "add", "dev", "eth0", "parent", "1:20", "handle", "20:", "pfifo", "limit", "77")
    chosen = "protocol ip u32 match ip dst 10.77.0.0/24 classid 1:20"
    host.run(*f"tc filter add dev eth0 parent 1: prio 4 {chosen}".split())
    shows = (
        ("qdisc", "show", "dev", "eth0"),
        ("class", "show", "dev", "eth0"),
        ("filter", "show", "dev", "eth0"),
    )
    before = [host.run("tc", *words) for words in shows]
    with pytest.raises(ForeignError, match="--adopt"):
        sending(entered.standing(), SLOW, HERE)
    assert [host.run("tc", *words) for words in shows] == before
    part = sending(entered.standing(whole=True), replace(SLOW, adopt=True), HERE)
    done(entered.kernel, part)
    assert entered.standing().is_ours
    assert entered.kernel.undo(part.undo) == []
    assert [host.run("tc", *words) for words in shows] == before


def test_what_somebody_put_there_meanwhile_stays(left: tuple[Host, Inside]) -> None:
    host, entered = left
    part = sending(entered.standing(), SLOW, HERE)
    done(entered.kernel, part)
    host.run("tc", "qdisc", "replace", "dev", "eth0", "root", "handle", "9:", "pfifo", "limit", "5")
    assert entered.kernel.undo(part.undo) == []
    assert [each["handle"] for each in shown(host, "qdisc", "show", "dev", "eth0")] == ["9:"]


def test_an_interface_that_was_renamed_is_still_found(left: tuple[Host, Inside]) -> None:
    host, entered = left
    part = sending(entered.standing(), SLOW, HERE)
    done(entered.kernel, part)
    host.run("ip", "link", "set", "eth0", "name", "other0")
    try:
        assert entered.kernel.undo(part.undo) == []
        assert [each["kind"] for each in shown(host, "qdisc", "show", "dev", "other0")] == ["noqueue"]
    finally:
        host.run("ip", "link", "set", "other0", "name", "eth0")
        host.run("ip", "link", "set", "eth0", "up")


def test_an_interface_or_a_namespace_that_is_gone_is_said(left: tuple[Host, Inside]) -> None:
    _, entered = left
    with pytest.raises(GoneError, match="the interface is gone"):
        entered.kernel.do(
            PutQdisc(device=99_999, parent=0xFFFFFFFF, handle=0x70770000, kind="pfifo", options=b"")
        )
    assert (
        entered.kernel.undo((DropQdisc(device=99_999, parent=0xFFFFFFFF, handle=1 << 16, kind="tbf"),)) == []
    )
    with Lab() as lab:
        path = str(lab.host("gone").path)
        with Namespace(path) as namespace:
            inode = namespace.place.inode
    with pytest.raises(GoneError):
        Namespace(path, inode)


def test_the_kernels_own_words_are_told(left: tuple[Host, Inside]) -> None:
    _, entered = left
    with pytest.raises(RefusedError, match="kind is unknown") as raised:
        entered.kernel.do(
            PutQdisc(device=entered.link().device, parent=0xFFFFFFFF, handle=0x70770000, kind="no-such-kind")
        )
    assert raised.value.errno == errno.ENOENT


def test_only_an_ifb_of_our_name_is_removed(left: tuple[Host, Inside]) -> None:
    host, entered = left
    entered.kernel.do(MakeIfb(device=0x70771234, name="pwifb9"))
    entered.kernel.do(
        MakeIfb(device=0x70771234, name="pwifb9")
    )  # one that a killed process left is taken over
    entered.kernel.do(RemoveLink(device=0x70771234, name="other"))
    entered.kernel.do(RemoveLink(device=entered.link().device, name="eth0"))
    assert entered.kernel.link("pwifb9") is not None
    assert entered.kernel.link("eth0") is not None
    entered.kernel.do(RemoveLink(device=0x70771234, name="pwifb9"))
    assert "pwifb9" not in host.run("ip", "link")


def test_a_thousand_interfaces_are_no_burden() -> None:
    """Bounded by processor time: a step on one does not read the others."""
    with Lab() as lab:
        host = lab.host("many")
        batch = "".join(f"link add many{number} type ifb\n" for number in range(1000))
        host.run("sh", "-c", f"printf '{batch}' | ip -batch -")
        with inside(host) as entered:
            assert len(entered.kernel.links()) >= 1000
            used = time.process_time()
            for number in (0, 500, 999):
                part = sending(entered.standing(f"many{number}"), SLOW, HERE)
                done(entered.kernel, part)
                assert entered.standing(f"many{number}").is_alone
                assert entered.kernel.undo(part.undo) == []
            assert time.process_time() - used < 1.0


def test_what_could_not_be_put_back_is_told(left: tuple[Host, Inside]) -> None:
    _, entered = left
    device = entered.link().device
    back = PutQdisc(device=device, parent=0xFFFFFFFF, handle=5 << 16, kind="no-such-kind")
    (failed,) = entered.kernel.undo((back,))
    assert "kind is unknown" in failed
    again = PutQdisc(device=device, parent=0xFFFFFFFF, handle=5 << 16, kind="pfifo", options=b"\5\0\0\0")
    assert entered.kernel.undo((again, again)) == []  # it is there already: that is what was wanted
