"""Several impairments on one interface: each for itself, whoever comes and goes beside it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from procwire.shaping import finding, groups, guard, journal, neighbours
from procwire.shaping.document import impairment
from procwire.shaping.impairment import Impairment
from procwire.shaping.journal import Entry
from procwire.shaping.session import Shaper, Terms
from procwire.shaping.standing import ForeignError
from procwire.shaping.steps import Leave, Part, Place
from procwire.shaping.target import target
from tests.lab import Host, pair, wait_for
from tests.shaping.stage import HERE, end_watchdog, is_over, needs_lab, shown

ADD = Terms(add=True)

ECHO = """
import socket, sys
bound = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
bound.bind((sys.argv[1], 0))
print(bound.getsockname()[1], flush=True)
while True:
    word, peer = bound.recvfrom(2048)
    bound.sendto(b"back", peer)
"""


def entry(document: dict[str, Any], *, slot: int = 1, device: int = 3, last: bool = True) -> Entry:
    place = Place(path="/run/netns/x", inode=7)
    undo = (Leave(device=device, slot=slot),) if last else ()
    part = Part(place=place, device=device, name="eth0", side="egress", steps=(), undo=undo)
    return Entry(
        id=journal.identity(), document=document, parts=(part,), boot="", made_ns=0, until_ns=0, slot=slot
    )


def test_a_request_changes_what_means_the_same_or_is_the_only_one() -> None:
    whole, port = entry({"target": "eth0"}), entry({"target": "eth0", "match": ["port=53"]}, slot=2)
    asked = impairment({"target": "eth0", "loss": "3%", "match": ["port=53"]})
    assert neighbours.changed_by(asked, [whole, port], add=False) is port
    assert neighbours.changed_by(asked, [whole, port], add=True) is port
    assert neighbours.changed_by(asked, [whole], add=False) is whole
    assert neighbours.changed_by(asked, [whole], add=True) is None
    assert neighbours.changed_by(asked, [], add=False) is None
    other = impairment({"target": "eth0", "loss": "3%", "match": ["port=80"]})
    with pytest.raises(ForeignError, match=r"in parts: \w+ \(all\), \w+ \(port=53\).*--add"):
        neighbours.changed_by(other, [whole, port], add=False)
    of_group = impairment({"target": "process:9", "loss": "3%", "match": ["port=80"]})
    with pytest.raises(ForeignError, match="once only"):
        neighbours.changed_by(of_group, [entry({"target": "process:9"})], add=True)


def test_numbers_are_given_out_once_and_again_when_they_are_free() -> None:
    assert neighbours.free_slot([]) == 1
    assert neighbours.free_slot([entry({}, slot=1), entry({}, slot=3)]) == 2
    with pytest.raises(ForeignError, match="1024"):
        neighbours.free_slot([entry({}, slot=slot) for slot in range(1, 1025)])


def test_what_an_older_procwire_made_is_not_changed() -> None:
    with pytest.raises(ForeignError, match="older procwire"):
        neighbours.checked(entry({"target": "eth0"}, slot=0), set())
    with pytest.raises(ForeignError, match="other directions"):
        neighbours.checked(entry({"target": "eth0"}), set())


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[Host, Host]]:
    with pair() as (_, left, right):
        yield left, right


@pytest.fixture
def shaper(tmp_path: Path, hosts: tuple[Host, Host]) -> Iterator[Shaper]:
    left, _ = hosts
    with Shaper(tmp_path / "shaping", able=HERE) as made:
        yield made
        made.clear()
        end_watchdog(tmp_path / "shaping")
    assert kinds(left) == {"noqueue"}
    assert left.run("ip", "-br", "link").count("pwifb") == 0


def kinds(host: Host) -> set[str]:
    return {each["kind"] for each in shown(host, "qdisc", "show")}


def named(host: Host, **words: Any) -> Impairment:
    return impairment({"target": f"namespace:{host.name}", "rate": "80mbit", **words})


def of(process: subprocess.Popen[str], **words: Any) -> Impairment:
    return impairment({"target": f"process:{process.pid}", "rate": "80mbit", **words})


def passed(shaper: Shaper, entry: Entry) -> dict[str, int]:
    return {each["side"]: each["packets"] + each["waiting"] for each in shaper.counted(entry)}


@contextlib.contextmanager
def echoing(host: Host, address: str = "10.77.0.1", group: str = "") -> Iterator[tuple[Any, int]]:
    def enter() -> None:
        if group:
            Path(f"{groups.root()}{group}/cgroup.procs").write_text(str(os.getpid()))

    process = host.start(
        sys.executable, "-S", "-c", ECHO, address, stdout=subprocess.PIPE, text=True, bufsize=1,
        preexec_fn=enter,
    )  # fmt: skip
    try:
        yield process, int(process.stdout.readline())  # type: ignore[union-attr]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def trips(host: Host, port: int, count: int, address: str = "10.77.0.1") -> None:
    """So many datagrams there and back, one after the other."""
    with host.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(60)
        for _ in range(count):
            sender.sendto(b"there", (address, port))
            assert sender.recv(64) == b"back"


@pytest.mark.kernel
@needs_lab
def test_what_two_processes_receive_and_send_is_told_apart(shaper: Shaper, hosts: tuple[Host, Host]) -> None:
    """With sockets that they had before, over IPv4 and IPv6; and a third process is nobody's."""
    left, right = hosts
    with (
        echoing(left) as (first, port),
        echoing(left, "fd77::1") as (second, port6),
        echoing(left) as (_, free),
    ):
        trips(right, port, 1)
        trips(right, port6, 1, "fd77::1")
        one = shaper.shape(of(first)).entry
        other = shaper.shape(of(second)).entry
        trips(right, port, 5)
        trips(right, port6, 3, "fd77::1")
        trips(right, free, 7)
        assert passed(shaper, one) == {"egress": 5, "ingress": 5}
        assert passed(shaper, other) == {"egress": 3, "ingress": 3}
        before = shown(left, "filter", "show", "dev", "eth0", "parent", "7078:")
        shaper.clear(target(f"process:{first.pid}"))
        trips(right, port, 2)
        trips(right, port6, 4, "fd77::1")
        assert passed(shaper, other) == {"egress": 7, "ingress": 7}
        assert before == shown(left, "filter", "show", "dev", "eth0", "parent", "7078:")


@pytest.mark.kernel
@needs_lab
def test_an_interface_two_of_its_parts_and_a_process_are_shaped_at_once(
    shaper: Shaper, hosts: tuple[Host, Host]
) -> None:
    """The narrowest takes a packet; who stood alone is given a tree with room, with the same numbers."""
    left, right = hosts
    with echoing(left) as (process, port), echoing(left) as (_, other), echoing(left, "fd77::1") as (_, six):
        whole = shaper.shape(named(left)).entry
        assert "tbf" in kinds(left)
        part = shaper.shape(named(left, match=[f"local_port={other} protocol=udp"]), ADD).entry
        assert kinds(left) >= {"htb", "pfifo", "clsact"}
        assert "tbf" not in kinds(left)
        mine = shaper.shape(of(process)).entry
        six_part = shaper.shape(named(left, match=["peer=fd77::2 protocol=udp"]), ADD).entry
        trips(right, port, 3)
        trips(right, other, 4)
        trips(right, six, 5, "fd77::1")
        assert passed(shaper, mine) == {"egress": 3, "ingress": 3}
        assert passed(shaper, part) == {"egress": 4, "ingress": 4}
        assert passed(shaper, six_part) == {"egress": 5, "ingress": 5}
        (again,) = [each for each in shaper.entries() if each.id == whole.id]
        assert again.document == whole.document
        assert "rate 80Mbit" in classes(left)
        assert shaper.clear(identity=whole.id).failed == ()
        trips(right, other, 2)
        assert passed(shaper, part) == {"egress": 6, "ingress": 6}
        changed = shaper.shape(named(left, rate="40mbit", match=[f"local_port={other} protocol=udp"]))
        assert changed.changed
        assert changed.entry.id == part.id
        assert "rate 40Mbit" in classes(left)
        assert passed(shaper, six_part) == {"egress": 5, "ingress": 5}


def classes(host: Host) -> str:
    return host.run("tc", "class", "show", "dev", "eth0")


@pytest.mark.kernel
@needs_lab
def test_a_process_goes_before_the_group_that_it_is_in(
    shaper: Shaper, hosts: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = hosts
    group = f"/{left.name}"
    Path(groups.root() + group).mkdir()
    monkeypatch.setattr(finding, "OWN", str(left.path))  # where a group's network is looked for
    try:
        with echoing(left, group=group) as (process, port), echoing(left, group=group) as (_, other):
            every = shaper.shape(impairment({"target": f"cgroup:{group}", "rate": "80mbit"})).entry
            one = shaper.shape(of(process)).entry
            trips(right, port, 3)
            trips(right, other, 5)
            assert passed(shaper, one) == {"egress": 3, "ingress": 3}
            assert passed(shaper, every) == {"egress": 5, "ingress": 5}
            shaper.clear(identity=one.id)
            trips(right, port, 2)
            assert passed(shaper, every) == {"egress": 7, "ingress": 7}
            shaper.clear(identity=every.id)
    finally:
        wait_for(lambda: removed(group), what="the end of those that were in it")


def removed(group: str) -> bool:
    """Whether a control group is gone; it stays while somebody in it is."""
    with contextlib.suppress(OSError):
        Path(groups.root() + group).rmdir()
        return True
    return False


@pytest.mark.kernel
@needs_lab
def test_a_foreign_root_comes_back_with_the_last_whoever_adopted_it(
    shaper: Shaper, hosts: tuple[Host, Host]
) -> None:
    left, _ = hosts
    left.run("tc", "qdisc", "add", "dev", "eth0", "root", "handle", "5:", "pfifo", "limit", "9")
    try:
        asked = {"direction": "egress", "rate": "8mbit"}
        first = shaper.shape(named(left, **asked, match=["port=53"]), Terms(adopt=True)).entry
        second = shaper.shape(named(left, **asked, match=["port=80"]), ADD).entry
        shaper.clear(identity=first.id)
        assert passed(shaper, second) == {"egress": 0}
        shaper.clear(identity=second.id)
        (root,) = [each for each in shown(left, "qdisc", "show", "dev", "eth0") if each.get("root")]
        assert (root["handle"], root["options"]["limit"]) == ("5:", 9)
    finally:
        left.run("tc", "qdisc", "del", "dev", "eth0", "root")


@pytest.mark.kernel
@needs_lab
def test_two_are_recovered_when_everything_was_killed(shaper: Shaper, hosts: tuple[Host, Host]) -> None:
    left, _ = hosts
    with echoing(left) as (process, _port):
        home = Path(f"/proc/{process.pid}/cgroup").read_text()
        shaper.shape(named(left))
        shaper.shape(of(process))
        told = guard.ask(shaper.journal.folder)
        assert told is not None
        os.kill(told.pid, signal.SIGKILL)
        wait_for(lambda: is_over(told.pid), what="its end")
        assert "htb" in kinds(left)
        recovered = shaper.recover()
        assert recovered.failed == ()
        assert len(recovered.entries) == 2
        assert kinds(left) == {"noqueue"}
        assert Path(f"/proc/{process.pid}/cgroup").read_text() == home


@pytest.mark.kernel
@needs_lab
def test_the_lease_of_one_ends_and_the_other_stays(shaper: Shaper, hosts: tuple[Host, Host]) -> None:
    left, _ = hosts
    first = shaper.shape(named(left, match=["port=53"])).entry
    second = shaper.shape(named(left, match=["port=80"]), Terms(add=True, lease_ns=300_000_000)).entry
    wait_for(lambda: [each.id for each in shaper.entries()] == [first.id], what="the end of one lease")
    assert passed(shaper, first) == {"egress": 0, "ingress": 0}
    assert not any(each["there"] for each in shaper.counted(second))


@pytest.mark.kernel
@needs_lab
def test_the_same_name_and_index_in_two_namespaces_are_two(shaper: Shaper, hosts: tuple[Host, Host]) -> None:
    entries = []
    for host in hosts:
        host.run("ip", "link", "add", "twin0", "index", "4242", "type", "ifb")
        host.run("ip", "link", "set", "twin0", "up")
        asked = {"target": f"namespace:{host.name}/twin0", "rate": "8mbit", "direction": "egress"}
        entries.append(shaper.shape(impairment(asked)).entry)
    first, second = entries
    assert [(part.name, part.device) for part in first.parts] == [("twin0", 4242)]
    assert [(part.name, part.device) for part in second.parts] == [("twin0", 4242)]
    shaper.clear(identity=first.id)
    assert [kinds(host) & {"tbf"} for host in hosts] == [set(), {"tbf"}]
    assert passed(shaper, second).keys() == {"egress"}
    shaper.clear(identity=second.id)
    for host in hosts:
        host.run("ip", "link", "del", "twin0")
