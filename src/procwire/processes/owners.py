"""Whose flow is this: both ends looked up, and one answer made of them.

``process`` is the owner of the src end where that end lives here; else of the dst end. ``side`` says which.
``peer`` is the other end's, where it lives here too. Answers at once and never waits: ``Resolver`` asks again
when a socket is not ready to be told (not accepted yet, its descriptor not yet installed).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Self

from procwire.bpf.libbpf import BpfError
from procwire.model.process import UNKNOWN, Owner
from procwire.processes import keys
from procwire.processes._names import CONNECTED
from procwire.processes.answers import Look
from procwire.processes.claims import Origin
from procwire.processes.container_names import ContainerNames
from procwire.processes.ends import End, Ends
from procwire.processes.executables import Background, Executables
from procwire.processes.holders import Holders
from procwire.processes.keys import Key
from procwire.processes.namespaces import Namespaces
from procwire.processes.survey import Surveyor
from procwire.processes.table import ProcessTable
from procwire.processes.tasks import KernelTasks

FORWARDED = "forwarded, no local socket: neither address is this host's"


class Owners:
    """Owners of flows on this host; a context manager. For one thread.

    With ``hashes``, the programs of owners are hashed in the background, at executables.RATE at most; with
    ``iterators``, the kernel tells who holds which socket, where it can.
    """

    def __init__(
        self,
        *,
        origins: Sequence[Origin] = (),
        proc: str = "/proc",
        clock: Callable[[], int] = time.monotonic_ns,
        hashes: bool = False,
        iterators: bool = False,
    ) -> None:
        self.namespaces = Namespaces(proc=proc)
        self._hashing = Background(Executables(proc=proc)) if hashes else None
        self.names = ContainerNames()
        self.table = ProcessTable(proc=proc, clock=clock, programs=self._hashing, names=self.names)
        self._kernel = _iterators() if iterators else None
        surveyor = Surveyor(self._kernel, proc=proc, clock=clock) if self._kernel is not None else None
        self.holders = Holders(proc=proc, clock=clock, surveyor=surveyor)
        self._ends = Ends(
            self.namespaces, table=self.table, holders=self.holders, origins=origins, clock=clock
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the channels to the kernel."""
        self.namespaces.close()
        self.names.close()
        if self._kernel is not None:
            self._kernel.close()
        if self._hashing is not None:
            self._hashing.close()

    def owner(self, key: Key) -> Owner:
        """Whose flow it is, as far as can be told now. Never raises for an answer it has not."""
        return self.look(key).owner

    def look(self, key: Key) -> Look:
        """As ``owner``, and whether looking again may tell more."""
        return self._look(key, again=False)

    def _look(self, key: Key, *, again: bool) -> Look:
        src = self._ends.end(key)
        if src.process is not None and (key.proto not in CONNECTED or keys.is_group(key.dst)):
            return Look(_owner("src", src, None), src.final)
        dst = self._ends.end(key.turned(), met=src.process is not None and src.final)
        if not src.local and not dst.local and not again and self._ends.rescan():
            return self._look(key, again=True)
        final = (src.final or not src.local) and (dst.final or not dst.local)
        if src.process is not None:
            return Look(_owner("src", src, dst), final)
        if dst.process is not None:
            return Look(_owner("dst", dst, None, src.reason if src.local else ""), final)
        return Look(Owner(process=None, confidence=UNKNOWN, reason=_why(src, dst)), final)

    def stands(self, key: Key, owner: Owner) -> bool:  # noqa: ARG002
        """Whether an answer surely is what another look would tell; here a look costs no more than to ask."""
        return False

    def lacks(self, key: Key, owner: Owner) -> bool:  # noqa: ARG002
        """Whether what an answer lacks would be known without a look, and is not: here nothing would."""
        return False

    def ahead(self, keys: Sequence[Key]) -> None:
        """These are looked at next; here that needs no preparation."""

    def refresh(self) -> int:
        """Find new namespaces and see every held socket once: then a closed one still has its owner."""
        self._ends.rescan()
        return self._ends.warm()

    def addresses(self) -> list[bytes]:
        """This host's, of every namespace that is known: of what has none of them no socket is here."""
        return sorted({address for namespace in self.namespaces for address in namespace.addresses})


def _owner(side: str, end: End, other: End | None, reason: str = "") -> Owner:
    met = other is not None and other.process is not None
    missed = other is not None and not met and other.local
    return Owner(
        process=end.process,
        confidence=end.confidence,
        source=end.source,
        reason=end.reason or reason,
        peer=other.process if other is not None else None,
        peer_confidence=other.confidence if other is not None and met else "",
        peer_reason=other.reason if other is not None and missed else "",
        side=side,
        socket=end.socket,
        holders=end.holders,
    )


def _why(src: End, dst: End) -> str:
    here = [end.reason for end in (src, dst) if end.local]
    return here[0] if here else FORWARDED


def _iterators() -> KernelTasks | None:
    try:
        return KernelTasks(required=frozenset({"holders"}))
    except BpfError:
        return None
