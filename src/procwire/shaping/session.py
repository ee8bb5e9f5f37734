"""Shape, change, clear, recover: every way an impairment begins and ends on this host.

The caller looks what stands, and plans. It changes nothing: shaping's warden (``keeper``, ``watchdog``) is
asked to do the steps, to undo them, to keep them; it is there already, or begins now.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from procwire.shaping import groups, guard, journal
from procwire.shaping.abilities import Abilities
from procwire.shaping.apply import Kernel
from procwire.shaping.codec.links import Link
from procwire.shaping.counters import of_part
from procwire.shaping.document import document, impairment
from procwire.shaping.failure import ShapingError
from procwire.shaping.finding import Finder, Spot
from procwire.shaping.impairment import Effect, Impairment
from procwire.shaping.journal import Entry, Journal, Owner, moved
from procwire.shaping.lifeline import lifelines
from procwire.shaping.plan import Wish, ifb_of, receiving, sending
from procwire.shaping.probe import probe
from procwire.shaping.recording import usual, who
from procwire.shaping.requests import (
    Applied,
    Apply,
    Confirm,
    Done,
    Held,
    Look,
    Reply,
    Request,
    Restore,
    Switch,
)
from procwire.shaping.restoring import reached, restore
from procwire.shaping.selection import Network, Selector
from procwire.shaping.standing import INNER_HANDLE, ForeignError
from procwire.shaping.steps import Mark, Part, Step, Tag, Unsettle, Untag
from procwire.shaping.target import Target

USUAL_LEASE_NS = 3600 * 10**9
MOST_LEASE_NS = 30 * 24 * 3600 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an impairment is held: how long, until whose end, and what it may set aside."""

    lease_ns: int = USUAL_LEASE_NS
    confirm_ns: int = 0
    owner: Owner | None = None
    adopt: bool = False
    management: tuple[Network, ...] = ()
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    ledger: str | None = None  # a directory; None: the host's, where there is one


class Shaped(NamedTuple):
    """What came of a request."""

    entry: Entry
    changed: bool  # one that stood was changed


class Cleared(NamedTuple):
    """What was put back, and what could not be."""

    entries: tuple[Entry, ...]
    failed: tuple[str, ...]


class Asked(Protocol):
    """Shaping's warden, as it is asked (guard.Line)."""

    def have(self, asked: Request) -> Reply:
        """Its answer, of a new one where none runs. Raises ShapingError."""

    def ask(self, asked: Request) -> Reply | None:
        """Its answer; None where none runs. Raises ShapingError."""

    def close(self) -> None:
        """Ask no more."""


class Shaper:
    """The impairments of one state directory; a context manager."""

    def __init__(
        self, folder: Path | None = None, *, able: Abilities | None = None, warden: Asked | None = None
    ) -> None:
        self.journal = Journal(folder)
        self._able = able
        self._finder = Finder()
        self._line = warden if warden is not None else guard.Line(self.journal.folder)

    def __enter__(self) -> Shaper:
        return self

    def __exit__(self, *_: object) -> None:
        self._finder.close()
        self._line.close()

    def shape(self, wanted: Impairment, terms: Terms | None = None) -> Shaped:
        """Make it so. Raises ShapingError; then nothing is changed."""
        terms = terms if terms is not None else Terms()
        if not 0 < terms.lease_ns <= MOST_LEASE_NS:
            raise ShapingError(f"a lease is above 0 and at most {MOST_LEASE_NS // 10**9 // 86400} days")
        with self.journal.alone():
            return self._shape(wanted, terms)

    def again(self, entry: Entry) -> bool:
        """Shape a target that is there again, for what is left of its lease. Raises ShapingError."""
        now = journal.now()
        terms = Terms(
            lease_ns=max(1, entry.until_ns - now),
            confirm_ns=max(1, entry.confirm_ns - now) if entry.confirm_ns else 0,
            owner=entry.owner,
            ledger=entry.ledger,
        )
        return self._shape(impairment(entry.document), terms).changed

    def _shape(self, wanted: Impairment, terms: Terms) -> Shaped:
        spots = self._finder.spots(wanted.target, tuple(wanted.effects))
        before = self._standing_entry(wanted, spots)
        parts = tuple(self._part(wanted, spot, terms) for spot in spots)
        entry = _entry(wanted, parts, terms, before)
        done = self._line.have(Apply(entry))
        if not isinstance(done, Applied):
            raise ShapingError(f"the warden of shaping says {type(done).__name__}")
        standing = moved(entry, made_ns=done.made_ns, until_ns=done.until_ns, confirm_ns=done.confirm_ns)
        return Shaped(standing, before is not None)

    def planned(self, wanted: Impairment, terms: Terms | None = None) -> tuple[Part, ...]:
        """What would be done. Raises ShapingError."""
        spots = self._finder.spots(wanted.target, tuple(wanted.effects))
        return tuple(self._part(wanted, spot, terms if terms is not None else Terms()) for spot in spots)

    def counted(self, entry: Entry) -> list[dict[str, Any]]:
        """What each part of an impairment has done to packets."""
        found = []
        for part in entry.parts:
            told: dict[str, Any] = {"interface": part.name, "side": part.side, "there": False}
            with contextlib.suppress(ShapingError), reached(part.place) as namespace:
                counters = of_part(Kernel(namespace), part)
                if counters is not None:
                    told |= {"there": True, "packets": counters.packets, "bytes": counters.sent_bytes,
                             "drops": counters.drops, "waiting": counters.queued}  # fmt: skip
            found.append(told)
        return found

    def entries(self) -> list[Entry]:
        """What is shaped now, the oldest first."""
        return [entry for entry in self.journal.entries() if entry.boot == journal.boot()]

    def confirm(self, identity: str = "") -> list[Entry]:
        """Keep what waits to be confirmed. Raises ShapingError."""
        with self.journal.alone():
            waiting = [e for e in self.entries() if e.confirm_ns and identity in ("", e.id)]
            for entry in waiting:
                self._line.have(Confirm(entry.id))
        return [moved(entry, confirm_ns=0) for entry in waiting]

    def switch(self, kernel: Kernel, link: Link, *, up: bool) -> None:
        """An interface up or down. Raises ShapingError."""
        self.journal.prepare()
        self._line.have(Switch(kernel.namespace.place, link.device, up))

    def clear(self, target: Target | None = None, identity: str = "") -> Cleared:
        """Put back what was changed for a target, one impairment by its name, or all."""
        with self.journal.alone():
            entries = self.entries()
            if target is not None:
                entries = [entry for entry in entries if entry.document.get("target") == str(target)]
            return self._restored([entry for entry in entries if identity in ("", entry.id)])

    def recover(self) -> Cleared:
        """Put back what nobody watches over any more, and forget what another boot left."""
        with self.journal.alone():
            told = self._line.ask(Look())
            held = set(told.held) if isinstance(told, Held) else set()
            for entry in self.journal.entries():
                if entry.boot != journal.boot():
                    self.journal.remove(entry.id)
            return self._restored([entry for entry in self.entries() if entry.id not in held])

    def _restored(self, entries: Iterable[Entry]) -> Cleared:
        done: list[Entry] = []
        failed: list[str] = []
        for entry in entries:
            try:
                told = self._line.have(Restore(entry.id))
                problems = told.failed if isinstance(told, Done) else [type(told).__name__]
            except ShapingError as error:
                gone = self.journal.get(entry.id) is None
                problems = [] if gone else [str(error), *restore(entry, self.journal, self._finder.held)]
            failed += problems
            done += [] if problems else [entry]
        return Cleared(tuple(done), tuple(failed))

    def _standing_entry(self, wanted: Impairment, spots: list[Spot]) -> Entry | None:
        """The entry that this is a change of. Raises ShapingError where another has the same place."""
        places = {(spot.kernel.namespace.place.inode, spot.link.device, spot.side) for spot in spots}
        standing = None
        for entry in self.entries():
            if entry.document.get("target") == str(wanted.target):
                standing = entry
            elif shared := {place[:2] for place in places} & {place[:2] for place in entry.spots}:
                device = next(iter(shared))[1]
                name = next(spot.link.name for spot in spots if spot.link.device == device)
                raise ForeignError(
                    f"{name} is already shaped for {entry.document.get('target')} ({entry.id}): "
                    "clear that first"
                )
        if standing is not None and standing.parts and standing.spots != places:
            raise ForeignError(
                f"{wanted.target} is shaped in other directions or places ({standing.id}): clear that first"
            )
        return standing

    def _part(self, wanted: Impairment, spot: Spot, terms: Terms) -> Part:
        able = self._able = self._able if self._able is not None else probe()
        exempt = wanted.exempt + (self._lifelines(terms) if spot.is_own else ())
        seed = None if wanted.seed is None else (wanted.seed + (spot.side == "ingress")) & ((1 << 64) - 1)
        wish = Wish(
            effect=wanted.effects[spot.side], sent=spot.side == "egress", selectors=wanted.selectors,
            exempt=exempt, marked=bool(spot.group), seed=seed if able.seed else None, adopt=terms.adopt,
        )  # fmt: skip
        standing = spot.kernel.standing(spot.link)
        if terms.adopt and not standing.is_ours:
            standing = spot.kernel.standing(spot.link, whole=True)
        if spot.sends:
            return _marked(sending(standing, wish, able), spot)
        through = spot.kernel.link(ifb_of(standing)[1])
        return receiving(standing, spot.kernel.standing(through) if through else None, wish, able)

    def _lifelines(self, terms: Terms) -> tuple[Selector, ...]:
        return lifelines(terms.environ, terms.management)


def _marked(part: Part, spot: Spot) -> Part:
    """With the steps that tell a group's packets apart."""
    if not spot.group:
        return part
    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    if spot.pid:
        if groups.of_process(spot.pid).rpartition("/")[2] == f"{groups.PREFIX}{spot.pid}":
            group = groups.of_process(spot.pid)
            after = (Unsettle(group=group, home=group.rpartition("/")[0] or "/"),)
        else:
            settle, unsettle = groups.settling(spot.pid)
            before, after, group = (settle,), (unsettle,), settle.group
    else:
        group = spot.group
    mark = Mark(cgroup=group, priority=INNER_HANDLE)
    tagged: tuple[Step, ...] = ()
    freed: tuple[Step, ...] = ()
    if spot.pid:  # its sockets stay in the group that they were made in
        start = groups.start_of(spot.pid)
        tagged = (Tag(pid=spot.pid, start=start, priority=INNER_HANDLE),)
        freed = (Untag(pid=spot.pid, start=start, priority=INNER_HANDLE),)
    steps = (*before, mark, *part.steps, *tagged)
    return msgspec.structs.replace(part, steps=steps, undo=(*freed, *part.undo, *after))


def _entry(wanted: Impairment, parts: tuple[Part, ...], terms: Terms, before: Entry | None) -> Entry:
    now = journal.now()
    if before is not None:
        parts = tuple(msgspec.structs.replace(part, undo=_kept(part, before)) for part in parts)
    return Entry(
        id=before.id if before is not None else journal.identity(),
        document=document(wanted),
        parts=parts,
        boot=journal.boot(),
        made_ns=now,
        until_ns=now + terms.lease_ns,
        confirm_ns=now + terms.confirm_ns if terms.confirm_ns else 0,
        owner=terms.owner,
        notes=said(wanted, parts),
        ledger=usual() if terms.ledger is None else terms.ledger,
        by=who(),
        wall=datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"),
    )


def _kept(part: Part, before: Entry) -> tuple[Step, ...]:
    """What undoes a change: what takes our tree away now, and what the first put aside."""
    place = (part.place.inode, part.device, part.side)
    old = next((each for each in before.parts if (each.place.inode, each.device, each.side) == place), None)
    if old is None:
        return part.undo
    return tuple(dict.fromkeys((*part.undo, *old.undo)))


def said(wanted: Impairment, parts: tuple[Part, ...] = ()) -> tuple[str, ...]:
    """What it comes to, for people: one-way and round trip are never left to be guessed."""
    lines = [f"{side}: {in_words(effect)}" for side, effect in wanted.effects.items()]
    delays = {side: effect.latency_ns for side, effect in wanted.effects.items() if effect.latency_ns}
    if delays:
        from procwire.shaping.quantities import show_span

        ways = " and ".join(f"{show_span(ns)} one-way in {side}" for side, ns in delays.items())
        lines.append(f"delay: {ways}; a round trip is {show_span(wanted.round_trip_ns)} longer")
    lines += [f"{side}: {note}" for side, effect in wanted.effects.items() if (note := _correlated(effect))]
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    return (*lines, *notes)


def _correlated(effect: Effect) -> str:
    """What netem's generator makes of a correlated jitter (net/sched/sch_netem.c, get_crandom, tabledist)."""
    delay = effect.delay
    if delay is None or not delay.correlation:
        return ""
    if delay.distribution != "uniform":
        return "the kernel picks from a distribution by the low bits, where next to nothing is correlated"
    spread = ((1 - delay.correlation) / (1 + delay.correlation)) ** 0.5
    return f"correlated, the jitter has {spread:.0%} of the spread that it says"


def in_words(effect: Effect) -> str:
    """An effect, as it would be asked for."""
    from procwire.shaping.spelling import words_of

    told = words_of(effect)
    return " ".join(name if value is True else f"{name} {value}" for name, value in told.items()) or "nothing"


def owner(pid: int) -> Owner:
    """A process as an owner. Raises GoneError."""
    return Owner(pid=pid, start=groups.start_of(pid))
