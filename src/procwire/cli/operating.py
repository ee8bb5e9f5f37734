"""What operators do, for the ledger: who did it, and what it was, where a ledger is kept.

The seam for every command that changes or hands out something: ``recorded``, once it is done. A ledger is
kept where ``ledger.directory`` says so, or where there is one at the usual place; where there is none,
nothing is recorded.
"""

from __future__ import annotations

import argparse
import os
import pwd
import sys
import time
from pathlib import Path
from typing import Any

from procwire.cli.settling import written
from procwire.model.values import clean
from procwire.store.place import state_directory


def recorded(arguments: argparse.Namespace | None, kind: str, body: dict[str, Any]) -> None:
    """Tell the ledger what was done; that it could not be told is said, and does not undo it."""
    named = getattr(arguments, "ledger", None) or written(arguments, "ledger.directory")
    place = Path(named or state_directory() / "ledger")
    try:
        there = (place / "records.jsonl").is_file()
    except PermissionError:
        return  # the system's ledger tells of those who may change the system
    if there:
        _append(place, kind, {**body, "by": operator()})
    elif named:
        _complain(f"{place}: there is no ledger")


def _append(place: Path, kind: str, body: dict[str, Any]) -> None:
    from procwire.ledger import inbox  # where there is a ledger alone: it costs 50 ms
    from procwire.ledger.tree import LedgerError

    try:
        inbox.tell(place, kind, body, now=time.time_ns())
    except (LedgerError, OSError) as error:
        _complain(str(error))


def _complain(words: str) -> None:
    print(clean(f"procwire: ledger: not recorded: {words}"), file=sys.stderr)


def operator() -> dict[str, Any]:
    """Who gave the command: the user, and who became that user by sudo."""
    uid = os.getuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    said: dict[str, Any] = {"uid": uid, "user": user}
    if behind := os.environ.get("SUDO_USER"):
        said["sudo_user"] = behind[:100]
    return said
