"""Inside the virtual machine: several impairments on one interface, and what a control group receives."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from procwire.shaping import groups
from procwire.shaping.abilities import Abilities
from procwire.shaping.plan import Wish, receiving, sending
from procwire.shaping.selection import selector
from procwire.shaping.spelling import effect
from procwire.shaping.steps import Part
from tests.lab import Host
from tests.shaping.stage import Inside
from tests.vm.netem import Talk

ROUNDS = 5  # of one that stands alone and is joined
JOINED = 40  # times in each
LOST = effect({"loss": "100%"})


def joins(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    """Everything is lost, and others that join and go let nothing through."""
    sent, leaked = 0, [False]
    with Talk(left, right) as talk:
        for _ in range(ROUNDS):
            alone = _done(entered, sending(entered.standing(), Wish(effect=LOST), able))
            with _flood(talk) as count:
                whole = _done(entered, sending(entered.standing(), Wish(effect=LOST, shared=True), able))
                for number in range(JOINED):
                    wish = Wish(
                        effect=LOST, slot=2, shared=True, selectors=(selector(f"port={number + 1}-9999"),)
                    )
                    part = _done(entered, sending(entered.kernel.standing(entered.link(), 2), wish, able))
                    entered.kernel.undo(part.undo)
            sent += count[0]
            talk._drain(leaked, 0.5)
            entered.kernel.undo((*whole.undo, *alone.undo))
    good = not leaked[0] and sent > ROUNDS * JOINED
    return good, f"{int(leaked[0])} of {sent} packets leaked while {ROUNDS * JOINED} joined and went"


def receives(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    """All that one control group receives is lost, and what others receive is not."""
    folder = Path(groups.root(), "pw-scene")
    folder.mkdir(exist_ok=True)
    home = Path(groups.root() + groups.of_process(os.getpid()))
    wish = Wish(effect=LOST, sent=False, group="/pw-scene")
    part = _done(entered, receiving(entered.standing(), None, wish, able))
    try:
        with Talk(right, left, address="10.77.0.1") as other:
            (folder / "cgroup.procs").write_text(str(os.getpid()))
            try:
                with Talk(right, left, 7778, "10.77.0.1") as inner:
                    lost = inner.send(50)
            finally:
                (home / "cgroup.procs").write_text(str(os.getpid()))
            kept = other.send(50)
    finally:
        failed = entered.kernel.undo(part.undo)
        folder.rmdir()
    good = all(kept) and not any(lost) and not failed
    return good, f"{sum(lost)} of 50 for the group, {sum(kept)} of 50 for others arrived"


def _done(entered: Inside, part: Part) -> Part:
    for step in part.steps:
        entered.kernel.do(step)
    return part


@contextlib.contextmanager
def _flood(talk: Talk) -> Iterator[list[int]]:
    sent, stop = [0], threading.Event()

    def flood() -> None:
        while not stop.is_set():
            talk.sender.sendto(bytes(4), talk.target)
            sent[0] += 1

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()
