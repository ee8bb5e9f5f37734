"""Which programs had flows before, as the store knows it: what a watch does not have to learn anew."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from procwire.store.file import columns_there
from procwire.store.reader import connect

MAX_PROGRAMS = 20_000  # paths with their hashes; the newest
WANTED = ("exe", "exe_sha256", "container", "image", "stored_at")
_ASKED = """
SELECT coalesce(image, container, ''), exe, coalesce(exe_sha256, ''), min(stored_at)
FROM process WHERE exe IS NOT NULL GROUP BY 1, 2, 3 ORDER BY max(stored_at) DESC LIMIT ?
"""


def programs(path: Path) -> tuple[list[tuple[str, str, str]], int]:
    """(image or container, path, SHA-256 or nothing) of each, and since when (ns). Raises StoreError."""
    connection = connect(path)
    try:
        if not set(WANTED) <= set(columns_there(connection, "process")):
            return [], 0
        rows = connection.execute(_ASKED, (MAX_PROGRAMS,)).fetchall()
    except sqlite3.Error:
        return [], 0  # a store that is just made, or spoiled: then it is learned
    finally:
        connection.close()
    since = min((first for *_, first in rows), default=0)
    return [(place, exe, sha256) for place, exe, sha256, _ in rows], since
