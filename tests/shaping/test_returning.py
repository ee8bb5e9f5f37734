from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.model.process import Container
from procwire.shaping.document import impairment
from procwire.shaping.finding import Finder, Found
from procwire.shaping.journal import Entry, Journal
from procwire.shaping.keeper import Keeper
from procwire.shaping.requests import Done, Restore
from procwire.shaping.returning import RESTS, Direct, may_return, rests
from procwire.shaping.session import Shaper, Terms
from tests.lab import Host, Lab, pair, run, wait_for
from tests.shaping.stage import namespace_of, needs_lab, shown

pytestmark = [pytest.mark.kernel, needs_lab]
WEB = Container(id="0123456789abcdef" * 4, name="web")


def runs(monkeypatch: pytest.MonkeyPatch, host: Host) -> int:
    """A container is started in a host's namespace: what a runtime's API says from now on."""
    process = host.start("sleep", "600")
    inode = host.path.stat().st_ino
    wait_for(lambda: namespace_of(process.pid) == inode, what="the container")
    monkeypatch.setattr(Finder, "containers", lambda _: [Found(WEB, process.pid)])
    return process.pid


def ends(monkeypatch: pytest.MonkeyPatch, lab: Lab, box: Host, pid: int) -> None:
    """It ends, and its network with it."""
    program = next(each for each in lab.programs if each.pid == pid)
    program.kill()
    program.wait()
    lab.hosts.remove(box)
    run("ip", "netns", "del", box.name)
    monkeypatch.setattr(Finder, "containers", lambda _: [])


def kinds(host: Host) -> set[str]:
    return {each["kind"] for each in shown(host, "qdisc", "show")}


def shaped(keeper: Keeper, target: str = "container:web") -> Entry:
    with Shaper(keeper.journal.folder, warden=Direct(keeper.answer)) as shaper:
        asked = impairment({"target": target, "rate": "8mbit", "direction": "egress"})
        return shaper.shape(asked, Terms(environ={}, ledger="")).entry


def kept(keeper: Keeper, made: Entry) -> Entry:
    found = keeper.journal.get(made.id)
    assert found is not None
    return found


def test_a_container_that_is_started_again_is_shaped_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another process, another namespace, and another wire: it has its name."""
    keeper = Keeper(Journal(tmp_path / "shaping"))
    with pair() as (lab, box, _):
        pid = runs(monkeypatch, box)
        made = shaped(keeper)
        assert "tbf" in kinds(box)
        ends(monkeypatch, lab, box, pid)
        keeper.end_what_is_due()
        assert rests(kept(keeper, made))
        assert RESTS in kept(keeper, made).notes
        keeper.end_what_is_due()  # and is not there yet
        assert rests(kept(keeper, made))
    with pair() as (_, box, _other):
        runs(monkeypatch, box)
        keeper.holds[made.id].look_ns = 0
        keeper.end_what_is_due()
        again = kept(keeper, made)
        assert [part.place.inode for part in again.parts] == [box.path.stat().st_ino]
        assert RESTS not in again.notes
        assert abs(again.until_ns - made.until_ns) < 60 * 10**9
        assert "tbf" in kinds(box)
        assert keeper.answer(Restore(made.id)) == Done()
        assert kinds(box) == {"noqueue"}
    assert keeper.journal.entries() == []


def test_while_it_rests_it_is_changed_cleared_and_ends_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Keeper(Journal(tmp_path / "shaping"))
    with pair() as (lab, box, _), pair() as (_, other, _):
        pid = runs(monkeypatch, box)
        made = shaped(keeper)
        ends(monkeypatch, lab, box, pid)
        keeper.end_what_is_due()
        runs(monkeypatch, other)
        changed = shaped(keeper)  # by its user, before it was found
        assert changed.id == made.id
        assert "tbf" in kinds(other)
        keeper.end_what_is_due()
        assert keeper.answer(Restore(made.id)) == Done()
        assert kinds(other) == {"noqueue"}
    assert keeper.holds == {}


def test_a_namespace_that_has_ended_does_not_come_back(tmp_path: Path) -> None:
    keeper = Keeper(Journal(tmp_path / "shaping"))
    with pair() as (_, box, _other):
        made = shaped(keeper, f"namespace:{box.name}")
        assert not may_return(made)
    keeper.end_what_is_due()
    assert keeper.journal.entries() == []
    assert os.listdir(tmp_path / "shaping")  # noqa: PTH208
