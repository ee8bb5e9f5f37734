from __future__ import annotations

from pathlib import Path

from procwire.crew.summary import report_of
from procwire.engine.options import ReadOptions
from procwire.engine.reading import Reading
from procwire.model.listening import Silent

VECTORS = Path(__file__).parents[1] / "vectors"


def test_a_summary_counts_what_was_read() -> None:
    path = str(VECTORS / "dns" / "udp.pcap")
    reading = Reading(ReadOptions(paths=(path,)), Silent())
    reading.run()
    report = reading.report()
    assert report == report_of(reading.outcome, [path])
    assert report.packets == reading.source.counts.frames > 0
    assert report.flows == reading.pipeline.tracker.counts.flows
    assert report.first is not None
    assert report.last is not None
    assert report.first < report.last
    assert report.faults == {}
    assert report.notes == []
