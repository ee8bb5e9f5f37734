"""The one error of this room."""

from __future__ import annotations


class RecorderError(Exception):
    """Something cannot be kept, or read back: one line that says what and where. ``code``: exit code."""

    def __init__(self, words: str, code: int = 1) -> None:
        super().__init__(words)
        self.code = code
