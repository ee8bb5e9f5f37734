"""Whether the first bytes of a side match what a user described (see contract.py: ``claims``)."""

from __future__ import annotations

from procwire.dpi.contract import Claim, Context, Direction, Shape
from procwire.dpi.user.schema import MAX_WINDOW, Match

SHAPED = 4  # bytes of a match by which it is refused before it is asked
_SPEAKER = {Direction.OUT: "client", Direction.IN: "server"}


class Claimer:
    """``claims`` of a module: any of the matches is enough."""

    def __init__(self, matches: tuple[Match, ...]) -> None:
        self._by_side = {
            side: tuple(match for match in matches if match.side in (speaker, "any"))
            for side, speaker in _SPEAKER.items()
        }

    def __call__(self, data: bytes, side: Direction, context: Context) -> Claim:
        """A YES or a NO is final, since each match looks at the start alone."""
        whole = context.transport != "tcp"
        best = Claim.NO
        for match in self._by_side[side]:
            answer = _asked(match, data, whole)
            if answer is Claim.YES:
                return answer
            if answer is Claim.MORE and not whole:
                best = answer
        return best


def first_bytes(matches: tuple[Match, ...]) -> bytes | None:
    """See contract.py: FIRST."""
    if any(match.at for match in matches):
        return None
    return bytes(sorted({match.fixed[0] for match in matches}))


def shape(matches: tuple[Match, ...]) -> Shape:
    """See contract.py: SHAPES. The first fixed bytes of each match are enough to refuse nearly all others."""
    return Shape(
        starts=tuple(
            {match.at + place: bytes([byte]) for place, byte in enumerate(match.fixed[:SHAPED])}
            for match in matches
        )
    )


def _asked(match: Match, data: bytes, whole: bool) -> Claim:
    end = match.at + len(match.fixed)
    seen = data[match.at : end]
    if not match.fixed.startswith(seen):
        return Claim.NO
    if len(seen) < len(match.fixed):
        return Claim.MORE
    if match.regex is None:
        return Claim.YES
    size = min(len(data), MAX_WINDOW)
    # More bytes could undo a match, but not that one was there: every prefix that a stream had is asked.
    for cut in (size,) if whole else range(end, size + 1):
        if match.regex.match(data[:cut], match.at):
            return Claim.YES
    return Claim.MORE if size < MAX_WINDOW else Claim.NO
