"""Two hosts on a wire for tests of the kernel, and what this room says of one of them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from procwire.shaping import guard, journal
from procwire.shaping.abilities import Abilities
from procwire.shaping.apply import Kernel
from procwire.shaping.codec.links import Link
from procwire.shaping.journal import Entry
from procwire.shaping.namespace import Namespace
from procwire.shaping.standing import Standing
from procwire.shaping.steps import Part, Place
from tests.lab import Host, wait_for, why_not

HERE = Abilities(htb=True, tbf=True, ingress=True, clsact=True, u32=True, bpf=True, mirred=True, ifb=True)
FULL = Abilities(
    netem=True, htb=True, tbf=True, prio=True, fq_codel=True, ingress=True, clsact=True, u32=True,
    flower=True, fw=True, matchall=True, bpf=True, mirred=True, ifb=True, seed=True,
)  # fmt: skip
ETH0 = Standing(place=Place(path="/run/netns/x", inode=7), device=3, name="eth0")

needs_lab = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")


class Inside(NamedTuple):
    """A host's namespace as the room has it."""

    namespace: Namespace
    kernel: Kernel

    def link(self, name: str = "eth0") -> Link:
        """One of its interfaces."""
        found = self.kernel.link(name)
        assert found is not None
        return found

    def standing(self, name: str = "eth0", *, whole: bool = False) -> Standing:
        """What stands on it."""
        return self.kernel.standing(self.link(name), whole=whole)


@contextlib.contextmanager
def inside(host: Host) -> Iterator[Inside]:
    """Enter it."""
    with Namespace(str(host.path)) as namespace:
        kernel = Kernel(namespace)
        try:
            yield Inside(namespace, kernel)
        finally:
            kernel.close()


def shown(host: Host, *words: str) -> list[dict[str, Any]]:
    """What tc says, another reader than ours."""
    text = host.run("tc", "-j", *words)
    found: list[dict[str, Any]] = json.loads(text) if text.strip() else []
    return found


def datagrams(host: Host, target: tuple[str, int], count: int, size: int = 1000) -> None:
    """Send so many, as fast as the queue takes them."""
    with host.socket(socket.AF_INET6 if ":" in target[0] else socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            with contextlib.suppress(BlockingIOError):
                sender.sendto(bytes(size), target)


def end_watchdog(folder: Path) -> None:
    """End the watchdog of a directory, where one runs, and wait for it: init takes its time to bury it."""
    told = guard.ask(folder)
    if told is None:
        return
    os.kill(told.pid, signal.SIGTERM)
    wait_for(lambda: is_over(told.pid), what="the watchdog's end")


def is_over(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def namespace_of(pid: int) -> int:
    """The inode of a process's network namespace."""
    return Path(f"/proc/{pid}/ns/net").stat().st_ino


def entry(path: str, inode: int) -> Entry:
    """An impairment that does nothing, of a minute."""
    part = Part(place=Place(path=path, inode=inode), device=1, name="lo", side="egress", steps=(), undo=())
    return Entry(
        id=journal.identity(), document={}, parts=(part,), boot=journal.boot(), made_ns=journal.now(),
        until_ns=journal.now() + 60 * 10**9,
    )  # fmt: skip
