"""Which columns a width has room for, and how wide each is."""

from __future__ import annotations

from collections.abc import Sequence

from procwire.model.columns import Column

GAP = 1  # cells between two columns
USUAL = 40  # what a column may want before another is left out for it
LEAST = 4  # a column narrower than this says nothing
SOME = 16  # of a text are worth a place where there is room for no more of it


def chosen(columns: Sequence[Column], wants: Sequence[int], width: int) -> list[int]:
    """Places of the columns that fit, the highest rank left out first; rank 0 always stays.

    Into the room that is left come those that fit there after all, of a long text its beginning.
    """
    places = list(range(len(columns)))
    wants = [min(want, USUAL) for want in wants]
    while places and _sum(places, wants) > width:
        out = max(places, key=lambda place: (columns[place].rank, place))
        if columns[out].rank == 0:
            break
        places.remove(out)
    spare = width - _sum(places, wants)
    for place in sorted(set(range(len(columns))) - set(places), key=lambda each: (columns[each].rank, each)):
        needed = GAP + min(wants[place], SOME)
        if needed <= spare:
            places.append(place)
            spare -= needed
    return sorted(places)


def _sum(places: Sequence[int], wants: Sequence[int]) -> int:
    return sum(wants[place] for place in places) + GAP * max(0, len(places) - 1)


def shared(wants: Sequence[int], width: int, *, elastic: frozenset[int] = frozenset()) -> list[int]:
    """Widths that fill ``width`` at most: the widest give way first; what is left over goes to ``elastic``.

    Where even LEAST cells each are too many, the last columns get none.
    """
    widths = list(wants)
    over = sum(widths) + GAP * max(0, len(widths) - 1) - width
    while over > 0:
        widest = max(range(len(widths)), key=lambda place: widths[place], default=-1)
        if widest < 0 or widths[widest] <= LEAST:
            break
        widths[widest] -= 1
        over -= 1
    spare = -over
    for place in sorted(elastic):
        if spare > 0 and place < len(widths):
            more = spare // len(elastic) or spare
            widths[place] += more
            spare -= more
    return _cut(widths, width)


def _cut(widths: list[int], width: int) -> list[int]:
    room = width
    for place, wide in enumerate(widths):
        widths[place] = max(0, min(wide, room))
        room -= widths[place] + GAP
    return widths
