from __future__ import annotations

import pytest

from procwire.model.process import ProcessRef
from procwire.processes import memory
from procwire.processes.keys import Key
from procwire.processes.memory import LINGER_NS, Memory, Remembered

REF = ProcessRef(pid=7, start=70, name="x")
KEY = Key(6, b"\x0a\0\0\1", 1000, b"\x0a\0\0\2", 80)


def test_what_was_seen_is_recalled_until_it_is_stale() -> None:
    kept = Memory()
    kept.note(1, KEY, Remembered(5, REF, 1, 0))
    found = kept.recall(1, KEY, LINGER_NS - 1)
    assert found is not None
    assert found.process is REF
    assert kept.recall(2, KEY, 0) is None
    assert kept.recall(1, KEY, LINGER_NS) is None
    assert len(kept) == 0


def test_seeing_it_again_keeps_it() -> None:
    kept = Memory()
    kept.note(1, KEY, Remembered(5, REF, 1, 0))
    kept.note(1, KEY, Remembered(5, REF, 1, LINGER_NS))
    assert kept.recall(1, KEY, LINGER_NS + 1) is not None


def test_it_is_bounded_and_counts_what_it_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_REMEMBERED", 10)
    kept = Memory()
    for port in range(25):
        kept.note(1, KEY._replace(sport=port), Remembered(port, REF, 1, 0))
    assert (len(kept), kept.evicted) == (10, 15)
    assert kept.recall(1, KEY._replace(sport=24), 1) is not None
