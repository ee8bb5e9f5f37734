from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.shaping import groups
from procwire.shaping.apply import Kernel
from procwire.shaping.codec.links import Link
from procwire.shaping.finding import Spot
from procwire.shaping.marking import marked
from procwire.shaping.namespace import Namespace
from procwire.shaping.standing import inner_handle
from procwire.shaping.steps import Leave, Mark, Part, Settle, Tag, Unsettle, Untag
from tests.shaping.stage import ETH0, needs_lab

pytestmark = [pytest.mark.kernel, needs_lab]

PART = Part(place=ETH0.place, device=3, name="eth0", side="egress", steps=(), undo=(Leave(device=3, slot=2),))


def spot(group: str = "", pid: int = 0, *, sends: bool = True) -> Spot:
    with Namespace() as own:
        link = Link(3, "eth0", 1)
        return Spot(Kernel(own), link, "egress", sends=sends, group=group, pid=pid)


def test_an_interface_needs_no_mark_and_a_unit_one_on_what_it_sends() -> None:
    assert marked(PART, spot(), 2) is PART
    sent = marked(PART, spot("/web"), 2)
    assert sent.steps == (Mark(cgroup="/web", priority=inner_handle(2)),)
    assert marked(PART, spot("/web", sends=False), 2) == PART


def test_a_process_gets_a_group_of_its_own_and_its_sockets_a_priority(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pid = os.getpid()
    own = groups.placing(pid)[1].group
    made = marked(PART, spot(own, pid, sends=False), 2)
    assert [type(step) for step in made.steps] == [Settle, Tag]
    assert [type(step) for step in made.undo] == [Untag, Leave, Unsettle]
    assert made.undo[-1] == groups.placing(pid)[1]
    monkeypatch.setattr(groups, "of_process", lambda _pid: own)  # it has been moved there
    again = marked(PART, spot(own, pid), 2)
    assert [type(step) for step in again.steps] == [Mark, Tag]
    assert again.undo[-1] == Unsettle(group=own, home=str(Path(own).parent))
