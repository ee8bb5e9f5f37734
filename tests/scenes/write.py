"""Write the golden lines anew: ``python -m tests.scenes.write [NAME ...]``.

Read the difference (``git diff tests/scenes/golden``) before it is committed: each changed value is a claim
on what was on the wire, and tests/scenes/test_golden.py only holds the claims that were made here.
"""

from __future__ import annotations

import sys

from tests.scenes.lines import lines_of, text_of
from tests.scenes.scenes import captures, golden_of, name_of


def main(wanted: list[str]) -> int:
    """Write the lines of all captures, or of those whose names begin with a word of ``wanted``."""
    for capture in captures():
        if wanted and not name_of(capture).startswith(tuple(wanted)):
            continue
        golden = golden_of(capture)
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text_of(lines_of(capture)), encoding="ascii")
        print(f"{golden.name}: {golden.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
