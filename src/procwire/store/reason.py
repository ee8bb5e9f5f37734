"""The one error of the store."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be used: one line that says what and where.

    ``failed``: the disk or the file, not the place that was asked for; whoever watches goes on without it.
    """

    def __init__(self, words: str, *, failed: bool = False) -> None:
        super().__init__(words)
        self.failed = failed
