"""Who else is shaped on the same interface: which impairment a request is a change of, and what it stands
beside.

An impairment is known by its target and by what of it is meant: the same request again is a change, and so
is another one for the same target, unless it is to be added. Two that mean all of one interface cannot
stand beside each other, nor two of one control group: a packet is of one impairment.
"""

from __future__ import annotations

from collections.abc import Iterable

from procwire.shaping.finding import Spot
from procwire.shaping.impairment import Impairment
from procwire.shaping.journal import Entry
from procwire.shaping.plan import ifb_of
from procwire.shaping.standing import MAX_SLOTS, ForeignError, Standing
from procwire.shaping.steps import Last
from procwire.shaping.target import GROUPS, target

Trees = frozenset[tuple[int, int]]


def tree_of(spot: Spot) -> tuple[int, int]:
    """Where a spot's tree stands: the namespace, and the interface or its ifb."""
    place, link = spot.kernel.namespace.place, spot.link
    device = link.device if spot.sends else ifb_of(Standing(place, link.device, link.name))[0]
    return place.inode, device


def changed_by(wanted: Impairment, entries: Iterable[Entry], *, add: bool) -> Entry | None:
    """The entry that a request changes. Raises ForeignError where that is not clear."""
    meant = [entry for entry in entries if entry.document.get("target") == str(wanted.target)]
    words = [str(each) for each in wanted.selectors]
    same = [entry for entry in meant if list(entry.document.get("match", ())) == words]
    if same or not meant:
        return same[0] if same else None
    if add:
        if wanted.target.kind in GROUPS:
            raise ForeignError(
                f"{wanted.target} is shaped already ({meant[0].id}), once only: give --match several times"
            )
        return None
    if len(meant) > 1:
        told = ", ".join(
            f"{entry.id} ({'; '.join(entry.document.get('match', ())) or 'all'})" for entry in meant
        )
        raise ForeignError(
            f"{wanted.target} is shaped in parts: {told}. One is changed by its own --match, one more "
            "is added by --add"
        )
    return meant[0]


def checked(before: Entry, places: set[tuple[int, int, str]]) -> Entry:
    """An entry that may be changed. Raises ForeignError."""
    if before.parts and not before.slot:
        raise ForeignError(f"{before.id} was made by an older procwire: clear that first")
    if before.parts and before.spots != places:
        raise ForeignError(
            f"{before.document.get('target')} is shaped in other directions or places ({before.id}): clear "
            "that first"
        )
    return before


def beside(
    wanted: Impairment, spots: list[Spot], entries: Iterable[Entry]
) -> dict[tuple[int, int], list[Entry]]:
    """The other impairments of each tree. Raises ForeignError where one cannot have this beside it."""
    trees = {tree_of(spot): spot for spot in spots}
    found: dict[tuple[int, int], list[Entry]] = {}
    for entry in entries:
        for part in entry.parts:
            spot = trees.get(part.tree)
            if spot is None:
                continue
            whole = not wanted.selectors and wanted.target.kind not in GROUPS
            if part.leave is None or (whole and _is_whole(entry)):
                raise ForeignError(
                    f"{spot.link.name} is already shaped for {entry.document.get('target')} ({entry.id}): "
                    "clear that first, or shape a part with --match"
                )
            if spot.group and target(str(entry.document.get("target"))) == wanted.target:
                continue
            found.setdefault(part.tree, []).append(entry)
    return found


def last_of(tree: tuple[int, int], entries: Iterable[Entry]) -> tuple[Last, ...] | None:
    """What is to be done when the last of a tree has gone, as the first wrote it down; None: nobody has."""
    for entry in entries:
        for part in entry.parts:
            if part.tree == tree and part.leave is not None:
                return part.leave.last
    return None


def free_slot(entries: Iterable[Entry]) -> int:
    """A number that no impairment of this host has. Raises ForeignError where all are taken."""
    taken = {entry.slot for entry in entries}
    free = next((slot for slot in range(1, MAX_SLOTS + 1) if slot not in taken), 0)
    if not free:
        raise ForeignError(f"{MAX_SLOTS} impairments stand already: clear one first")
    return free


def _is_whole(entry: Entry) -> bool:
    kind = target(str(entry.document.get("target"))).kind
    return kind not in GROUPS and not entry.document.get("match")
