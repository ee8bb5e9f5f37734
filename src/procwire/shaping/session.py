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

from procwire.shaping import groups, guard, journal
from procwire.shaping.abilities import Abilities
from procwire.shaping.apply import Kernel
from procwire.shaping.codec.links import Link
from procwire.shaping.counters import of_part
from procwire.shaping.document import document, impairment
from procwire.shaping.failure import ShapingError
from procwire.shaping.finding import Finder, Spot
from procwire.shaping.impairment import Impairment
from procwire.shaping.journal import Entry, Journal, Owner, moved
from procwire.shaping.lifeline import lifelines
from procwire.shaping.marking import marked
from procwire.shaping.neighbours import (
    Trees,
    beside,
    changed_by,
    checked,
    free_slot,
    last_of,
    tree_of,
)
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
from procwire.shaping.sentences import said
from procwire.shaping.standing import ROOT_HANDLE
from procwire.shaping.steps import Part
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
    add: bool = False  # beside what is shaped for the same target already
    management: tuple[Network, ...] = ()
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    ledger: str | None = None  # a directory; None: the host's, where there is one


class Shaped(NamedTuple):
    """What came of a request."""

    entry: Entry
    changed: bool  # one that stood was changed


class _Plan(NamedTuple):
    """What is to be done: the parts, the number they have, and the entry that they change."""

    parts: tuple[Part, ...]
    slot: int
    before: Entry | None


class _Among(NamedTuple):
    """Its number, the trees that have room for others, and the entries that know what was there before."""

    slot: int
    shared: Trees
    known: list[Entry]


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

    def again(self, entry: Entry, shared: Trees = frozenset()) -> bool:
        """Shape a target that is there again, or anew in ``shared`` trees, for what is left of its lease.
        Raises ShapingError.
        """
        now = journal.now()
        terms = Terms(
            lease_ns=max(1, entry.until_ns - now),
            confirm_ns=max(1, entry.confirm_ns - now) if entry.confirm_ns else 0,
            owner=entry.owner,
            ledger=entry.ledger,
        )
        return self._shape(impairment(entry.document), terms, shared).changed

    def _shape(self, wanted: Impairment, terms: Terms, shared: Trees = frozenset()) -> Shaped:
        plan = self._plan(wanted, terms, shared, change=True)
        entry = _entry(wanted, plan, terms)
        done = self._line.have(Apply(entry))
        if not isinstance(done, Applied):
            raise ShapingError(f"the warden of shaping says {type(done).__name__}")
        standing = moved(entry, made_ns=done.made_ns, until_ns=done.until_ns, confirm_ns=done.confirm_ns)
        return Shaped(standing, plan.before is not None)

    def planned(self, wanted: Impairment, terms: Terms | None = None) -> tuple[Part, ...]:
        """What would be done. Raises ShapingError."""
        return self._plan(wanted, terms if terms is not None else Terms(), frozenset(), change=False).parts

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

    def _plan(self, wanted: Impairment, terms: Terms, shared: Trees, *, change: bool) -> _Plan:
        """What is to be done. Where it joins one that stands alone, that one is given a tree with room for
        both first, if anything is to ``change``, and if the rest can be done at all.
        """
        spots = self._finder.spots(wanted.target, tuple(wanted.effects))
        entries = self.entries()
        before = changed_by(wanted, entries, add=terms.add)
        if before is not None:
            place = {(spot.kernel.namespace.place.inode, spot.link.device, spot.side) for spot in spots}
            before = checked(before, place)
        others = beside(wanted, spots, (entry for entry in entries if entry is not before))
        slot = before.slot if before is not None and before.slot else free_slot(entries)
        known = [*([] if before is None else [before]), *(each for some in others.values() for each in some)]
        among = _Among(slot, shared | others.keys(), known)
        parts = tuple(self._part(wanted, spot, terms, among) for spot in spots)
        if change and self._make_room(spots, others):
            parts = tuple(self._part(wanted, spot, terms, among) for spot in spots)
        return _Plan(parts, slot, before)

    def _make_room(self, spots: list[Spot], others: Mapping[tuple[int, int], list[Entry]]) -> bool:
        """Whoever stands alone where another is to join is given a tree with room for both; whether one
        was.
        """
        made = False
        for spot in spots:
            tree = tree_of(spot)
            for entry in others.get(tree, ()):
                root = spot.kernel.root(tree[1])
                if root is not None and root.handle == ROOT_HANDLE:
                    self.again(entry, shared=frozenset({tree}))
                    made = True
        return made

    def _part(self, wanted: Impairment, spot: Spot, terms: Terms, among: _Among) -> Part:
        able = self._able = self._able if self._able is not None else probe()
        exempt = wanted.exempt + (self._lifelines(terms) if spot.is_own else ())
        seed = None if wanted.seed is None else (wanted.seed + (spot.side == "ingress")) & ((1 << 64) - 1)
        tree, slot = tree_of(spot), among.slot
        wish = Wish(
            effect=wanted.effects[spot.side], slot=slot, sent=spot.side == "egress", group=spot.group,
            selectors=wanted.selectors, exempt=exempt, seed=seed if able.seed else None, adopt=terms.adopt,
            shared=tree in among.shared, last=last_of(tree, among.known),
        )  # fmt: skip
        standing = spot.kernel.standing(spot.link, slot)
        if terms.adopt and not standing.is_ours:
            standing = spot.kernel.standing(spot.link, slot, whole=True)
        if spot.sends:
            return marked(sending(standing, wish, able), spot, slot)
        through = spot.kernel.link(ifb_of(standing)[1])
        ifb = spot.kernel.standing(through, slot) if through else None
        return marked(receiving(standing, ifb, wish, able), spot, slot)

    def _lifelines(self, terms: Terms) -> tuple[Selector, ...]:
        return lifelines(terms.environ, terms.management)


def _entry(wanted: Impairment, plan: _Plan, terms: Terms) -> Entry:
    now = journal.now()
    parts, before = plan.parts, plan.before
    return Entry(
        id=before.id if before is not None else journal.identity(),
        slot=plan.slot,
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


def owner(pid: int) -> Owner:
    """A process as an owner. Raises GoneError."""
    return Owner(pid=pid, start=groups.start_of(pid))
