from __future__ import annotations

import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from procwire.shaping import groups, guard, journal, sockets
from procwire.shaping.apply import Kernel
from procwire.shaping.document import impairment
from procwire.shaping.failure import ShapingError
from procwire.shaping.finding import Finder, Spot
from procwire.shaping.impairment import Impairment
from procwire.shaping.journal import Entry, moved
from procwire.shaping.keeper import APPLYING_NS, Keeper
from procwire.shaping.requests import Applied, Apply, Refused
from procwire.shaping.session import Shaper, Terms, owner
from procwire.shaping.standing import ForeignError, inner_handle
from procwire.shaping.steps import PutQdisc, Untag
from procwire.shaping.target import target
from tests.lab import Host, pair, run, wait_for
from tests.shaping.stage import HERE, end_watchdog, needs_lab, shown
from tests.shaping.test_groups import say, talker

pytestmark = [pytest.mark.kernel, needs_lab]


@pytest.fixture(scope="module")
def left() -> Iterator[Host]:
    with pair() as (_, left, _right):
        yield left


@pytest.fixture
def shaper(tmp_path: Path, left: Host) -> Iterator[Shaper]:
    with Shaper(tmp_path / "shaping", able=HERE) as made:
        yield made
        made.clear()
        end_watchdog(tmp_path / "shaping")
    assert kinds(left) == {"noqueue"}
    assert left.run("ip", "-br", "link").count("pwifb") == 0


def kinds(host: Host) -> set[str]:
    return {each["kind"] for each in shown(host, "qdisc", "show")}


def wanted(host: Host, **words: Any) -> Impairment:
    return impairment({"target": f"namespace:{host.name}", **(words or {"rate": "8mbit"})})


def test_shaped_changed_and_cleared(shaper: Shaper, left: Host) -> None:
    first = shaper.shape(wanted(left))
    assert kinds(left) >= {"tbf", "clsact"}
    again = shaper.shape(wanted(left, rate="4mbit"))
    assert (first.changed, again.changed) == (False, True)
    assert again.entry.id == first.entry.id
    rates = {each["options"]["rate"] for each in shown(left, "qdisc", "show") if each["kind"] == "tbf"}
    assert rates == {500_000}
    assert [each["there"] for each in shaper.counted(again.entry)] == [True, True]
    assert len(shaper.entries()) == 1
    cleared = shaper.clear(target(f"namespace:{left.name}"))
    assert [entry.id for entry in cleared.entries] == [first.entry.id]
    assert cleared.failed == ()
    assert shaper.entries() == []


def test_a_lease_ends(shaper: Shaper, left: Host) -> None:
    made = shaper.shape(wanted(left), Terms(lease_ns=300_000_000))
    assert made.entry.until_ns - made.entry.made_ns == 300_000_000
    wait_for(lambda: kinds(left) == {"noqueue"}, what="the end of the lease")
    wait_for(lambda: shaper.entries() == [], what="an empty journal")


def test_what_nobody_confirms_is_undone_and_what_is_confirmed_stays(shaper: Shaper, left: Host) -> None:
    shaper.shape(wanted(left), Terms(confirm_ns=400_000_000))
    wait_for(lambda: kinds(left) == {"noqueue"}, what="the end of the confirmation")
    wait_for(lambda: shaper.entries() == [], what="an empty journal")
    made = shaper.shape(wanted(left), Terms(confirm_ns=60 * 10**9))
    (kept,) = shaper.confirm()
    assert kept.confirm_ns == 0
    told = guard.ask(shaper.journal.folder)
    assert told is not None
    assert told.held == [made.entry.id]
    assert shaper.confirm() == []


def test_the_end_of_an_owner_is_the_end(shaper: Shaper, left: Host) -> None:
    process = left.start("sleep", "600")
    shaper.shape(wanted(left), Terms(owner=owner(process.pid)))
    assert "tbf" in kinds(left)
    process.kill()  # nothing of it can be told any more
    process.wait()
    wait_for(lambda: kinds(left) == {"noqueue"}, what="the watchdog")
    with pytest.raises(ShapingError):
        shaper.shape(wanted(left), Terms(owner=journal.Owner(pid=os.getpid(), start=1)))  # another's by now


def test_the_watchdog_puts_back_when_it_is_told_to_end(shaper: Shaper, left: Host) -> None:
    shaper.shape(wanted(left))
    told = guard.ask(shaper.journal.folder)
    assert told is not None
    assert os.getsid(told.pid) != os.getsid(0)
    os.kill(told.pid, signal.SIGTERM)
    wait_for(lambda: kinds(left) == {"noqueue"}, what="the watchdog")


def test_after_every_process_was_killed_the_journal_knows(shaper: Shaper, left: Host) -> None:
    shaper.shape(wanted(left))
    told = guard.ask(shaper.journal.folder)
    assert told is not None
    os.kill(told.pid, signal.SIGKILL)
    wait_for(lambda: guard.ask(shaper.journal.folder) is None, what="the watchdog's end")
    assert "tbf" in kinds(left)
    with Shaper(shaper.journal.folder, able=HERE) as later:
        recovered = later.recover()
    assert len(recovered.entries) == 1
    assert kinds(left) == {"noqueue"}


def dies_at_once(_: socket.socket) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dies_with_the_answer_unread(connection: socket.socket) -> None:
    select.select([connection], [], [])
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("dies", [dies_at_once, dies_with_the_answer_unread])
def test_a_command_that_is_killed_before_it_was_told_has_shaped_nothing(
    shaper: Shaper, left: Host, monkeypatch: pytest.MonkeyPatch, dies: Callable[[socket.socket], None]
) -> None:
    """Its request or the answer is on the way, and nobody is there to say that it is in place."""
    shaper.journal.prepare()
    guard.start(shaper.journal.folder)
    pid = os.fork()
    if pid == 0:  # pragma: no cover
        try:
            monkeypatch.setattr(guard, "take_reply", dies)
            shaper.shape(wanted(left), Terms(environ={}))
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    wait_for(lambda: kinds(left) == {"noqueue"}, what="the warden")
    wait_for(lambda: shaper.entries() == [], what="an empty journal")


def test_a_warden_that_is_killed_half_way_has_written_down_what_undoes_it(
    shaper: Shaper, left: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is there before anything is changed, and ends by itself if it is not finished."""
    asked: list[Entry] = []

    def note(line: guard.Line, request: Apply) -> Applied:
        asked.append(request.entry)
        return Applied(1, 1, 0)

    monkeypatch.setattr(guard.Line, "have", note)
    shaper.shape(wanted(left))
    monkeypatch.undo()
    pid = os.fork()
    if pid == 0:  # pragma: no cover
        try:
            work = Kernel.do

            def once(kernel: Kernel, step: Any) -> None:
                work(kernel, step)
                os.kill(os.getpid(), signal.SIGKILL)

            monkeypatch.setattr(Kernel, "do", once)
            Keeper(shaper.journal).answer(Apply(asked[0]))
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    assert kinds(left) != {"noqueue"}
    (entry,) = shaper.entries()
    assert entry.confirm_ns - journal.now() <= APPLYING_NS
    shaper.journal.write(moved(entry, confirm_ns=journal.now()))  # half a minute later
    guard.start(shaper.journal.folder)  # by the next command, whatever it asks
    wait_for(lambda: shaper.entries() == [], what="an empty journal")
    assert kinds(left) == {"noqueue"}


def test_a_step_that_fails_takes_the_others_back(shaper: Shaper, left: Host) -> None:
    planned = shaper.planned(wanted(left))
    broken = PutQdisc(device=planned[0].device, parent=0x12340000, handle=0, kind="tbf")
    parts = (msgspec.structs.replace(planned[0], steps=(*planned[0].steps, broken)), *planned[1:])
    now = journal.now()
    entry = Entry(
        id=journal.identity(), document={"target": "x"}, parts=parts, boot=journal.boot(), made_ns=now,
        until_ns=now + 10**12,
    )  # fmt: skip
    told = Keeper(shaper.journal).answer(Apply(entry))
    assert isinstance(told, Refused)
    assert "put-qdisc" in told.reason
    assert kinds(left) == {"noqueue"}
    assert shaper.entries() == []


def test_what_another_put_there_is_refused_and_nothing_is_written(shaper: Shaper, left: Host) -> None:
    left.run(*["tc", "qdisc", "add", "dev", "eth0", "root", "handle", "5:", "pfifo", "limit", "9"])
    try:
        with pytest.raises(ForeignError, match="--adopt"):
            shaper.shape(wanted(left))
        assert shaper.entries() == []
        shaper.shape(wanted(left), Terms(adopt=True))
        shaper.shape(wanted(left, rate="1mbit"), Terms(adopt=True))
        shaper.clear()
        (root,) = [each for each in shown(left, "qdisc", "show", "dev", "eth0") if each.get("root")]
        assert (root["handle"], root["options"]["limit"]) == ("5:", 9)
    finally:
        left.run(*["tc", "qdisc", "del", "dev", "eth0", "root"])


def test_a_multiqueue_root_is_adopted_and_comes_back(shaper: Shaper, left: Host) -> None:
    left.run(*["ip", "link", "add", "many0", "numtxqueues", "4", "type", "ifb"], check=False)
    left.run(*["ip", "link", "set", "many0", "up"])
    try:
        left.run(*["tc", "qdisc", "replace", "dev", "many0", "root", "handle", "8:", "mq"])
        before = left.run(*["tc", "qdisc", "show", "dev", "many0"])
        asked = impairment({"target": f"namespace:{left.name}/many0", "rate": "8mbit", "direction": "egress"})
        with pytest.raises(ForeignError, match="mq 8:"):
            shaper.shape(asked)
        made = shaper.shape(asked, Terms(adopt=True))
        assert any("mq" in note for note in made.entry.notes)
        shaper.clear()
        assert left.run(*["tc", "qdisc", "show", "dev", "many0"]) == before
    finally:
        left.run(*["ip", "link", "del", "many0"])


def test_two_that_mean_all_of_an_interface_do_not_share_it(shaper: Shaper, left: Host) -> None:
    shaper.shape(wanted(left))
    with pytest.raises(ForeignError, match="already shaped for"):
        shaper.shape(impairment({"target": f"namespace:{left.path}", "rate": "8mbit"}))
    with pytest.raises(ForeignError, match="other directions"):
        shaper.shape(wanted(left, rate="8mbit", direction="egress"))


def test_one_process_is_shaped_with_the_sockets_that_it_has(shaper: Shaper, left: Host) -> None:
    with talker(left, "10.77.0.2") as process, talker(left, "10.77.0.2") as other:
        say(process)
        pid: int = process.pid  # type: ignore[attr-defined]
        home = groups.of_process(pid)
        asked = impairment({"target": f"process:{pid}", "rate": "8mbit", "direction": "egress"})
        entry = shaper.shape(asked).entry
        assert groups.of_process(pid) == f"{home.rstrip('/')}/procwire-shape-{pid}"
        for each in (process, process, other):
            say(each)
        (counted,) = shaper.counted(entry)
        assert counted["packets"] + counted["waiting"] == 2
        shaper.shape(asked)
        shaper.clear()
        assert groups.of_process(pid) == home
        step = Untag(pid=pid, start=groups.start_of(pid), priority=inner_handle(1))
        assert sockets.untag(step) == 0  # nothing is left of it


def test_entries_of_another_boot_are_forgotten(shaper: Shaper, left: Host) -> None:
    made = shaper.shape(wanted(left)).entry
    shaper.journal.write(msgspec.structs.replace(made, id="00000000", boot="another"))
    assert [entry.id for entry in shaper.entries()] == [made.id]
    assert shaper.recover().entries == ()
    assert len(shaper.journal.entries()) == 1


def test_a_namespace_that_vanishes_takes_its_entry_along(shaper: Shaper) -> None:
    with pair() as (_, gone, _other):
        shaper.shape(wanted(gone))
    wait_for(lambda: shaper.entries() == [], what="the watchdog")
    assert shaper.clear().failed == ()


def test_when_a_container_ends_its_other_end_is_put_back_too(
    shaper: Shaper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held by the watchdog alone, its namespace must not live on, nor the host's end of the wire stay bad."""
    with pair() as (lab, box, outer):
        kernels = [shaper._finder.kernel(str(each.path)) for each in (box, outer)]
        links = [kernel.link("eth0") for kernel in kernels]
        assert links[0] is not None
        assert links[1] is not None
        spots = [
            Spot(kernels[0], links[0], "egress", sends=True),
            Spot(kernels[1], links[1], "ingress", sends=True),
        ]
        monkeypatch.setattr(Finder, "spots", lambda self, target, sides: spots)
        shaper.shape(impairment({"target": "container:box", "rate": "8mbit"}))
        assert kinds(outer) >= {"tbf"}
        shaper._finder.close()  # or this process would hold it
        lab.hosts.remove(box)
        run("ip", "netns", "del", box.name)
        wait_for(lambda: shaper.entries()[0].parts == (), what="the watchdog")
        wait_for(lambda: "eth0" not in outer.run("ip", "-br", "link"), what="the end of the wire")


def test_a_lease_has_an_end() -> None:
    with pytest.raises(ShapingError, match="30 days"), Shaper() as made:
        made.shape(impairment({"target": "eth0", "loss": "3%"}), Terms(lease_ns=10**20))


OWN = """
import json, sys
from pathlib import Path
from procwire.shaping.apply import Kernel
from procwire.shaping.document import impairment
from procwire.shaping.session import Shaper, Terms
environ = {"SSH_CONNECTION": "10.77.0.2 50000 10.77.0.1 22"}
with Shaper(Path(sys.argv[1])) as shaper:
    made = shaper.shape(impairment({"target": sys.argv[2], "rate": "8mbit"}), Terms(environ=environ))
    print(json.dumps(made.entry.id))
"""


def test_on_this_hosts_own_interface_the_ssh_connection_passes(shaper: Shaper, left: Host) -> None:
    """The program is inside, so that the interface is its own; its name is as bad as a name may be."""
    hostile = "$(id);\x1b[2J"
    left.run("ip", "link", "set", "eth0", "down")
    left.run("ip", "link", "set", "eth0", "name", hostile)
    left.run("ip", "link", "set", hostile, "up")
    try:
        left.run(sys.executable, "-c", OWN, str(shaper.journal.folder), f"interface:{hostile}")
        rules = left.run("tc", "filter", "show", "dev", hostile, "parent", "7078:")
        assert "match 0a4d0002/ffffffff at 16" in rules  # to the peer
        assert "match 00160000/ffff0000 at 20" in rules  # from port 22
        assert "match 0000c350/0000ffff at 20" in rules  # to port 50000
        assert "flowid 7078:1" in rules
        (entry,) = shaper.entries()
        device = f"pwifb{entry.parts[0].device}"
        received = left.run("tc", "filter", "show", "dev", device, "parent", "7078:")
        assert "match 0a4d0002/ffffffff at 12" in received
        assert entry.parts[0].name == hostile
    finally:
        assert shaper.clear().failed == ()
        left.run("ip", "link", "set", hostile, "down")
        left.run("ip", "link", "set", hostile, "name", "eth0")
        left.run("ip", "link", "set", "eth0", "up")
