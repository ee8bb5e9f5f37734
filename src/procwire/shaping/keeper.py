"""What shaping's warden does for whoever asks, and what it does when nobody does: the steps, and their end.

The order is the promise: first the entry with all that undoes it is written down, then it is held, and only
then is anything changed. A step that fails takes back those before it.
"""

from __future__ import annotations

import contextlib
import os

from procwire.shaping import groups, journal
from procwire.shaping.apply import Kernel
from procwire.shaping.failure import ShapingError
from procwire.shaping.hold import Hold
from procwire.shaping.journal import Entry, Journal, moved
from procwire.shaping.recording import Recording
from procwire.shaping.requests import (
    Applied,
    Apply,
    Confirm,
    Done,
    Held,
    Refused,
    Reply,
    Request,
    Restore,
    Switch,
)
from procwire.shaping.restoring import reached, restore
from procwire.shaping.returning import Direct, come_back, may_return, rest, rests
from procwire.shaping.steps import Mark, SetLink, Settle

SEEK_NS = 1_000_000_000  # between two looks whether a container was started again
APPLYING_NS = 30 * 10**9  # what is not in place by then is taken back


class Keeper:
    """The impairments of a journal, held."""

    def __init__(self, kept: Journal) -> None:
        self.journal = kept
        self.holds: dict[str, Hold] = {}
        self.failed: dict[str, str] = {}
        self.recording = Recording()

    def answer(self, asked: Request) -> Reply:
        """Do what is asked."""
        try:
            if isinstance(asked, Apply):
                return self._apply(asked.entry)
            if isinstance(asked, Restore):
                return Done(self._restore(asked.id))
            if isinstance(asked, Confirm):
                return self._confirm(asked.id)
            if isinstance(asked, Switch):
                return _switch(asked)
        except ShapingError as error:
            return Refused(str(error))
        except OSError as error:
            return Refused(error.strerror or str(error))
        self.look()
        return Held(os.getpid(), sorted(self.holds), self.failed)

    def forget(self, asked: Request) -> None:
        """Nobody was told of what came of a request, as who asked has died: then it was not to be."""
        if isinstance(asked, Apply):
            with contextlib.suppress(ShapingError, OSError):
                self._restore(asked.entry.id, "who asked for it died before it was told")

    def look(self) -> None:
        """Read the journal: hold what is new, let go of what is gone."""
        entries = {entry.id: entry for entry in self.journal.entries() if entry.boot == journal.boot()}
        for identity in [identity for identity in self.holds if identity not in entries]:
            self.holds.pop(identity).close()
        for entry in entries.values():
            held = self.holds.get(entry.id)
            if held is not None and held.entry.parts == entry.parts and held.entry.owner == entry.owner:
                held.entry = entry
            elif held is None or held.entry != entry:
                try:
                    self._hold(entry)
                except (ShapingError, OSError):
                    restore(entry, self.journal)

    def end_what_is_due(self) -> None:
        """Put back what is over, look again for what nobody tells of."""
        now = journal.now()
        for identity, hold in list(self.holds.items()):
            if not hold.is_over and (hold.is_gone or hold.let_go_of_the_dead()):
                self._lose(identity, hold)
            elif rests(hold.entry) and not hold.is_due(now):
                self._seek(hold, now)
            hold = self.holds.get(identity, hold)
            if identity not in self.holds:
                continue
            if hold.is_due(now):
                failed = hold.put_back(self.journal, now)
                if failed is not None:
                    self._note_end(hold, now, failed)
                if failed:
                    self.failed[identity] = "; ".join(failed)
                elif failed is not None:
                    self.holds.pop(identity).close()
            elif not hold.is_over:
                hold.tag_again(self.journal)

    def _lose(self, identity: str, hold: Hold) -> None:
        """Its target has ended, while its other end may be elsewhere: it is over, or rests."""
        hold.is_gone = True
        if not may_return(hold.entry):
            hold.is_over = True
            return
        try:
            resting = rest(hold, self.journal)
        except (ShapingError, OSError):
            hold.is_over = True
            return
        if resting is not None:
            self.recording.note(hold.entry, "put-back", why="its target has ended, and may be started again")
            self.holds[identity] = resting
            hold.close()

    def _seek(self, hold: Hold, now: int) -> None:
        if now >= hold.look_ns:
            hold.look_ns = now + SEEK_NS
            come_back(hold.entry, self.journal, Direct(self.answer))

    def end_all(self) -> None:
        """The last thing that is done: nobody is waited for."""
        while self.holds:
            _, hold = self.holds.popitem()
            failed = restore(hold.entry, self.journal, hold.kernels)
            self.recording.note(hold.entry, "put-back", why="the warden was told to end", failed=failed)
            hold.close()

    def _note_end(self, hold: Hold, now: int, failed: list[str]) -> None:
        entry = hold.entry
        why = "its owner or target has ended" if hold.is_over else "its lease has ended"
        if not hold.is_over and entry.confirm_ns and entry.confirm_ns <= now:
            why = "nobody has confirmed it"
        self.recording.note(entry, "put-back", why=why, failed=failed)

    def _hold(self, entry: Entry) -> Hold:
        """Raises ShapingError, OSError."""
        before = self.holds.pop(entry.id, None)
        try:
            made = self.holds[entry.id] = Hold(entry, before)
            self.failed.pop(entry.id, None)
        except (OSError, ShapingError) as error:
            self.failed[entry.id] = str(error)
            raise
        finally:
            if before is not None:
                before.close()
        return made

    def _apply(self, asked: Entry) -> Applied:
        """Its times run from when it is in place; until then it has a short one of its own."""
        if asked.boot != journal.boot():
            raise ShapingError("it is of another boot")
        before = self.journal.get(asked.id)
        soon = journal.now() + APPLYING_NS
        soonest = moved(asked, until_ns=soon, confirm_ns=soon)
        self.journal.write(soonest)
        done = 0
        try:
            _settle(asked)
            hold = self._hold(soonest)
            for part in asked.parts:
                for step in part.steps:
                    if not isinstance(step, Mark | Settle):  # a mark ends with who holds it
                        hold.kernels[part.place.inode].do(step)
                        done += 1
        except (ShapingError, OSError):
            self._take_back(asked, before, changed=bool(done))
            raise
        late = journal.now() - asked.made_ns
        confirm = asked.confirm_ns + late if asked.confirm_ns else 0
        hold.entry = moved(
            asked, made_ns=asked.made_ns + late, until_ns=asked.until_ns + late, confirm_ns=confirm
        )
        self.journal.put(hold.entry)
        self.journal.tell(hold.entry)
        self.recording.note(asked, "changed" if before is not None else "shaped")
        return Applied(hold.entry.made_ns, hold.entry.until_ns, confirm)

    def _take_back(self, asked: Entry, before: Entry | None, *, changed: bool) -> None:
        """A change that did nothing leaves what stood; one that stopped half-way takes all of it down."""
        with contextlib.suppress(ShapingError, OSError):
            if before is None or changed:
                self._restore(asked.id, "a step failed")
            else:
                self.journal.write(before)
                self._hold(before)

    def _restore(self, identity: str, why: str = "it was asked for") -> list[str]:
        """Undo it; what failed, which is tried again later."""
        hold = self.holds.get(identity)
        entry = self.journal.get(identity) or (hold.entry if hold is not None else None)
        if entry is None:
            raise ShapingError(f"{identity} is not shaped any more")
        failed = restore(entry, self.journal, hold.kernels if hold is not None else None)
        self.recording.note(entry, "put-back", why=why, failed=failed)
        if failed:
            self.failed[identity] = "; ".join(failed)
        elif hold is not None:
            self.holds.pop(identity).close()
        return failed

    def _confirm(self, identity: str) -> Done:
        entry = self.journal.get(identity)
        if entry is None:
            raise ShapingError(f"{identity} is not shaped any more")
        kept = moved(entry, confirm_ns=0)
        self.journal.write(kept)
        if identity in self.holds:
            self.holds[identity].entry = kept
        self.recording.note(kept, "confirmed")
        return Done()


def _switch(asked: Switch) -> Done:
    with reached(asked.place) as namespace:
        Kernel(namespace).do(SetLink(device=asked.device, up=asked.up))
    return Done()


def _settle(entry: Entry) -> None:
    """Give processes their groups, before their marks are put. Raises ShapingError."""
    done: set[str] = set()
    for part in entry.parts:
        for step in part.steps:
            if isinstance(step, Settle) and step.group not in done:
                groups.settle(step)
                done.add(step.group)
