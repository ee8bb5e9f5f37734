"""The laws over captures that others made, many of them a fuzzer's finds; skipped where they are absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.capture.files import open_files
from procwire.capture.source import CaptureError
from procwire.packet.decode import Decoder
from tests.packet import laws

SHARED = Path(os.environ.get("PROCWIRE_SHARED", Path(__file__).parents[2].parent / "shared"))
CAPTURES = SHARED / "corpora" / "robustness" / "tcpdump" / "tests"


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not here")
def test_captures_keep_the_laws() -> None:
    rows = 0
    for path in sorted(CAPTURES.glob("*.pcap*"))[:300]:
        decoder = Decoder()
        try:
            for batch in open_files([str(path)]).batches():
                laws.check(batch, decoder.decode(batch))
                rows += batch.count
        except CaptureError:  # a damaged file ends in the capture room's error
            continue
    assert rows > 500
