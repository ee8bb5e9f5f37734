from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from procwire.model.process import Container
from procwire.processes import census
from procwire.processes.container_names import ContainerNames
from procwire.shaping import groups
from procwire.shaping.document import impairment
from procwire.shaping.finding import Finder, Found
from procwire.shaping.journal import Entry, Journal
from procwire.shaping.keeper import Keeper
from procwire.shaping.requests import Done, Restore
from procwire.shaping.returning import RESTS, Direct, may_return, rests
from procwire.shaping.session import Shaper, Terms
from tests.lab import Host, Lab, pair, run, wait_for
from tests.processes.runtime import DOCKER, ID, OTHER, PODMAN, listing, runtime
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


class Runtime:
    """Docker, as its API tells of it: containers are processes in a cgroup named as Docker names it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        self.answers: dict[str, Any] = {"/containers/json": listing([])}
        self.slice = Path(groups.root()) / f"procwire-test-{os.getpid()}"
        self.slice.mkdir()
        self._names = partial(ContainerNames, sockets=[str(path)], root=str(path.parent))
        monkeypatch.setattr(census, "ContainerNames", self._names)

    def start(self, box: Host, identity: str, listed: list[dict[str, Any]]) -> None:
        """A container is there, and listed; under the same name it may have another id."""
        group = self.slice / f"docker-{identity}.scope"
        group.mkdir()
        process = box.start("sleep", "600")
        inode = box.path.stat().st_ino
        wait_for(lambda: namespace_of(process.pid) == inode, what="the container")
        (group / "cgroup.procs").write_text(str(process.pid))
        self.answers["/containers/json"] = listing([each | {"Id": identity} for each in listed])

    def stop(self, box: Host) -> None:
        """It ends with its network, and is listed no more."""
        self.answers["/containers/json"] = listing([])
        program = box.lab.programs.pop()
        program.kill()
        program.wait()
        box.lab.hosts.remove(box)
        run("ip", "netns", "del", box.name)
        self._empty()

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *_: object) -> None:
        self._empty()
        self.slice.rmdir()

    def _empty(self) -> None:
        for group in self.slice.glob("*.scope"):
            procs = group / "cgroup.procs"
            wait_for(lambda procs=procs: not procs.read_text(), what="an empty group")  # type: ignore[misc]
            group.rmdir()


@pytest.mark.parametrize(
    ("listed", "name", "again"),
    [
        (DOCKER, "shop-web-1", ID), (DOCKER, "shop/web", OTHER),  # the same; a new one
        (DOCKER, "com.docker.compose.service=web", OTHER), (PODMAN, "api", OTHER),
    ],
)  # fmt: skip
def test_the_runtime_tells_that_a_container_was_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: list[dict[str, Any]], name: str, again: str
) -> None:
    keeper = Keeper(Journal(tmp_path / "shaping"))
    socket = tmp_path / "docker.sock"
    with Runtime(monkeypatch, socket) as docker, Lab() as lab, runtime(socket, docker.answers):
        first, second, peer = lab.host("a"), lab.host("b"), lab.host("c")
        lab.wire(first, peer, net=1)
        lab.wire(second, peer, net=2, name="eth1")
        docker.start(first, ID, listed)
        made = shaped(keeper, f"container:{name}")
        assert "tbf" in kinds(first)
        docker.stop(first)
        keeper.end_what_is_due()
        assert rests(kept(keeper, made))
        docker.start(second, again, listed)
        keeper.holds[made.id].look_ns = 0
        keeper.end_what_is_due()
        assert "tbf" in kinds(second)
        assert keeper.answer(Restore(made.id)) == Done()
        assert "tbf" not in kinds(second)
        docker.stop(second)
