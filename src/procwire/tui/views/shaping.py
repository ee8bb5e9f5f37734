"""Shaping: what is made slow, lossy or late on purpose, and what it really came to."""

from __future__ import annotations

from typing import ClassVar

from procwire.tui.views.absent import WaitingView


class ShapingView(WaitingView):
    """The table ``shaping``."""

    NAME = "shaping"
    TITLE = "Shaping"
    TABLE = "shaping"
    KEY = ("id", "interface")
    EMPTY = "nothing is shaped: procwire shape --help says how"
    DOC = (
        "Interfaces, processes and containers whose network is made worse on purpose: delay, loss, rate, as "
        "configured and as measured, and how long that still lasts."
    )
    NEEDS: ClassVar[str] = "the engine that this terminal looks at tells of no shaping"
    REMEDY: ClassVar[str] = "a daemon that shapes (procwire daemon as root), or procwire shape on this host"
    ALSO: ClassVar[str] = "procwire doctor says whether this kernel has the queueing disciplines for it"

    def counted(self) -> str:
        """How many there are."""
        return f"{self.total:,} {'impairment' if self.total == 1 else 'impairments'}"
