"""Bundles made by the command, once for all tests of a file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from procwire.cli.main import main


def made(tmp: Path, *words: str, name: str = "case") -> Path:
    """A bundle; the command must have ended well, or said that something lacks."""
    output = tmp / name
    assert main(["incident", "export", *words, "-o", str(output)]) in (0, 4)
    return output


def lines(path: Path) -> list[dict[str, object]]:
    """A table of a bundle."""
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
