"""The exit codes of every command."""

from __future__ import annotations

OK = 0
FAILURE = 1
USAGE = 2
PERMISSION = 3
INCOMPLETE = 4  # finished, but degraded: something was lost or could not be looked at
