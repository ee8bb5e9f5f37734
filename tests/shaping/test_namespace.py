from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from procwire.shaping import namespace
from procwire.shaping.failure import ShapingError
from procwire.shaping.namespace import GoneError, Namespace
from tests.lab import Lab
from tests.shaping.stage import needs_lab

pytestmark = [pytest.mark.kernel, needs_lab]


def own() -> int:
    return Path("/proc/thread-self/ns/net").stat().st_ino


def test_a_thread_enters_and_this_process_stays() -> None:
    before, threads = own(), threading.active_count()
    with Lab() as lab:
        host = lab.host("a")
        with Namespace(namespace.path_of(host.name)) as entered:
            assert namespace.inside(entered.descriptor, own) == entered.place.inode != before
        assert namespace.named()[host.path.stat().st_ino].endswith(host.name)
    assert own() == before
    assert threading.active_count() == threads


def test_a_namespace_apart_is_gone_afterwards() -> None:
    before = own()
    made = namespace.apart(own)
    assert made != before
    assert own() == before
    assert made not in namespace.lived_in()


def test_what_happens_inside_comes_out() -> None:
    def fail() -> None:
        raise ShapingError("inside")

    with pytest.raises(ShapingError, match="inside"):
        namespace.apart(fail)


def test_another_namespace_behind_the_same_path_is_refused() -> None:
    with pytest.raises(GoneError, match="another network namespace"):
        Namespace(namespace.OWN, inode=1)


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(GoneError, match="no such"):
        Namespace("/proc/4194304/ns/net")
    with pytest.raises(GoneError, match="no network namespace is called"):
        namespace.path_of("does-not-exist")
    with pytest.raises(ShapingError):
        Namespace("/etc/passwd")  # no namespace at all
    assert namespace.path_of("pid=12") == "/proc/12/ns/net"
    assert namespace.path_of("/x") == "/x"


def test_pids_are_listed_by_namespace() -> None:
    assert os.getpid() in namespace.lived_in()[own()]
