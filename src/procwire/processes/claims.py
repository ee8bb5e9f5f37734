"""The seam for sources that know sockets better than sock_diag does: the kernel's own hooks.

``Owners`` asks its origins in order, before it asks sock_diag, once for each end of a flow. A kernel program
that saw a socket being made or accepted implements ``Origin``: it keeps what it saw in a map by 5-tuple and
answers from there without blocking. It must not guess: ``None`` is the answer for what it did not see.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from procwire.processes.keys import Key


class Link(NamedTuple):
    """One of a process's parents, as its source noted it."""

    pid: int
    since_boot: int  # its start as CLOCK_BOOTTIME has it, ns
    name: str  # empty where it was there before the source was: /proc may still know it


class Claim(NamedTuple):
    """A source's word on who owns the socket at ``key.src``. Without a pid it says why nobody does."""

    pid: int  # as the reader's pid namespace sees it; 0 for none: then ``reason`` says why
    start: int  # ns since 1970; 0 when the source cannot say, and then the pid is trusted if it still lives
    confidence: str  # model.process.EXACT, LISTENER or RECENT
    source: str  # as Owner.source: bpf, ...
    name: str = ""  # comm, for when the process is gone before it was looked at
    uid: int = -1
    since_boot: int = 0  # start as CLOCK_BOOTTIME has it, ns; used where ``start`` is 0
    exe: str = ""  # as it was executed; empty for not known
    cmdline: str = ""  # secrets masked
    ppid: int = 0
    parent: str = ""  # the parent's comm
    reason: str = ""  # what is peculiar about it
    cookie: int = 0  # the kernel's number of the socket, 0 for not known
    noted: int = 0  # monotonic ns, when this owner was noted
    handed_on: bool = False  # who uses it is not noted here: it may have been inherited or passed on
    lineage: tuple[Link, ...] = ()  # nearest first
    cgroup: int = 0  # cgroup v2 id
    program: tuple[int, int] = (0, 0)  # device and inode of exe, as stat(2) has them; zeros for not known
    ended: int = 0  # monotonic ns; 0 for not known, or not yet
    inherits: bool = False  # forked and never executed another program: exe and cmdline are its parent's


class Origin(Protocol):
    """Something that may know the owner of a socket."""

    def lookup(self, key: Key) -> Claim | None:
        """The owner of the socket whose own end is ``key.src``; None when not known."""

    def knows(self, cookie: int) -> bool:
        """Whether it will tell of this open socket, by the kernel's number, also when it has closed."""
