"""Programs and containers, by number: they become known bit by bit, after answers have named them.

In one process they are objects that fill up (a hash is known once the file was read). Between two, the warden
tells what has changed, and the engine fills its own.
"""

from __future__ import annotations

import sys
from typing import Any
from weakref import WeakValueDictionary

from msgspec import structs

from procwire.model.process import Container, Executable, ProcessRef
from procwire.processes.answers import Look
from procwire.warden.messages import Found, Learned

MAX_KEPT = 65_536  # of each; beyond, the oldest is told of no more
MAX_NEWS = 64  # in one message


class _Kept:
    """Objects of one kind that were told of, with what was told."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}  # identity -> number
        self._objects: dict[int, tuple[Any, Any]] = {}  # number -> object, copy of what was told
        self._next = 0

    def number(self, thing: Any) -> int:
        if thing is None:
            return 0
        known = self._numbers.get(id(thing))
        if known is not None:
            return known
        if len(self._objects) >= MAX_KEPT:
            oldest = next(iter(self._objects))
            del self._numbers[id(self._objects.pop(oldest)[0])]
        self._next += 1
        self._numbers[id(thing)] = self._next
        self._objects[self._next] = (thing, structs.replace(thing))  # told with the answer that names it
        return self._next

    def changed(self) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for number, (thing, told) in self._objects.items():
            if thing != told:
                found[number] = structs.replace(thing)
                if len(found) >= MAX_NEWS:
                    break
        for number, copy in found.items():
            self._objects[number] = (self._objects[number][0], copy)
        return found


class Shelf:
    """The warden's side."""

    def __init__(self) -> None:
        self._programs, self._containers = _Kept(), _Kept()

    def found(self, look: Look) -> Found:
        """An answer with its numbers."""
        pair = (look.owner.process, look.owner.peer)
        programs = [self._programs.number(one.executable if one else None) for one in pair]
        containers = [self._containers.number(one.facts if one else None) for one in pair]
        return Found(look.owner, look.final, (programs[0], programs[1]), (containers[0], containers[1]))

    def news(self) -> Learned | None:
        """What changed since it was told; None for nothing."""
        programs, containers = self._programs.changed(), self._containers.changed()
        return Learned(programs, containers) if programs or containers else None


_WORDS = ("confidence", "source", "reason", "peer_confidence", "peer_reason", "side")


class Mirror:
    """The engine's side: one object for each number, the same for every answer that names it.

    Processes are shared, too, and the words of an answer: a client with a thousand flows is named by a
    thousand answers, each with its command line. A process that no flow names any more is forgotten.
    """

    def __init__(self) -> None:
        self._programs: dict[int, Any] = {}
        self._containers: dict[int, Any] = {}
        self._processes: WeakValueDictionary[tuple[int, int, int, int], ProcessRef] = WeakValueDictionary()

    def look(self, found: Found) -> Look:
        """An answer with objects that are shared."""
        owner = found.owner
        process = self._shared(owner.process, found.programs[0], found.containers[0])
        peer = self._shared(owner.peer, found.programs[1], found.containers[1])
        words = {name: sys.intern(getattr(owner, name)) for name in _WORDS}
        return Look(structs.replace(owner, process=process, peer=peer, **words), found.final)

    def learn(self, news: Learned) -> None:
        """Fill what is known by number."""
        for number, program in news.programs.items():
            _fill(self._programs.get(number), program)
        for number, container in news.containers.items():
            _fill(self._containers.get(number), container)

    def _shared(self, ref: ProcessRef | None, program: int, container: int) -> ProcessRef | None:
        if ref is None:
            return None
        if program or container:
            ref = structs.replace(
                ref,
                executable=_kept(self._programs, program, ref.executable),
                facts=_kept(self._containers, container, ref.facts),
            )
        key = ref.pid, ref.start, program, container
        known = self._processes.get(key)
        if known == ref:
            return known
        self._processes[key] = ref
        return ref


def _kept(known: dict[int, Any], number: int, fresh: Any) -> Any:
    if not number or fresh is None:
        return fresh
    have = known.get(number)
    if have is None:
        while len(known) >= MAX_KEPT:
            del known[next(iter(known))]
        known[number] = fresh
        return fresh
    _fill(have, fresh)
    return have


def _fill(have: Executable | Container | None, fresh: Executable | Container) -> None:
    if have is not None:
        for name in fresh.__struct_fields__:
            setattr(have, name, getattr(fresh, name))
