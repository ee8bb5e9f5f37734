from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.processes import namespaces
from procwire.processes.namespaces import Namespaces
from tests import lab
from tests.lab import Lab, wait_for
from tests.processes.world import in_child

needs_lab = pytest.mark.skipif(bool(lab.why_not()), reason=lab.why_not() or "-")


def own() -> int:
    return Path("/proc/self/ns/net").stat().st_ino


@pytest.fixture
def found() -> Iterator[Namespaces]:
    with Namespaces() as made:
        yield made


def test_home_comes_first_and_knows_its_addresses(found: Namespaces) -> None:
    found.scan()
    first = next(iter(found))
    assert first is found.home
    assert first.inode == own()
    assert socket.inet_aton("127.0.0.1") in first.addresses
    assert found.with_address(b"\xc0\x00\x02\x63") == []


def test_closed_ones_have_no_channel() -> None:
    made = Namespaces()
    made.close()
    assert len(made) == 0
    assert made.home.channel is None
    made.home.refresh()
    assert made.home.addresses


@pytest.mark.kernel
@needs_lab
def test_a_namespace_is_found_entered_and_forgotten(found: Namespaces) -> None:
    with Lab() as place:
        left, right = place.host("a"), place.host("b")
        place.wire(left, right)
        threads = threading.active_count()
        found.scan()
        assert threading.active_count() == threads
        assert own() == found.home.inode
        inode = left.path.stat().st_ino
        (there,) = [ns for ns in found.with_address(socket.inet_aton("10.77.0.1")) if ns.inode == inode]
        assert there.channel is not None
        assert socket.inet_pton(socket.AF_INET6, "fd77:0::1") in there.addresses
    found.scan()
    assert inode not in {namespace.inode for namespace in found}
    assert there.channel is None


@pytest.mark.kernel
@needs_lab
def test_a_namespace_without_a_name_is_found_by_its_process(found: Namespaces) -> None:
    with Lab() as place:
        host = place.host("a")
        started = host.start("unshare", "--net", "sleep", "60")
        path = Path(f"/proc/{started.pid}/ns/net")
        known = {own(), host.path.stat().st_ino}
        wait_for(lambda: path.stat().st_ino not in known, what="the namespace")
        found.scan()
        (there,) = [ns for ns in found if ns.inode == path.stat().st_ino]
        assert there.path == str(path)


@pytest.mark.kernel
@needs_lab
def test_the_number_is_bounded_and_the_rest_counted(
    found: Namespaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Lab() as place:
        for name in "abc":
            place.host(name)
        monkeypatch.setattr(namespaces, "MAX_NAMESPACES", 2)
        found.scan()
        assert len(found) == 2
        assert found.left_out >= 2


@pytest.mark.kernel
@needs_lab
def test_one_that_may_not_be_entered_says_so(tmp_path: Path) -> None:
    with Lab() as place:
        host = place.host("a")

        def look() -> str:
            os.setuid(65534)
            with Namespaces(folders=("/run/netns",)) as made:
                made.scan([])
                return next((why for path, why in made.problems().items() if host.name in path), "none")

        assert "permission" in in_child(look).lower()


def test_a_leftover_that_is_no_namespace_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "left").touch()
    with Namespaces(folders=(str(tmp_path), "/nowhere")) as made:
        made.scan([])
        assert len(made) == 1


def test_processes_that_went_are_passed_over(found: Namespaces) -> None:
    found.scan([0, 99_999_999, os.getpid()])
    assert found.unreadable == 0
    assert len(found) >= 1


def test_interfaces_have_names() -> None:
    with Namespaces() as namespaces:
        names = namespaces.home.interfaces()
    assert names == dict(socket.if_nameindex())
