"""The captures that have golden lines, and where those are."""

from __future__ import annotations

from pathlib import Path

VECTORS = Path(__file__).parents[1] / "vectors"
GOLDEN = Path(__file__).parent / "golden"


def captures() -> list[Path]:
    """Every capture under tests/vectors, in order of its name."""
    return sorted(path for path in VECTORS.rglob("*.pcap*") if path.is_file())


def name_of(capture: Path) -> str:
    """``http-ordinary`` for ``http/ordinary.pcap``."""
    return "-".join(capture.relative_to(VECTORS).with_suffix("").parts)


def golden_of(capture: Path) -> Path:
    """The file of its golden lines."""
    return GOLDEN / f"{name_of(capture)}.jsonl"
