from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from procwire.shaping import journal
from procwire.shaping.journal import Journal, Owner, moved
from procwire.shaping.keeper import Keeper
from procwire.shaping.requests import Applied, Apply, Confirm, Done, Held, Look, Refused, Restore, Switch
from procwire.shaping.steps import Place
from tests.lab import Lab
from tests.shaping.stage import entry, needs_lab

pytestmark = [pytest.mark.kernel, needs_lab]
OWN = "/proc/self/ns/net"


def here() -> journal.Entry:
    return entry(OWN, Path(OWN).stat().st_ino)


def test_applied_confirmed_and_restored(tmp_path: Path) -> None:
    keeper = Keeper(Journal(tmp_path))
    made = here()
    made = moved(made, confirm_ns=made.made_ns + 10**12)
    told = keeper.answer(Apply(made))
    assert isinstance(told, Applied)
    assert told.until_ns - told.made_ns == made.until_ns - made.made_ns
    assert told.confirm_ns - told.made_ns == 10**12
    kept = keeper.journal.get(made.id)
    assert kept is not None
    assert (kept.made_ns, kept.confirm_ns) == (told.made_ns, told.confirm_ns)
    assert keeper.answer(Look()) == Held(os.getpid(), [made.id], {})
    assert keeper.answer(Confirm(made.id)) == Done()
    assert keeper.holds[made.id].entry.confirm_ns == 0
    assert keeper.answer(Restore(made.id)) == Done()
    assert keeper.answer(Look()) == Held(os.getpid(), [], {})
    assert keeper.journal.entries() == []


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    keeper = Keeper(Journal(tmp_path))
    for asked in (Restore("00000000"), Confirm("00000000")):
        assert keeper.answer(asked) == Refused("00000000 is not shaped any more")
    told = keeper.answer(Apply(msgspec.structs.replace(here(), boot="another")))
    assert told == Refused("it is of another boot")
    gone = keeper.answer(Apply(entry("/run/netns/does-not-exist", 7)))
    assert isinstance(gone, Refused)
    assert "gone" in gone.reason
    assert keeper.journal.entries() == []


def test_a_change_that_cannot_be_held_leaves_what_stood(tmp_path: Path) -> None:
    keeper = Keeper(Journal(tmp_path))
    made = here()
    assert isinstance(keeper.answer(Apply(made)), Applied)
    other = msgspec.structs.replace(made, owner=Owner(pid=os.getpid(), start=1), notes=("changed",))
    told = keeper.answer(Apply(other))
    assert isinstance(told, Refused)
    assert "owner has ended" in told.reason
    kept = keeper.journal.get(made.id)
    assert kept is not None
    assert kept.notes == ()
    assert isinstance(keeper.answer(Look()), Held)
    assert list(keeper.holds) == [made.id]
    keeper.end_all()
    assert keeper.journal.entries() == []


def test_who_was_not_told_has_shaped_nothing(tmp_path: Path) -> None:
    keeper = Keeper(Journal(tmp_path))
    asked = Apply(here())
    assert isinstance(keeper.answer(asked), Applied)
    keeper.forget(asked)
    assert keeper.holds == {}
    assert keeper.journal.entries() == []


def test_an_interface_is_switched(tmp_path: Path) -> None:
    keeper = Keeper(Journal(tmp_path))
    with Lab() as lab:
        host = lab.host("switch")
        place = Place(path=str(host.path), inode=host.path.stat().st_ino)
        assert keeper.answer(Switch(place, 1, up=False)) == Done()
        assert "UP" not in host.run("ip", "-br", "link", "show", "lo").split("<")[1]
        assert keeper.answer(Switch(place, 1, up=True)) == Done()
        assert "UP" in host.run("ip", "-br", "link", "show", "lo").split("<")[1]
        assert isinstance(keeper.answer(Switch(place, 77, up=True)), Refused)
