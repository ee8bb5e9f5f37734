"""Hosts for tests: network namespaces joined by veth pairs, and programs inside them.

Everything a Lab makes is gone when its ``with`` block ends: programs are ended by pid, namespaces deleted.
Traffic stays inside: the addresses are the lab's own (10.77.0.0/16, fd77::/32).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = 60.0  # a bound for what never comes; on a machine that is busy what comes takes what it takes
_numbers = itertools.count(1)


def run(*words: str, check: bool = True) -> str:
    """Run a set-up command and return its output; its error text is in the exception."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def why_not() -> str:
    """Why a lab cannot be made here, or an empty string."""
    if os.geteuid() != 0:
        return "needs root to make network namespaces"
    if shutil.which("ip") is None:
        return "needs iproute2 to make network namespaces"
    return ""


def wait_for(ready: Callable[[], T], *, seconds: float = PATIENCE, what: str = "the lab") -> T:
    """Poll until ``ready`` returns something true; raises TimeoutError naming ``what``."""
    end = time.monotonic() + seconds
    while True:
        value = ready()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what} was not ready within {seconds} s")
        time.sleep(0.02)


class Host:
    """One network namespace."""

    def __init__(self, name: str, lab: Lab) -> None:
        self.name = name
        self.lab = lab
        self.path = Path("/run/netns") / name

    def words(self, *words: str) -> list[str]:
        """The command that runs ``words`` in this namespace, without a shell between."""
        return ["nsenter", f"--net={self.path}", "--", *words]

    def run(self, *words: str, check: bool = True) -> str:
        """Run to the end inside; returns its standard output."""
        return run(*self.words(*words), check=check)

    def start(self, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a program inside; ended with the lab. Its pid is the program's own."""
        options.setdefault("stdout", subprocess.DEVNULL)
        options.setdefault("stderr", subprocess.DEVNULL)
        options.setdefault("stdin", subprocess.DEVNULL)
        program = subprocess.Popen(self.words(*words), **options)
        self.lab.programs.append(program)
        return program

    def inside(self, work: Callable[[], T]) -> T:
        """Call ``work`` on a thread that is inside this namespace."""
        from concurrent.futures import ThreadPoolExecutor

        def enter() -> T:
            with self.path.open("rb") as namespace:
                _setns(namespace.fileno())
            return work()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(enter).result()

    def socket(self, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM) -> socket.socket:
        """A socket that lives in this namespace."""
        return self.inside(lambda: socket.socket(family, kind))

    def listening(self, port: int, *, udp: bool = False) -> bool:
        """Whether something listens on a port inside."""
        option = "-lnuH" if udp else "-lntH"
        return any(line.split()[3].endswith(f":{port}") for line in self.run("ss", option).splitlines())


def _setns(descriptor: int) -> None:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, 0x40000000) != 0:  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "setns")


class Lab:
    """Makes hosts and wires; a context manager."""

    def __init__(self) -> None:
        self.tag = f"pw{os.getpid()}x{next(_numbers)}"
        self.hosts: list[Host] = []
        self.programs: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        for program in reversed(self.programs):
            _end(program)
        for host in self.hosts:
            run("ip", "netns", "del", host.name, check=False)

    def host(self, name: str) -> Host:
        """A new namespace with loopback up."""
        host = Host(f"{self.tag}{name}", self)
        run("ip", "netns", "add", host.name)
        self.hosts.append(host)
        host.run("ip", "link", "set", "lo", "up")
        return host

    def wire(
        self, left: Host, right: Host, *, net: int = 0, name: str = "eth0", index: int = 0
    ) -> tuple[str, str]:
        """A veth pair: ``10.77.NET.1`` and ``fd77:NET::1`` on the left, ``.2`` on the right.

        Both ends are called ``name``; ``index`` is the left one's, the other's the next. Returns the IPv4
        addresses. Offloads stay as they are.
        """
        a, b = f"v{next(_numbers)}a{os.getpid()}", f"v{next(_numbers)}b{os.getpid()}"
        one, two = (("index", str(number)) if index else () for number in (index, index + 1))
        run("ip", "link", "add", a, *one, "type", "veth", "peer", "name", b, *two)
        for number, (host, end) in enumerate(((left, a), (right, b)), 1):
            run("ip", "link", "set", end, "netns", host.name)
            host.run("ip", "link", "set", end, "name", name)
            host.run("ip", "addr", "add", f"10.77.{net}.{number}/24", "dev", name)
            host.run("ip", "-6", "addr", "add", f"fd77:{net}::{number}/64", "dev", name, "nodad")
            host.run("ip", "link", "set", name, "up")
        return f"10.77.{net}.1", f"10.77.{net}.2"


def _end(program: subprocess.Popen[bytes]) -> None:
    if program.poll() is not None:
        return
    program.send_signal(signal.SIGTERM)
    try:
        program.wait(3)
    except subprocess.TimeoutExpired:
        program.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(3)


@contextlib.contextmanager
def pair() -> Iterator[tuple[Lab, Host, Host]]:
    """A lab with two hosts on one wire: 10.77.0.1 and 10.77.0.2."""
    with Lab() as lab:
        left, right = lab.host("a"), lab.host("b")
        lab.wire(left, right)
        yield lab, left, right


def need(*programs: str) -> Sequence[str]:
    """The programs that are missing on this machine."""
    return [program for program in programs if shutil.which(program) is None]
