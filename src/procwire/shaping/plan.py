"""From what is wanted and what stands there to steps. Pure: nothing is asked and nothing is done here.

What an interface sends is shaped at its root; what it receives is led through an ifb device and shaped at
that one's root, where everybody's tree (``tree``) stands that shapes it. What a control group receives is
told apart before that, by the socket that will take it (``Catch``), and only that is led there.
"""

from __future__ import annotations

from dataclasses import replace

from procwire.shaping.abilities import Abilities, unmet
from procwire.shaping.codec import filters, netem, queues, u32
from procwire.shaping.codec.actions import Mirred
from procwire.shaping.codec.traffic import (
    CLSACT,
    ETH_ALL,
    INGRESS_HANDLE,
    INGRESS_HOOK,
    ROOT,
    Object,
    show_handle,
)
from procwire.shaping.codec.u32 import U32
from procwire.shaping.standing import ForeignError, Standing, inner_handle
from procwire.shaping.steps import (
    Catch,
    DropFilter,
    DropFilters,
    DropQdisc,
    Last,
    MakeIfb,
    Part,
    PutFilter,
    PutQdisc,
    RemoveLink,
    SetLink,
    Step,
)
from procwire.shaping.tree import UnableError, Wish, tree

IFB_INDEX = 0x70770000  # and the index of the interface that it serves
IFB_NAME = "pwifb"
CATCH_ALL = 11  # priority of the filter that leads all that comes in to the ifb
CATCH_GROUP = (
    10  # of those that lead a control group's: by 1 less for each group above it, so that the narrowest
)
MOST_DEPTH = 8  # is asked first, this deep
CATCH_NAME = "procwire"

__all__ = ("CATCH_NAME", "IFB_NAME", "UnableError", "Wish", "ifb_of", "receiving", "sending")


def sending(standing: Standing, wish: Wish, able: Abilities) -> Part:
    """Shape what an interface sends. Raises UnableError, ForeignError, CodecError."""
    _refuse(standing, wish, able, received=False)
    made = tree(standing, wish, able)
    return Part(
        place=standing.place, device=standing.device, name=standing.name, side="egress",
        steps=made.steps, undo=(made.leave,), notes=(*made.notes, *_notes(standing, wish)),
    )  # fmt: skip


def receiving(standing: Standing, through: Standing | None, wish: Wish, able: Abilities) -> Part:
    """Shape what an interface receives; ``through`` is its ifb, where one stands already. Raises as
    ``sending``.
    """
    _refuse(standing, wish, able, received=True)
    device, name = ifb_of(standing)
    ifb = through or Standing(place=standing.place, device=device, name=name)
    if wish.last is None:
        wish = replace(wish, last=_released(standing, able, device))
    made = tree(ifb, wish, able)
    fresh: tuple[Step, ...] = () if through else (MakeIfb(device=device, name=name),)
    catch, free = _catching(standing, wish, able, device)
    return Part(
        place=standing.place, device=standing.device, name=standing.name, side="ingress",
        steps=(*fresh, *made.steps, SetLink(device=device, up=True), *catch),
        undo=(*free, made.leave), notes=(*made.notes, *_notes(standing, wish)),
    )  # fmt: skip


def ifb_of(standing: Standing) -> tuple[int, str]:
    """Index and name of the device that serves an interface."""
    return IFB_INDEX + standing.device % 0x8000, f"{IFB_NAME}{standing.device}"


def order_of(group: str) -> int:
    """The priority of the filter for what a control group receives."""
    return CATCH_GROUP - min(MOST_DEPTH, len([part for part in group.split("/") if part]))


def _refuse(standing: Standing, wish: Wish, able: Abilities, *, received: bool) -> None:
    partly = wish.is_partial or wish.shared
    lacking = unmet(wish.effect, able, received=received, partly=partly, grouped=bool(wish.group))
    if lacking:
        raise UnableError(f"{standing.name} cannot be shaped so: {'; '.join(lacking)}")
    root = standing.root
    if wish.effect.duplicate and not standing.is_ours and not received:
        others = [each for each in standing.qdiscs if each.kind == netem.KIND and each is not root]
        if others:
            raise ForeignError(
                f"{standing.name} has another netem ({show_handle(others[0].handle)}), and the kernel lets "
                "none duplicate beside it (since commit ec8e0e3d7ade)"
            )


def _catching(
    standing: Standing, wish: Wish, able: Abilities, ifb: int
) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Lead what comes in through the ifb, and what ends that for a group alone. Raises ForeignError."""
    device = standing.device
    steps: list[Step] = []
    if standing.catcher is None:
        steps.append(PutQdisc(device=device, parent=CLSACT, handle=INGRESS_HANDLE, kind=_catcher(able)))
    if wish.group:
        caught, free = _catch_group(standing, wish, ifb)
        return (*steps, *caught), (free,)
    at = [each for each in standing.caught if each.priority == CATCH_ALL]
    if not any(_leads_to(each, ifb) for each in at):
        _refuse_taken(standing, at)
        options = u32.encode(U32(actions=(Mirred(ifb),)))
        steps.append(
            PutFilter(
                device=device, parent=INGRESS_HOOK, priority=CATCH_ALL, protocol=ETH_ALL, kind=u32.KIND,
                options=options,
            )
        )  # fmt: skip
    return tuple(steps), ()


def _catch_group(standing: Standing, wish: Wish, ifb: int) -> tuple[tuple[Step, ...], Step]:
    device, order = standing.device, order_of(wish.group)
    free = DropFilter(
        device=device,
        parent=INGRESS_HOOK,
        priority=order,
        protocol=ETH_ALL,
        kind=filters.BPF,
        handle=wish.slot,
    )
    at = [each for each in standing.caught if each.priority == order]
    own = [each for each in at if each.kind == filters.BPF and each.handle == wish.slot]
    if any(_leads_to(each, ifb) for each in own):
        return (), free
    _refuse_taken(standing, [*own, *(each for each in at if each.kind != filters.BPF)])
    catch = Catch(
        device=device, parent=INGRESS_HOOK, order=order, handle=wish.slot, cgroup=wish.group,
        priority=inner_handle(wish.slot), to=ifb,
    )  # fmt: skip
    return (catch,), free


def _refuse_taken(standing: Standing, others: list[Object]) -> None:
    """Two kinds cannot be at one priority, and what somebody else put there is not ours to take away."""
    if others:
        raise ForeignError(
            f"{standing.name} has a filter of somebody else's at priority {others[0].priority} on what it "
            "receives"
        )


def _released(standing: Standing, able: Abilities, ifb: int) -> tuple[Last, ...]:
    """What ends it when nobody's is received through the ifb any more."""
    found: list[Last] = [
        DropFilters(device=standing.device, parent=INGRESS_HOOK, priority=CATCH_ALL, protocol=ETH_ALL)
    ]
    ours = [each for each in standing.caught if _leads_to(each, ifb)]
    if standing.catcher is None or (ours and len(ours) == len(_rules(standing))):
        found.append(
            DropQdisc(device=standing.device, parent=CLSACT, handle=INGRESS_HANDLE, kind=_catcher(able))
        )
    return (*found, RemoveLink(device=ifb, name=f"{IFB_NAME}{standing.device}"))


def _rules(standing: Standing) -> list[Object]:
    """Filters, but for the hash tables that u32 makes by itself."""
    return [each for each in standing.caught if each.handle & 0xFFF or each.kind != u32.KIND]


def _catcher(able: Abilities) -> str:
    return queues.CLSACT if able.clsact else queues.INGRESS


def _leads_to(each: Object, ifb: int) -> bool:
    if each.kind == filters.BPF:
        return Mirred(ifb) in filters.decode_bpf(each.options).actions
    return each.kind == u32.KIND and Mirred(ifb) in u32.decode(each.options).actions


def _notes(standing: Standing, wish: Wish) -> tuple[str, ...]:
    found = []
    if any(each.kind == "mq" and each.parent == ROOT for each in standing.qdiscs):
        found.append(f"{standing.name} has several queues (mq); while it is shaped there is one")
    if standing.name == "lo":
        found.append("on loopback both ends of a connection send here: a round trip has every delay twice")
    ports = any(each.port or each.local_port for each in (*wish.selectors, *wish.exempt))
    if ports:
        found.append("ports are not seen in later fragments of a packet")
    return tuple(found)
