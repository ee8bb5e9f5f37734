"""Any number of workers finds what one process finds: the same flows in the same order, named alike."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from procwire.crew import sharing
from procwire.crew.parcel import unwrap, wrap
from procwire.crew.summary import report_of
from procwire.engine.options import FlowOptions, ReadOptions
from procwire.engine.pipeline import Pipeline
from procwire.engine.reading import Reading
from procwire.model.flow import Flow
from procwire.model.listening import Silent
from tests.crew import naming_capture

VECTORS = Path(__file__).parents[1] / "vectors"
CAPTURES = sorted(path for path in VECTORS.rglob("*.pcap*") if path.suffix in {".pcap", ".pcapng"})
ANNOUNCING = {"ftp", "rtsp", "sip", "tftp"}  # their flows speak of others: one process reads them
QUIET = [path for path in CAPTURES if path.parent.name not in ANNOUNCING]
SHARED = Path(os.environ.get("PROCWIRE_SHARED", Path(__file__).parents[3] / "shared"))
CORPORA = SHARED / "corpora"
DNS = VECTORS / "dns" / "udp.pcap"
LARGEST = 1 << 20  # of the corpora's captures
SPARSE = 60  # one of so many of them: all take two minutes, and were read alike


class Rows(Silent):
    """All that is known of each flow that ended."""

    def __init__(self) -> None:
        self.rows: list[Any] = []

    def ended(self, flow: Flow) -> None:
        self.rows.append(wrap(flow))


def found(workers: int, *paths: Path, **options: Any) -> dict[str, Any]:
    """What a reading comes to."""
    rows = Rows()
    flows = options.pop("flows", FlowOptions())
    words = ReadOptions(paths=tuple(map(str, paths)), workers=workers, flows=flows, **options)
    reading = Reading(words, rows)
    assert reading.workers == workers
    reading.run()
    reading.source.close()
    report = report_of(reading.outcome, [])
    return {
        "rows": rows.rows,
        "report": report,
        "counts": reading.counts,
        "error": str(reading.error),
        "interfaces": reading.source.interfaces,
        "shared": reading.shared,
        "tracked": reading.outcome.tracked,
        "analysed": reading.outcome.analysed,
    }


def same(*paths: Path, workers: int = 3, **options: Any) -> dict[str, Any]:
    """What one finds, which several find too."""
    one = found(1, *paths, **options)
    several = found(workers, *paths, **options)
    assert not one.pop("shared")
    shared = several.pop("shared")
    assert one == several
    return {**one, "shared": shared}


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: str(path.relative_to(VECTORS)))
def test_every_capture_is_read_alike(path: Path) -> None:
    assert same(path)["shared"] or path.parent.name in ANNOUNCING


def test_a_flow_that_announces_another_is_read_by_one_process() -> None:
    assert not same(VECTORS / "ftp" / "plain.pcap")["shared"]


def test_all_captures_one_after_another_are_read_alike() -> None:
    many = same(*QUIET, workers=2)
    assert many["shared"]
    assert len(many["rows"]) > 300


def test_all_captures_merged_are_read_alike() -> None:
    assert same(*QUIET, merge=True)["shared"]


@pytest.mark.skipif(not CORPORA.is_dir(), reason=f"needs the corpora at {CORPORA}")
def test_captures_of_others_are_read_alike() -> None:
    files = [path for path in sorted(CORPORA.rglob("*.pcap*")) if path.is_file()]
    plain = [
        path for path in files if path.suffix in {".pcap", ".pcapng"} and 0 < path.stat().st_size <= LARGEST
    ]
    shared = [path for path in plain[::SPARSE] if same(path, workers=2, lenient=True)["shared"]]
    assert len(shared) > 0.9 * len(plain[::SPARSE])


def damaged(folder: Path) -> Path:
    """A capture whose tenth record claims more bytes than there can be."""
    path = folder / "damaged.pcap"
    content = bytearray((VECTORS / "http" / "ordinary.pcap").read_bytes())
    at = 24
    for _ in range(9):
        at += 16 + int.from_bytes(content[at + 8 : at + 12], "little")
    content[at + 8 : at + 12] = b"\xff" * 4
    path.write_bytes(content)
    return path


def test_names_are_learned_alike(tmp_path: Path) -> None:
    rows = [unwrap(row) for row in same(naming_capture.capture(tmp_path), workers=4)["rows"]]
    names = {flow.server_name for flow in rows if flow.dport == 443}
    assert names == {"", "www.example.com", "shop.example.com"}


@pytest.mark.parametrize("lenient", [False, True])
def test_damage_is_told_alike(tmp_path: Path, lenient: bool) -> None:
    path = damaged(tmp_path)
    read = same(path, DNS, lenient=lenient)
    assert (read["error"] != "None", read["counts"].damaged) == (not lenient, 1)


def test_where_the_memory_is_full_one_reads_it_again() -> None:
    """One process evicts other flows than several: so nothing that is told may come from them."""
    read = same(*QUIET, flows=FlowOptions(max_flows=8))
    assert not read["shared"]
    assert read["tracked"].evicted > 0


def test_flows_told_before_a_strain_are_not_told_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    skipped: list[int] = []
    begin = sharing.After.__init__

    def after(self: Any, listener: Any, skip: int) -> None:
        skipped.append(skip)
        begin(self, listener, skip)

    full = property(lambda line: "full" if line.tracker.counts.flows > 100 else "")
    monkeypatch.setattr(sharing.After, "__init__", after)
    monkeypatch.setattr(Pipeline, "strained", full)
    assert not same(*QUIET, workers=2)["shared"]
    assert skipped[0] > 10
