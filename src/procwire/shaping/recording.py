"""What was shaped, by whom, and how it ended, for a ledger that shows tampering: where one is kept.

Whoever asks names the ledger (``usual``: the host's); shaping's warden tells it, after it has answered, also
of what ends when nobody asks. A ledger that cannot be written is tried again; what is too much is counted.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from procwire.shaping.journal import Entry
from procwire.store.place import state_directory

KIND = "shaped"
RECORDS = "records.jsonl"
MAX_WAITING = 1000  # records; the oldest go first
MAX_TEXT = 2000  # characters of what was asked for


def usual() -> str:
    """The ledger of this host, or none."""
    place = state_directory() / "ledger"
    try:
        return str(place) if (place / RECORDS).is_file() else ""
    except OSError:
        return ""


def who(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Who asks: the user and process, and who became that user by sudo."""
    said: dict[str, Any] = {"uid": os.getuid(), "pid": os.getpid()}
    if behind := environ.get("SUDO_USER"):
        said["sudo_user"] = behind[:100]
    return said


class Recording:
    """What waits to be told. ``lost``: records that found too many waiting."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, dict[str, Any], int]] = deque()
        self.lost = 0

    def note(self, entry: Entry, what: str, **more: Any) -> None:
        """One thing that was done to an impairment."""
        if not entry.ledger:
            return
        asked = "; ".join(entry.notes)[:MAX_TEXT]
        body = {"what": what, "id": entry.id, "target": str(entry.document.get("target", "")), "asked": asked,
                "interfaces": [part.name for part in entry.parts][:64], "by": entry.by, **more}  # fmt: skip
        self._waiting.append((entry.ledger, body, time.time_ns()))
        if len(self._waiting) > MAX_WAITING:
            self._waiting.popleft()
            self.lost += 1

    def settle(self) -> str:
        """Tell what waits; why the first of it could not be told, or nothing."""
        while self._waiting:
            place, body, now = self._waiting[0]
            problem = _tell(Path(place), body | ({"lost_before": self.lost} if self.lost else {}), now)
            if problem:
                return problem
            self._waiting.popleft()
            self.lost = 0
        return ""


def _tell(place: Path, body: dict[str, Any], now: int) -> str:
    from procwire.ledger import inbox  # where there is a ledger alone: it costs 50 ms
    from procwire.ledger.tree import LedgerError

    try:
        inbox.tell(place, KIND, body, now=now)
    except (LedgerError, OSError) as error:
        return f"{place}: {error}"
    return ""
