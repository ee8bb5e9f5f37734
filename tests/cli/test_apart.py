"""What a child makes comes back, and so does why it made nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from procwire.cli.apart import apart
from procwire.engine.options import EngineError
from procwire.recorder.reason import RecorderError
from procwire.sandbox.plan import BEST_EFFORT, OFF
from tests.recorder.taped import VECTORS

TRYING = """
import sys
from procwire.cli.main import main
from procwire.recorder import building

def told(*_):
    try:
        return open("/etc/passwd").read()
    except OSError as error:
        return f"refused: {type(error).__name__}"

building.summary = told
sys.exit(main(["incident", "export", sys.argv[1], "-o", sys.argv[2], *sys.argv[3:]]))
"""


def test_off_is_done_here() -> None:
    assert apart(OFF, lambda: {"pid": os.getpid()}) == {"pid": os.getpid()}


def test_what_a_child_made() -> None:
    found = apart(BEST_EFFORT, lambda: {"pid": os.getpid(), "much": "x" * 200_000})
    assert found["pid"] != os.getpid()
    assert len(found["much"]) == 200_000


def _raise(error: Exception) -> Callable[[], dict[str, Any]]:
    def work() -> dict[str, Any]:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "words", "code"),
    [
        (EngineError("no room", 4), "no room", 4),
        (RecorderError("a: no incident"), "a: no incident", 1),
        (KeyError("x"), "internal error: KeyError: 'x'", 1),
    ],
)
def test_why_it_made_nothing(error: Exception, words: str, code: int) -> None:
    with pytest.raises(EngineError) as found:
        apart(BEST_EFFORT, _raise(error))
    assert (str(found.value), found.value.code) == (words, code)


def test_a_child_that_died() -> None:
    with pytest.raises(EngineError, match="ended with 3"):
        apart(BEST_EFFORT, lambda: os._exit(3))


@pytest.mark.parametrize("more", [[], ["--filter", "app == dns"]])
def test_who_reads_the_packets_of_a_bundle_reads_nothing_else(tmp_path: Path, more: list[str]) -> None:
    words = [sys.executable, "-c", TRYING, str(VECTORS / "dns" / "udp.pcap")]
    said = {}
    for mode in ("best-effort", "off"):
        place = tmp_path / mode
        done = subprocess.run(
            [*words, str(place), "--sandbox", mode, *more], capture_output=True, check=False
        )
        assert done.returncode == (4 if more else 0), done.stderr
        said[mode] = (place / "summary.md").read_text()
    assert said["best-effort"] == "refused: PermissionError"
    assert said["off"].startswith("root:")
    flows = [(tmp_path / mode / "flows.ndjson").read_bytes() for mode in ("best-effort", "off")]
    assert flows[0] == flows[1]
    assert flows[0].count(b"\n") >= 13
