from __future__ import annotations

import fcntl
import os
import struct
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from procwire.capture import members
from procwire.capture.members import Members, Wanted
from procwire.capture.packet_filter import FilterError, LoadedFilter
from procwire.capture.ring import RETIRE_MS
from procwire.capture.source import CaptureError
from tests.lab import Host, Lab, pair, why_not

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]

T = TypeVar("T")


def joined(host: Host, work: Callable[[Members], T], *names: str, **options: object) -> T:
    """Run ``work`` with members in the host's namespace; no names means all interfaces."""

    def inside() -> T:
        made = Members(Wanted(names=names or None, **options))  # type: ignore[arg-type]
        try:
            return work(made)
        finally:
            made.close()
            made.close()

    return host.inside(inside)


def names_of(made: Members) -> list[str]:
    return [ring.link.name for ring in made.rings()]


def test_all_means_what_is_up() -> None:
    with pair() as (_, left, _right):
        left.run("ip", "link", "add", "idle0", "type", "bridge")

        def work(made: Members) -> tuple[list[str], list[str]]:
            before = names_of(made)
            left.run("ip", "link", "set", "idle0", "up")
            assert made.wait(60)
            made.look(time.monotonic())
            return before, names_of(made)

        assert joined(left, work) == (["lo", "eth0"], ["lo", "eth0", "idle0"])


def test_a_named_interface_is_taken_up_again() -> None:
    with Lab() as lab:
        host = lab.host("a")
        host.run("ip", "link", "add", "b0", "type", "bridge")

        def work(made: Members) -> list[int]:
            indexes = [ring.link.index for ring in made.rings()]
            host.run("ip", "link", "del", "b0")
            host.run("ip", "link", "add", "other0", "type", "bridge")
            host.run("ip", "link", "add", "b0", "type", "bridge")
            now = time.monotonic()
            made.look(now)
            assert made.leaving
            made.look(now + 1)
            assert not made.leaving
            assert names_of(made) == ["b0"]
            assert len(made.interfaces) == 2
            return indexes + [ring.link.index for ring in made.rings()]

        first, second = joined(host, work, "b0")
        assert first < second


def test_memory_is_shared_when_all_were_asked_for() -> None:
    with Lab() as lab:
        host = lab.host("a")
        for number in range(7):
            host.run("ip", "link", "add", f"b{number}", "type", "bridge")
            host.run("ip", "link", "set", f"b{number}", "up")
        sizes = joined(host, lambda made: [ring.ring_bytes for ring in made.rings()])
    assert sizes == [members.ALL_RING_BYTES // 8] * 8


def test_too_many_interfaces_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_INTERFACES", 1)
    with pair() as (_, left, _right):
        assert joined(left, lambda made: dict(made.refused)) == {"eth0": "more than 1 interfaces"}


def test_what_cannot_be_had_is_one_line() -> None:
    with pair() as (_, left, _right):
        with pytest.raises(CaptureError, match=r"^nope0: no such interface; there are: lo, eth0$"):
            joined(left, lambda made: None, "nope0")
        for names in ((), ("eth0",)):
            with pytest.raises(FilterError, match="syntax error"):
                joined(left, lambda made: None, *names, filter="tcp prt 80")


def test_an_interface_the_filter_means_nothing_on_is_refused_by_name() -> None:
    def make() -> int:
        tun = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"tun7", 0x1001))
        return tun

    with pair() as (_, left, _right):
        tun = left.inside(make)
        left.run("ip", "link", "set", "tun7", "up")
        refused = joined(left, lambda made: dict(made.refused), filter="ether host 02:00:00:00:00:01")
        os.close(tun)
    assert list(refused) == ["tun7"]
    assert "ether" in refused["tun7"].lower() or "link" in refused["tun7"].lower()


@pytest.mark.parametrize("names", [None, ("lo",)])
def test_without_the_right_to_capture_it_says_how(names: tuple[str, ...] | None) -> None:
    hear, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(65534)
            Members(Wanted(names=names))
        except CaptureError as error:
            os.write(tell, str(error).encode())
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(hear) as words:
        said = words.read()
    os.waitpid(child, 0)
    assert said.startswith("lo: not allowed: run as root, or: setcap cap_net_raw")


def test_a_loaded_filter_has_its_few_frames_soon_unless_there_are_many_rings() -> None:
    with pair() as (_, left, _right):
        assert joined(left, lambda made: made._retire_ms) == RETIRE_MS

        def patience(made: Members) -> int:
            made.wanted = Wanted(loaded=LoadedFilter(9))
            return made._patience()

        assert joined(left, patience) == members.PROMPT_MS
