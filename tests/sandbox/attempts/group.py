"""One group of attempts, made for real: every one is refused, and those named would succeed outside."""

from __future__ import annotations

from procwire.model.confinement import BLOCKED
from procwire.sandbox import profile, python_tree, trial
from procwire.sandbox.plan import STRICT


def outcome(name: str) -> tuple[list[str], set[str]]:
    """(attempts that were not blocked, attempts that this kernel refuses to anybody) of a whole group."""
    python_tree.fetch(python_tree.late())
    rows = list(trial.trial(lambda: profile.reader(STRICT, quiet=True), (name,)))
    assert len(rows) == len(trial.GROUPS[name])
    not_blocked = [row.name for row in rows if row.verdict != BLOCKED]
    return not_blocked, {row.name for row in rows if row.outside != "possible"}
