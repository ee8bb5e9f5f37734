"""Why a Sigma rule cannot run here."""

from __future__ import annotations


class SigmaError(Exception):
    """One line. ``kind``: the same for all rules that fail for one reason, to count them by."""

    def __init__(self, words: str, kind: str) -> None:
        super().__init__(words)
        self.kind = kind
