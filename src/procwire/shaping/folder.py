"""Where the journal, the board and the watchdog's socket lie: what is of this boot only, as what it tells of.

/run is in memory on nearly every host, so that to sync costs nothing there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from procwire.store.place import state_directory

SYSTEM = "/run/procwire/shaping"
NAME = "shaping"


def shaping_folder(environ: Mapping[str, str] = os.environ, *, uid: int | None = None) -> Path:
    """/run/procwire/shaping for root, else procwire's in XDG_RUNTIME_DIR, or with the user's other state."""
    if (os.geteuid() if uid is None else uid) == 0:
        return Path(SYSTEM)
    runtime = environ.get("XDG_RUNTIME_DIR")
    return Path(runtime, "procwire", NAME) if runtime else state_directory(environ, uid=uid) / NAME
