"""Who may share a reading: only one that hears of ended flows, of files that several can read at once."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from procwire.crew import sharing
from procwire.crew.sharing import After, workers_for
from procwire.model.flow import Flow
from procwire.model.listening import Silent

HTTP = Path(__file__).parents[1] / "vectors" / "http" / "ordinary.pcap"


class Ends(Silent):
    def __init__(self) -> None:
        self.heard: list[int] = []

    def ended(self, flow: Flow) -> None:
        self.heard.append(flow.number)


class Sees(Ends):
    def observed(self, flow: Flow, observation: Any) -> None:
        pass


def test_what_was_asked_for_is_done_where_it_can_be(tmp_path: Path) -> None:
    packed = tmp_path / "packed.pcap.gz"
    packed.write_bytes(gzip.compress(HTTP.read_bytes()))
    empty = tmp_path / "empty.pcap"
    empty.touch()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert workers_for(Ends(), [str(HTTP)], 3) == 3
    assert workers_for(Sees(), [str(HTTP)], 3) == 1
    for path in (packed, empty, pipe, "-", "/no-such-file"):
        assert workers_for(Ends(), [str(HTTP), str(path)], 3) == 1


def test_without_being_asked_it_is_done_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert workers_for(Ends(), [str(HTTP)]) == 1
    monkeypatch.setattr(sharing, "SHARED_BYTES", 100)
    for processors, workers in ((1, 1), (2, 2), (3, 3), (64, 4)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, count=processors: set(range(count)))
        assert workers_for(Ends(), [str(HTTP)]) == workers


def test_what_was_told_is_not_told_again() -> None:
    ends = Ends()
    after = After(ends, 2)
    for number in range(1, 5):
        flow = Flow()
        flow.number = number
        after.ended(flow)
    assert ends.heard == [3, 4]
