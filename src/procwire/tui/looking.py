"""How a host is looked at: asked on one thread, counted over time, held, wound back. No screen here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from procwire.tui import chrome
from procwire.tui.canvas import Ink, Piece
from procwire.tui.history import History
from procwire.tui.host import Health, Host, HostError
from procwire.tui.sliding import track

SLIDER = 24  # cells of the time slider
ROOMY = 110  # from this width on there is room for it beside what was counted
STEPS = 60  # of a recording, from its first packet to its last
T = TypeVar("T")


class Looking:
    """``inline``: the host is asked on this thread, as it answers at once."""

    def __init__(self, host: Host, *, inline: bool = False) -> None:
        self.host = host
        self.history = History()
        self.health: Health | None = None
        self.gone = ""  # why the host is not there any more
        self.at: int | None = host.span[1] if host.span else None
        self.paused = False
        self.ascii_only = False
        self._held: Health | None = None  # as it was when the picture was held
        self._pool = None if inline else ThreadPoolExecutor(1, "host")

    async def ask(self, call: Callable[..., T], *words: Any) -> T:
        """Call a method of the host."""
        if self._pool is None:
            return call(*words)
        return await asyncio.get_running_loop().run_in_executor(self._pool, call, *words)

    def close(self) -> None:
        """Let the thread go."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def take_health(self) -> None:
        """How the host is, and what its counters come to."""
        try:
            health = await self.ask(self.host.health, self.at)
        except HostError as error:
            self.gone = str(error)
            return
        self.gone = ""
        self.health = health
        if not self.host.live:
            self._replace(health)
            return
        counts: dict[Any, int] = {"bytes": health.bytes, "packets": health.packets}
        for link in health.links:
            counts[link.name, "in"] = link.bytes_in
            counts[link.name, "out"] = link.bytes_out
            counts[link.name, "packets"] = link.packets
        self.history.feed(health.now, counts)

    def _replace(self, health: Health) -> None:
        """Of a recording the whole history is known."""
        self.history.clear()
        for link in health.links:
            self.history.put((link.name, "in"), link.rates_in)
            self.history.put((link.name, "out"), link.rates_out)

    @property
    def clock(self) -> int:
        """The host's time, ns."""
        return self.health.now if self.health is not None else 0

    def hold(self) -> None:
        """Hold the picture, or let it go on."""
        self.paused = not self.paused
        self._held = self.health if self.paused else None

    def wind(self, steps: int) -> bool:
        """In a recording: so many steps on or back; False where there is none."""
        span = self.host.span
        if span is None:
            return False
        first, last = span
        step = max(1, (last - first) // STEPS)
        now = self.at if self.at is not None else last
        self.at = max(first, min(last, now + steps * step))
        return True

    def status(self, said: Piece | None, width: int) -> Ink:
        """The line of status; ``said``: the last words, which go first."""
        paused = ""
        if self.paused:
            more = (self.health.flows if self.health else 0) - (self._held.flows if self._held else 0)
            paused = f"HELD, {more:,} flows since" if more else "HELD"
        said = (self.gone, "bad") if self.gone else said
        return chrome.status(self.host.title, self.health, said, width, paused=paused, when=self._when(width))

    def _when(self, width: int) -> str:
        """The time slider: where in the recording the picture stands."""
        if self.host.span is None or self.at is None:
            return ""
        first, last = self.host.span
        share = (self.at - first) / (last - first) if last > first else 1.0
        said = f"{share:.0%} of {(last - first) / 1e9:.1f} s"
        if width < ROOMY:
            return said
        return f"{track(share, min(SLIDER, width // 8), ascii_only=self.ascii_only)} {said}"
