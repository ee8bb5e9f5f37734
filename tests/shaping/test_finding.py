from __future__ import annotations

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from procwire.model.process import Container
from procwire.shaping import groups
from procwire.shaping.failure import ShapingError
from procwire.shaping.finding import Finder
from procwire.shaping.namespace import GoneError
from procwire.shaping.target import target
from tests.lab import Host, Lab, run
from tests.shaping.stage import namespace_of, needs_lab

WEB = Container(
    id="0123456789abcdef" * 4, name="web", labels={"tier": "front"}, pod_name="shop-1", pod_namespace="prod",
    compose_project="shop", compose_service="front",
)  # fmt: skip
BOTH = ("egress", "ingress")


def census_of(*tasks: tuple[int, Container | None]) -> Any:
    """A census of these processes."""

    class Census:
        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def take(self, *, commands: bool) -> list[Any]:
            assert not commands
            return [SimpleNamespace(pid=pid, found=found) for pid, found in tasks]

        def container(self, task: Any) -> Container | None:
            found: Container | None = task.found
            return found

    return Census


@pytest.fixture(scope="module")
def box() -> Iterator[tuple[Host, int, str]]:
    """A namespace with a process in it, and a veth end of it here, as runtimes make them."""
    with Lab() as lab:
        host = lab.host("box")
        outer = f"pwo{os.getpid() % 100000}"
        run("ip", "link", "add", outer, "type", "veth", "peer", "name", "pwtemp")
        run("ip", "link", "set", "pwtemp", "netns", host.name, "name", "eth0")
        host.run("ip", "link", "set", "eth0", "up")
        run("ip", "link", "set", outer, "up")
        yield host, host.start("sleep", "600").pid, outer


@pytest.mark.kernel
@needs_lab
def test_a_container_is_shaped_on_both_ends_of_its_wire(box: tuple[Host, int, str]) -> None:
    from tests.lab import wait_for

    host, pid, outer = box
    wait_for(lambda: namespace_of(pid) == host.path.stat().st_ino)
    with Finder(census=census_of((pid, WEB), (1, None))) as finder:
        sent, received = finder.spots(target("container:web"), BOTH)
        assert (sent.link.name, sent.side, sent.sends) == ("eth0", "egress", True)
        assert (received.link.name, received.side, received.sends) == (outer, "ingress", True)
        assert sent.kernel is not received.kernel
        assert not sent.is_own
        with pytest.raises(GoneError, match="no running container"):
            finder.spots(target("container:other"), BOTH)


@pytest.mark.kernel
@needs_lab
def test_a_container_that_shares_the_hosts_network_is_refused() -> None:
    with (
        Finder(census=census_of((os.getpid(), WEB))) as finder,
        pytest.raises(ShapingError, match="cgroup:/"),
    ):
        finder.spots(target("container:web"), BOTH)


@pytest.mark.kernel
@needs_lab
def test_names_lead_to_interfaces(box: tuple[Host, int, str]) -> None:
    host, _, outer = box
    with Finder() as finder:
        (spot, other) = finder.spots(target(outer), BOTH)
        assert (spot.is_own, spot.sends, other.sends) == (True, True, False)
        (inner,) = finder.spots(target(f"namespace:{host.name}"), ("egress",))
        assert (inner.link.name, inner.is_own) == ("eth0", False)
        for name, says in (("nothing0", "no interface"), ("namespace:nowhere", "no network namespace"),
                           ("unit:nothing", "no unit"), ("cgroup:/nowhere", "no control group")):  # fmt: skip
            with pytest.raises(GoneError, match=says):
                finder.spots(target(name), ("egress",))
        with pytest.raises(ShapingError, match="shape run"):
            finder.spots(target("command:"), BOTH)


def test_without_control_groups_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise ShapingError("no cgroup v2 tree is mounted")

    monkeypatch.setattr(groups, "root", nowhere)
    with Finder() as finder, pytest.raises(ShapingError, match="no cgroup"):
        finder.spots(target(f"process:{os.getpid()}"), ("egress",))


@pytest.mark.kernel
@needs_lab
def test_a_process_is_shaped_in_both_directions_where_its_network_is(box: tuple[Host, int, str]) -> None:
    _, pid, _ = box
    with Finder() as finder:
        sent, received = finder.spots(target(f"process:{pid}"), BOTH)
        assert sent.pid == received.pid == pid
        assert sent.group.endswith(f"procwire-shape-{pid}")
        assert sent.group == received.group
        assert (sent.link.name, sent.sends, received.sends) == ("eth0", True, False)
