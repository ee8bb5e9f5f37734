"""Drives the app as a user would, and reads the screen as text."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from procwire.tui.app import Terminal
from procwire.tui.host import Host
from procwire.tui.settings import Settings
from tests.tui.fake import FakeHost

SNAPSHOTS = Path(__file__).parent / "snapshots"
MOMENT = 0.003  # seconds
QUIET = 4  # moments in which nothing was to be done
LETTERS = {"space": " ", "slash": "/", "colon": ":", "question_mark": "?"}
WRITE = os.environ.get("PROCWIRE_SNAPSHOTS") == "write"


class Driver:
    """A running app; ``press`` waits until everything has settled."""

    def __init__(self, app: Terminal, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def settle(self) -> None:
        """Until nothing is under way: no message waits, no worker works, what was to be drawn is drawn."""
        quiet = 0
        while quiet < QUIET:
            await asyncio.sleep(MOMENT)
            await self.app.workers.wait_for_complete()
            quiet = 0 if self._busy() else quiet + 1

    def _busy(self) -> bool:
        screens = self.app.screen_stack
        pumps = [self.app, *screens, *(widget for screen in screens for widget in screen.walk_children())]
        if any(not pump._message_queue.empty() or pump._next_callbacks for pump in pumps):
            return True
        return any(screen._layout_required or screen._callbacks for screen in screens)

    async def press(self, *keys: str) -> str:
        """Press keys; the screen afterwards."""
        for key in keys:
            letter = LETTERS.get(key, key if len(key) == 1 else None)
            self.app.post_message(events.Key(_character_to_key(key) if len(key) == 1 else key, letter))
            await self.settle()
        return self.text()

    async def type(self, words: str) -> str:
        """Press each letter of some words."""
        for letter in words:
            self.app.post_message(events.Key(_character_to_key(letter), letter))
        await self.settle()
        return self.text()

    async def look(self, times: int = 1) -> None:
        """Let the clock tick."""
        for _ in range(times):
            self.app.look_again()
            await self.settle()

    def text(self) -> str:
        """The screen."""
        strips = self.app.screen._compositor.render_strips(self.app.size)
        return "\n".join("".join(part.text for part in strip).rstrip() for strip in strips)


Story = Callable[[Driver], Coroutine[Any, Any, None]]


def drive(
    story: Story,
    *,
    host: Host | None = None,
    size: tuple[int, int] = (100, 30),
    settings: Settings | None = None,
    settings_file: Path | None = None,
) -> Terminal:
    """Run a story against a fresh app; returns the app as it ended."""
    app = Terminal(
        host or FakeHost(),
        settings=settings,
        settings_file=settings_file,
        environment={},
        every=0,
        inline=True,
    )

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            await story(driver)

    asyncio.run(run())
    return app


def check_snapshot(name: str, text: str) -> None:
    """Hold a screen against the one that was stored; PROCWIRE_SNAPSHOTS=write stores it anew."""
    path = SNAPSHOTS / f"{name}.txt"
    if WRITE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    assert path.exists(), f"{path.name}: not stored yet"
    assert text + "\n" == path.read_text(encoding="utf-8"), f"{path.name}: the screen is another one"
