# cython: language_level=3
"""What an analyzer has done so far, in numbers. It counts; it decides nothing."""

from __future__ import annotations

from typing import Any

import cython


@cython.cclass
class Tally:
    """``defect`` is the last one, or empty; see ``counts`` for the numbers."""

    held: cython.longlong
    recognised: cython.longlong
    given_up: cython.longlong
    overflowed: cython.longlong
    faults: cython.longlong
    defects: cython.longlong
    defect: str

    def __init__(self) -> None:
        self.held = self.recognised = self.given_up = self.overflowed = 0
        self.faults = self.defects = 0
        self.defect = ""

    def counts(self) -> dict[str, int]:
        """What was done so far.

        ``held``: bytes of undecided flows now; ``overflowed``: flows given up because all flows together
        held too much; ``faults``: bytes that a parser refused; ``defects``: errors that no parser may
        raise, which must stay 0.
        """
        return {
            "held": self.held,
            "recognised": self.recognised,
            "given_up": self.given_up,
            "overflowed": self.overflowed,
            "faults": self.faults,
            "defects": self.defects,
        }

    @cython.ccall
    def broken(self, defect: Any) -> Any:
        """A protocol raised what it must not; None where it did not."""
        if defect is not None:
            self.defects += 1
            self.defect = str(defect)
        return None
