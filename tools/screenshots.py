"""Pictures of ``procwire top`` for the documentation: real runs in a network namespace, as SVG.

    python -m tools.screenshots        (root; writes docs/pictures)

Two hosts on a wire talk HTTP, TLS, DNS and ICMP with real programs; the terminal looks at one of them through
an engine of its own, without a screen, and each picture is what it would have shown.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.lab import pair, wait_for

from procwire.cli import top_live
from procwire.cli.main import parser
from procwire.sandbox.plan import BEST_EFFORT
from procwire.tui.app import Terminal
from procwire.tui.host import Host

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
SIZE = (120, 32)
SHOTS = (
    ("overview", ("1",)),
    ("flows", ("2", "z", "down", "enter", "enter")),
    ("flow", ("2", "enter", "F")),  # not its facts: they tell of who made the picture
    ("packets", ("5", "J", "J", "J")),
    ("shaping", ("0", "s", "enter", "enter", "j", "j", "j", "j", "j", "l", "l", "l", "l", "l", "l", "d")),
)
WARM_SECONDS = 10
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def small(svg: str) -> str:
    """Without fonts that are fetched from elsewhere, and without space between."""
    return re.sub(r">\s+<", "><", _FONT.sub("", svg)).strip() + "\n"


async def _shoot(app: Terminal) -> None:
    async with app.run_test(size=SIZE) as pilot:
        for _ in range(WARM_SECONDS):
            await asyncio.sleep(1.0)
        for name, keys in SHOTS:
            for key in keys:
                await pilot.press(key)
                await asyncio.sleep(0.8)
            PICTURES.mkdir(exist_ok=True)
            picture = app.export_screenshot(title=f"procwire top: {name}")
            (PICTURES / f"terminal-{name}.svg").write_text(small(picture), encoding="utf-8")
            app.settings.view("flows").by = ""
            await pilot.press("escape")


def _show(host: Host, _: Any) -> int:
    asyncio.run(_shoot(Terminal(host, environment={})))
    return 0


def _inside() -> int:
    arguments = parser("top").parse_args(["top", "-i", "eth0"])
    arguments.sandbox = BEST_EFFORT
    top_live.show = _show
    return top_live.live(arguments)


def main() -> int:
    """Make the traffic, and look at it."""
    if sys.argv[1:] == ["--inside"]:
        return _inside()
    with tempfile.TemporaryDirectory() as folder, pair() as (_, left, right):
        Path(folder, "release.iso").write_bytes(os.urandom(400_000))
        right.start(sys.executable, "-m", "http.server", "80", "--directory", folder)
        wait_for(lambda: right.listening(80))
        left.start("ping", "-i", "0.2", "10.77.0.2")
        left.start("sh", "-c", "while :; do curl -s -o /dev/null http://10.77.0.2/release.iso; "
                   "curl -s -o /dev/null http://10.77.0.2/missing; sleep 0.5; done")  # fmt: skip
        left.start("sh", "-c", "while :; do wget -q -O /dev/null http://10.77.0.2/; sleep 1; done")
        left.start("sh", "-c", "while :; do nc -w 1 10.77.0.2 22; sleep 2; done")
        time.sleep(0.5)
        print(left.run(sys.executable, "-m", "tools.screenshots", "--inside", check=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
