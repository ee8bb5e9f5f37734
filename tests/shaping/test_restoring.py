from __future__ import annotations

from pathlib import Path

import pytest

from procwire.shaping import journal
from procwire.shaping.journal import Entry, Journal
from procwire.shaping.namespace import GoneError
from procwire.shaping.plan import Wish, sending
from procwire.shaping.restoring import reached, restore
from procwire.shaping.spelling import effect
from procwire.shaping.steps import Part, Place, Unsettle
from tests.lab import Lab
from tests.shaping.stage import HERE, inside, needs_lab, shown

pytestmark = [pytest.mark.kernel, needs_lab]


def entry(*parts: Part) -> Entry:
    return Entry(id="0a0a0a0a", document={}, parts=parts, boot=journal.boot(), made_ns=0, until_ns=1)


def test_an_entry_is_undone_and_removed(tmp_path: Path) -> None:
    kept = Journal(tmp_path)
    with Lab() as lab:
        host = lab.host("a")
        with inside(host) as entered:
            part = sending(entered.standing("lo"), Wish(effect=effect({"rate": "8mbit"})), HERE)
            for step in part.steps:
                entered.kernel.do(step)
        kept.write(entry(part))
        assert restore(entry(part), kept) == []
        assert [each["kind"] for each in shown(host, "qdisc", "show")] == ["noqueue"]
    assert kept.entries() == []
    kept.write(entry(part))
    assert restore(entry(part), kept) == []  # the namespace is gone, and its interfaces with it
    assert kept.entries() == []
    with pytest.raises(GoneError):
        reached(part.place)


def test_what_could_not_be_undone_is_kept_for_another_try(tmp_path: Path) -> None:
    kept = Journal(tmp_path)
    own = Path("/proc/self/ns/net").stat().st_ino
    stuck = Part(
        place=Place(path="/proc/self/ns/net", inode=own), device=1, name="lo", side="egress", steps=(),
        undo=(Unsettle(group="/procwire-shape-1", home="/does/not/exist"),),
    )  # fmt: skip
    kept.write(entry(stuck))
    assert restore(entry(stuck), kept) == []  # no such group: nothing to do
    assert kept.entries() == []
