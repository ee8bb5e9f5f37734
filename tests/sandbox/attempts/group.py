"""One group of attempts, made for real: every one is refused, and those named would succeed outside."""

from __future__ import annotations

from procwire.model.confinement import BLOCKED
from procwire.sandbox import profile, python_tree, trial
from procwire.sandbox.plan import STRICT


def check_group(name: str, *, impossible: frozenset[str] = frozenset()) -> None:
    """``impossible``: attempts that this kernel refuses to anybody."""
    python_tree.fetch(python_tree.late())
    rows = list(trial.trial(lambda: profile.reader(STRICT, quiet=True), (name,)))
    assert len(rows) == len(trial.GROUPS[name])
    assert [row.name for row in rows if row.verdict != BLOCKED] == []
    assert {row.name for row in rows if row.outside != "possible"} <= impossible
