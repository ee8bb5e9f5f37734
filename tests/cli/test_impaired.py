"""What is shaped, told to a watch as it ticks."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from procwire.cli.impaired import EVERY_NS, Impaired
from procwire.engine.api import Context
from procwire.model.flow import Flow
from procwire.model.rows import FlowRow
from procwire.shaping.board import Board, Notice

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root shapes")


class Heard:
    """The audience behind."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def told(self, event: str, flow: Flow) -> None:
        self.calls.append(event)

    def observed(self, flow: Flow, observation: object) -> None:
        self.calls.append("observed")

    def ticked(self, now: int) -> None:
        self.calls.append("ticked")


def test_rows_know_from_the_next_tick_on(tmp_path: Path) -> None:
    flow = Flow()
    flow.number, flow.interface, flow.first, flow.last, flow.srtt = 1, 1, 1, 1 << 62, 7
    heard = Heard()
    tracker = SimpleNamespace(active=lambda: iter([flow]))
    watching = SimpleNamespace(audience=heard, pipeline=SimpleNamespace(tracker=tracker))
    context = Context([SimpleNamespace(name=""), SimpleNamespace(name="eth0")])  # type: ignore[list-item]
    impaired = Impaired(tmp_path)
    impaired.attach(watching, context)  # type: ignore[arg-type]
    row = FlowRow(flow, context)
    assert context.impaired.impairment(row) is None
    own = Path("/proc/self/ns/net").stat().st_ino
    Board(tmp_path).put(Notice(id="a", target="eth0", words="loss 3%", namespace=own, interfaces=("eth0",)))
    watching.audience.ticked(EVERY_NS)
    watching.audience.told("open", flow)
    watching.audience.observed(flow, None)
    assert heard.calls == ["ticked", "open", "observed"]
    assert context.impaired.impairment(row) == "eth0 loss 3%"
    assert context.impaired.before(row)[0] == 7
    Board(tmp_path).take_off("a")
    watching.audience.ticked(2 * EVERY_NS)
    assert context.impaired.impairment(row) is not None  # it lived while it was shaped


def test_without_a_place_to_look_nothing_is_attached(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    watching = SimpleNamespace(audience=None)
    context = Context([])
    Impaired(tmp_path / "file").attach(watching, context)  # type: ignore[arg-type]
    assert context.impaired is None


def test_its_own_network_is_the_one_before_the_walls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch that has shut itself in is in a network namespace of its own, where no packet is."""
    impaired = Impaired(tmp_path)
    monkeypatch.setattr("procwire.cli.impaired.Path", None)  # nothing is looked at from now on
    flow = Flow()
    flow.number, flow.interface, flow.first, flow.last = 1, 1, 1, 1 << 62
    watching = SimpleNamespace(
        audience=Heard(), pipeline=SimpleNamespace(tracker=SimpleNamespace(active=lambda: iter([flow])))
    )
    context = Context([SimpleNamespace(name=""), SimpleNamespace(name="eth0")])  # type: ignore[list-item]
    own = Path("/proc/self/ns/net").stat().st_ino
    Board(tmp_path).put(Notice(id="a", target="eth0", words="loss 3%", namespace=own, interfaces=("eth0",)))
    impaired.attach(watching, context)  # type: ignore[arg-type]
    assert context.impaired.impairment(FlowRow(flow, context)) == "eth0 loss 3%"
