"""Capture every scenario anew: ``python -m tests.vectors.make [protocol …]`` (root).

Each ``tests/vectors/<protocol>/make.py`` has ``SCENARIOS``: name -> function of a Scene, and may have
``WANTED``: a capture filter in place of scene.QUIET. The captures are
committed; tests read them and never need the programs.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from tests.lab import why_not
from tests.vectors.scene import QUIET, recorded

HERE = Path(__file__).parent


def main(wanted: list[str]) -> int:
    """Make the captures of the named protocols, or of all."""
    reason = why_not()
    if reason:
        print(f"vectors: {reason}", file=sys.stderr)
        return 3
    for script in sorted(HERE.glob("*/make.py")):
        protocol = script.parent.name
        if wanted and protocol not in wanted:
            continue
        script_module = importlib.import_module(f"tests.vectors.{protocol}.make")
        scenarios = script_module.SCENARIOS
        for name, scenario in scenarios.items():
            target = script.parent / f"{name}.pcap"
            with recorded(target, getattr(script_module, "WANTED", QUIET)) as scene:
                scenario(scene)
            print(f"{protocol}/{name}.pcap: {target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
