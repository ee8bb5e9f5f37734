"""The kernel's counts put into flows. Pure: it is shown entries of the map and changes Flow objects.

A flow may have several accounts: one of each socket that has its ends (a server's listener has the handshake,
the accepted socket the rest; on one host both ends have one), and one of the tap. Sockets of one end add up.
What both ends, or an end and the tap, say of a direction is the same packets seen twice: the larger figure
counts. What the tracker counted itself (fragments, tunnels) stands beside it and is left alone.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

from procwire.bpf import accounts as books
from procwire.bpf.accounts import Account, Tally
from procwire.model.flow import Flow
from procwire.model.kernel import BOTH, BPF, TAP, TCP_CLOSE, Credited, KernelView, TcpFacts

TCP = 6
COUNTED = frozenset({TCP, 17})  # what the programs count

Credit = Callable[[Flow, Credited], None]
_PLACE = struct.Struct("=QQBI")  # a cookie, when its account began, the socket's end, Account.opening
_EIGHT = struct.Struct("=8Q")  # a tally with its bytes as on the wire
_TEN = struct.Struct("=10I")  # TCP's health, where every packet was looked at
_NOTHING: tuple[int, ...] = (0,) * 8
_NAME_BYTES = 16  # of a part: what tells it from others
_PART_BYTES = _PLACE.size + _EIGHT.size
_OWN = 2  # the tap's account is of neither end
_UNDECIDED = (books.UNDECIDED, books.UNDECIDED)
_NOWHERE = (0, 0)
STEP_NS = 1_000_000_000  # by so much a clock is set, not kept
MAX_STEPS = 16  # that are remembered


class Bound:
    """A flow with its key. ``side``: which side of the key its src is; ``first`` is monotonic time.

    ``parts`` are what each account said last, packed, as flows are many; that which was heard last is last.
    """

    __slots__ = (
        "applied",
        "elsewhere",
        "ends",
        "first",
        "flow",
        "last",
        "missed",
        "modes",
        "parts",
        "side",
        "strangers",
        "until",
    )

    def __init__(self, flow: Flow, ends: bytes, side: int, first: int) -> None:
        self.flow = flow
        self.ends = ends
        self.side = side
        self.first = first
        self.last = 0
        self.parts: tuple[bytes, ...] = ()
        self.applied = b""
        self.strangers: tuple[int, ...] = ()  # sockets of other namespaces, counted where it is seen here
        self.missed = 0
        self.elsewhere = 0  # packets that the tap saw again on another interface
        self.modes = _UNDECIDED
        self.until = _NOWHERE

    def note(self, part: bytes) -> None:
        """What an account says now, instead of what it said before."""
        name = part[:_NAME_BYTES]
        self.parts = (*(each for each in self.parts if each[:_NAME_BYTES] != name), part)


class Ledger:
    """The flows that are open, by their keys.

    ``offset`` leads from the kernel's monotonic clock to packet time, ns; ``heads`` are the watched
    interfaces by the kernel's index, with the bytes that stand before the IP header there. ``away`` is the
    interface number of flows that other network namespaces have among themselves; 0 before there is one, None
    where they are not shown.
    """

    def __init__(self, *, home: int, credit: Credit, facts: Callable[[int], TcpFacts | None]) -> None:
        self.home = home
        self.offset = 0
        self._steps: tuple[tuple[int, int], ...] = ()  # until when the clock was off by how much
        self.away: int | None = None
        self.heads: dict[int, int] = {}
        self.credit = credit
        self._facts = facts
        self._bounds: dict[bytes, tuple[Bound, ...]] = {}
        self._numbers: dict[int, Bound] = {}
        self._touched: dict[int, Bound] = {}
        self._closing: set[int] = set()  # flows whose sockets are closed, as of the last reading

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, flow: Flow) -> Bound | None:
        """The flow's entry, where there is one."""
        return self._numbers.get(flow.number)

    def wind(self, offset: int, now: int) -> None:
        """The clocks were compared anew at the monotonic time ``now``."""
        if self.offset and abs(offset - self.offset) > STEP_NS:
            self._steps = (*self._steps, (now, self.offset))[-MAX_STEPS:]
        self.offset = offset

    def wall(self, moment: int) -> int:
        """Packet time of a monotonic time, as the clock was then: it may be read only after a step."""
        for until, offset in self._steps:
            if moment <= until:
                return moment + offset
        return moment + self.offset

    def bind(self, flow: Flow) -> Bound | None:
        """The flow's entry, made where there is none; None for a flow that the programs do not count."""
        bound = self._numbers.get(flow.number)
        if bound is not None:
            return bound
        if flow.tunnel or flow.proto not in COUNTED:
            return None
        src = books.mapped(flow.family, flow.src_hi, flow.src_lo)
        dst = books.mapped(flow.family, flow.dst_hi, flow.dst_lo)
        ends, side = books.pack_ends(flow.proto, src, flow.sport, dst, flow.dport)
        bound = Bound(flow, ends, side, flow.first - self.offset)
        self._numbers[flow.number] = bound
        flow.kernel = KernelView()
        found = self._bounds[ends] = (*self._bounds.get(ends, ()), bound)
        if len(found) > 1:
            self._divide(found)
        return bound

    def succeeded(self, bound: Bound) -> bool:
        """Whether another flow has the same ends."""
        return len(self._bounds[bound.ends]) > 1

    def accounts(self, bound: Bound) -> dict[int, int]:
        """The accounts that no other flow goes on with: by cookie when they began, 0 where that is not known.

        Cookie 0 is among them where no other flow has these ends.
        """
        others = [each for each in self._bounds[bound.ends] if each is not bound]
        begun = dict.fromkeys(bound.strangers, 0)
        begun |= {cookie: first for cookie, first, _, _ in map(_PLACE.unpack_from, bound.parts)}
        if not others:
            begun.setdefault(0, 0)
        return {
            cookie: first
            for cookie, first in begun.items()
            if not others or (cookie and not any(cookie in _cookies(each) for each in others))
        }

    def forget(self, bound: Bound) -> None:
        """The flow's counts are final."""
        if self._touched.pop(bound.flow.number, None) is not None:
            self._apply(bound)
        self._closing.discard(bound.flow.number)
        del self._numbers[bound.flow.number]
        others = tuple(each for each in self._bounds[bound.ends] if each is not bound)
        if others:
            self._bounds[bound.ends] = others
        else:
            del self._bounds[bound.ends]

    def awaits(self, ends: bytes, account: Account) -> bool:
        """Is this of a connection whose flow is not one of those that have its ends?"""
        bounds = self._bounds.get(ends, ())
        return bool(bounds and account.opening) and all(
            bound.flow.isn not in {0, account.opening} for bound in bounds
        )

    def see(self, ends: bytes, cookie: int, account: Account) -> bool:
        """One account as it stands now; False where packets were counted and no flow has its ends."""
        bounds = self._bounds.get(ends)
        if account.netns not in {0, self.home} and not self._is_away(bounds):
            return self._pass_over(ends, cookie)
        tally = self._on_wire(account, account.now)
        if not (tally[0] or tally[1]):
            return True
        if bounds is None:
            return False
        bound = bounds[0] if len(bounds) == 1 else _whose(bounds, account.first, account.opening)
        end = account.end & 1 if cookie else _OWN
        part = _PLACE.pack(cookie, account.first, end, account.opening) + _EIGHT.pack(*tally)
        bound.note(
            part + _TEN.pack(*(n for pair in account.health for n in pair)) if account.judged else part
        )
        bound.last = max(bound.last, account.last)
        bound.missed = max(bound.missed, sum(account.missed))
        bound.flow.elsewhere += max(0, account.elsewhere - bound.elsewhere)
        bound.elsewhere = max(bound.elsewhere, account.elsewhere)
        self._touched[bound.flow.number] = bound
        return True

    def _is_away(self, bounds: tuple[Bound, ...] | None) -> bool:
        if not bounds or not self.away:
            return False
        where: int = bounds[-1].flow.interface
        return where == self.away

    def _pass_over(self, ends: bytes, cookie: int) -> bool:
        """A socket of another namespace: what it has is counted where it passes here, if it does."""
        bounds = self._bounds.get(ends)
        if bounds is None:  # loopback addresses say nothing of whose they are
            return self.away is None or books.has_loopback(ends)
        if cookie not in bounds[-1].strangers:
            bounds[-1].strangers += (cookie,)
        return True

    def settle(self) -> int:
        """Put what was seen into the flows; returns how many there were."""
        touched = list(self._touched.values())
        self._touched.clear()
        for bound in touched:
            self._apply(bound)
        return len(touched)

    def _on_wire(self, account: Account, tally: Tally) -> tuple[int, ...]:
        """A tally with link layer headers, without what was counted on interfaces that are not watched.

        Of another namespace neither is known: its bytes are those of IP.
        """
        packets, sizes, payload, more = tally
        if not (packets[0] or packets[1]):
            return _NOTHING
        heads = [self.heads.get(account.interface[side], -1) for side in (0, 1)]
        if account.netns != self.home:
            return (*packets, *sizes, *payload, *more)
        keep = [head >= 0 for head in heads]
        return (
            packets[0] * keep[0], packets[1] * keep[1],
            (sizes[0] + packets[0] * heads[0]) * keep[0], (sizes[1] + packets[1] * heads[1]) * keep[1],
            payload[0] * keep[0], payload[1] * keep[1], more[0] * keep[0], more[1] * keep[1],
        )  # fmt: skip

    def _divide(self, bounds: tuple[Bound, ...]) -> None:
        """A further flow has the same ends: what was counted goes to the flow that it is of."""
        for bound in bounds:
            for part in bound.parts:
                _, first, _, opening = _PLACE.unpack_from(part)
                owner = _whose(bounds, first, opening)
                if owner is not bound:
                    bound.parts = tuple(each for each in bound.parts if each is not part)
                    owner.note(part)
            self._touched[bound.flow.number] = bound

    def _apply(self, bound: Bound) -> None:
        flow, view = bound.flow, bound.flow.kernel
        if not isinstance(view, KernelView):
            return
        sums = _sums(bound.parts)
        total, attributed = _larger(sums)
        shown = max(self.wall(bound.last), flow.last)
        if bound.side:
            total = [total[place ^ 1] for place in range(8)]
            attributed = attributed[::-1]
        before = _EIGHT.unpack(bound.applied) if bound.applied else _NOTHING
        _add(flow, [new - old for new, old in zip(total, before, strict=True)])
        bound.applied = _EIGHT.pack(*total)
        view.attributed_out, view.attributed_in = attributed
        view.source = _source(any(sums[_OWN]), any(attributed))
        view.missed = bound.missed
        if flow.proto == TCP:
            view.judged = _judge(flow, bound)
            self._ask(bound, view)
        over = view.tcp is not None and view.tcp.state == TCP_CLOSE and self._is_over(bound)
        more = Credited(shown, sum(total[:2]) - sum(before[:2]), sum(total[2:4]) - sum(before[2:4]), over)
        self.credit(flow, more)

    def _is_over(self, bound: Bound) -> bool:
        """At the next reading: TCP closes before its last packet has come here, which says how it ended."""
        number = bound.flow.number
        if number in self._closing:
            self._closing.discard(number)
            return True
        self._closing.add(number)
        self._touched[number] = bound
        return False

    def _ask(self, bound: Bound, view: KernelView) -> None:
        """TCP's word, of the src's end where that is here."""
        heard = {end: cookie for cookie, _, end, _ in map(_PLACE.unpack_from, bound.parts)}
        for end in (bound.side, 1 - bound.side):
            if end in heard and (found := self._facts(heard[end])) is not None:
                view.tcp, view.tcp_end = found, end ^ bound.side
                return


def _cookies(bound: Bound) -> set[int]:
    return {_PLACE.unpack_from(part)[0] for part in bound.parts}


def _whose(bounds: tuple[Bound, ...], first: int, opening: int) -> Bound:
    """Of flows with the same ends the one that an account is of.

    An account that saw the SYN is of the flow that the SYN began; else of that which had begun last by then.
    """
    unsure = []
    for bound in bounds:
        if not opening or not bound.flow.isn:
            unsure.append(bound)
        elif bound.flow.isn == opening:
            return bound
    left = unsure or list(bounds)
    begun = [bound for bound in left if bound.first <= first]
    return max(begun, key=_beginning) if begun else min(left, key=_beginning)


def _beginning(bound: Bound) -> int:
    return bound.first


def _sums(parts: Iterable[bytes]) -> list[list[int]]:
    """What the sockets at a, those at b, and the tap counted."""
    sums = [[0] * 8, [0] * 8, [0] * 8]
    for part in parts:
        row = sums[part[_NAME_BYTES]]
        for place, number in enumerate(_EIGHT.unpack_from(part, _PLACE.size)):
            row[place] += number
    return sums


def _judge(flow: Flow, bound: Bound) -> bool:
    """What every packet told the kernel of the connection; False where nobody looked at them.

    The tap's word, or that of the socket that saw most: adding up would tell of one packet twice.
    """
    told: dict[int, list[int]] = {}
    for part in bound.parts:
        if len(part) > _PART_BYTES:
            row = told.setdefault(part[_NAME_BYTES], [0] * 10)
            for place, number in enumerate(_TEN.unpack_from(part, _PART_BYTES)):
                row[place] += number
    if not told:
        return False
    best = told[_OWN] if _OWN in told else max(told.values(), key=sum)
    out, into = bound.side, 1 - bound.side
    flow.retransmissions_out, flow.retransmissions_in = best[out], best[into]
    flow.out_of_order_out, flow.out_of_order_in = best[2 + out], best[2 + into]
    flow.duplicate_acks_out, flow.duplicate_acks_in = best[4 + out], best[4 + into]
    flow.zero_windows_out, flow.zero_windows_in = best[6 + out], best[6 + into]
    flow.keep_alives_out, flow.keep_alives_in = best[8 + out], best[8 + into]
    return True


def _larger(sums: list[list[int]]) -> tuple[list[int], list[int]]:
    """For each direction the figures of whoever counted most packets; and how many of them are sockets'.

    What a socket sends as one may be cut before it comes to the interface: then segments tell.
    """
    total, attributed = [0] * 8, []
    for side in (0, 1):
        best = max((sums[_OWN], sums[0], sums[1]), key=lambda row: row[side])
        mine = max((sums[0], sums[1]), key=lambda row: row[side])
        total[side::2] = best[side::2]
        cut = best[side] + best[6 + side] - mine[side] - mine[6 + side]
        attributed.append(best[side] - min(best[side] - mine[side], max(0, cut)))
    return total, attributed


def _source(tap: bool, sockets: bool) -> str:
    if tap and sockets:
        return BOTH
    return BPF if sockets else TAP


def _add(flow: Flow, more: list[int]) -> None:
    flow.packets_out += more[0]
    flow.packets_in += more[1]
    flow.bytes_out += more[2]
    flow.bytes_in += more[3]
    flow.payload_out += more[4]
    flow.payload_in += more[5]
    flow.segments_out += more[0] + more[6]
    flow.segments_in += more[1] + more[7]
