"""A reading that asks for names alone calls every flow what a whole reading calls it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from procwire.capture.files import open_files
from procwire.capture.source import CaptureError
from procwire.engine.options import FlowOptions
from procwire.engine.pipeline import Pipeline
from procwire.model.flow import Flow
from procwire.model.listening import Silent
from tests.scenes.command import read_lines

VECTORS = Path(__file__).parents[1] / "vectors"
CAPTURES = sorted(path for path in VECTORS.rglob("*.pcap*") if path.suffix in {".pcap", ".pcapng"})
SHARED = Path(os.environ.get("PROCWIRE_SHARED", Path(__file__).parents[3] / "shared")) / "corpora"


class Rows(Silent):
    """What each flow came to."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.told = 0

    def ended(self, flow: Flow) -> None:
        self.rows.append(
            (
                flow.number, flow.app, flow.app_confidence, flow.facts.get("via"), flow.ended,
                flow.packets_out, flow.packets_in, flow.bytes_out, flow.bytes_in,
            )
        )  # fmt: skip
        self.told += bool(flow.server_name or flow.ja4)


class Names(Rows):
    by_name = True


def read(path: Path, rows: Rows) -> Rows:
    line = Pipeline(FlowOptions(), rows)
    source = open_files([str(path)], lenient=True)
    try:
        for batch in source.batches():
            line.ingest(line.decode(batch))
    except CaptureError:
        pass  # up to the damage
    finally:
        source.close()
    line.finish()
    return rows


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: str(path.relative_to(VECTORS)))
def test_every_capture_is_named_alike(path: Path) -> None:
    named = read(path, Names())
    assert named.rows == read(path, Rows()).rows
    assert named.told == 0


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the corpora at {SHARED}")
def test_every_capture_of_others_is_named_alike() -> None:
    paths = sorted(path for path in SHARED.rglob("*.pcap*") if path.is_file() and path.stat().st_size)
    differing = [path.name for path in paths if read(path, Names()).rows != read(path, Rows()).rows]
    assert len(paths) > 1000
    assert differing == []


def test_a_filter_that_asks_for_more_gets_it() -> None:
    """Whoever asks for a server's name has it read, though only sums are shown."""
    path = VECTORS / "tls" / "tls13.pcap"
    (whole,) = read_lines(path, "--summary", "--no-progress")
    (named,) = read_lines(path, "--summary", "--no-progress", "--filter", 'app == tls and sni ~ "."')
    (other,) = read_lines(path, "--summary", "--no-progress", "--filter", 'sni == "no.such.name"')
    assert [group["group"] for group in named["protocols"]] == ["tls"]
    assert named["protocols"] == [group for group in whole["protocols"] if group["group"] == "tls"]
    assert other["protocols"] == []
