"""The kernel's counts put into flows. Pure: it is shown entries of the map and changes Flow objects.

A flow may have several accounts: one of each socket that has its ends (a server's listener has the handshake,
the accepted socket the rest; on one host both ends have one), and one of the tap. Sockets of one end add up,
those of a group do not: each has a copy. What both ends, or an end and the tap, say of a direction is the
same packets seen twice: the larger figure counts. What the tracker counted itself (fragments, tagged frames)
stands beside it; to a socket these are whole datagrams like any: the tap's word counts then, and for groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from procwire.accounting.bound import NOTHING, Bound, Part
from procwire.bpf import accounts as books
from procwire.bpf.accounts import Account, Tally
from procwire.model.flow import Flow
from procwire.model.kernel import BOTH, BPF, TAP, TCP_CLOSE, Credited, KernelView, TcpFacts

TCP = 6
COUNTED = frozenset({TCP, 17})  # what the programs count

Credit = Callable[[Flow, Credited], None]
_MOST = 0xFFFFFFFF  # that a flow counts of what happens to TCP
_OWN = 2  # the tap's account is of neither end
STEP_NS = 1_000_000_000  # by so much a clock is set, not kept
MAX_STEPS = 16  # that are remembered


class Ledger:
    """The flows that are open, by their keys.

    ``offset`` leads from the kernel's monotonic clock to packet time, ns; ``heads`` are the watched
    interfaces by the kernel's index, with the bytes that stand before the IP header there. ``away`` is the
    interface number of flows that other network namespaces have among themselves; 0 before there is one, None
    where they are not shown. ``unread`` is told of such a flow that has content.
    """

    def __init__(self, *, home: int, credit: Credit, facts: Callable[[int], TcpFacts | None]) -> None:
        self.home = home
        self.offset = 0
        self._steps: tuple[tuple[int, int], ...] = ()  # until when the clock was off by how much
        self.away: int | None = None
        self.tapped = False  # interfaces show their packets, too
        self.heads: dict[int, int] = {}
        self.credit = credit
        self.unread: Callable[[Flow], None] | None = None
        self._facts = facts
        self._bounds: dict[bytes, Bound | tuple[Bound, ...]] = {}  # mostly one
        self._flows: dict[Flow, Bound] = {}
        self._touched: dict[Flow, Bound] = {}
        self._closing: set[Flow] = set()  # flows whose sockets are closed, as of the last reading

    def __len__(self) -> int:
        return len(self._flows)

    def find(self, flow: Flow) -> Bound | None:
        """The flow's entry, where there is one."""
        return self._flows.get(flow)

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
        bound = self._flows.get(flow)
        if bound is not None:
            return bound
        if flow.tunnel or flow.proto not in COUNTED:
            return None
        src = books.mapped(flow.family, flow.src_hi, flow.src_lo)
        dst = books.mapped(flow.family, flow.dst_hi, flow.dst_lo)
        ends, side = books.pack_ends(flow.proto, src, flow.sport, dst, flow.dport)
        bound = Bound(flow, ends, side, flow.first - self.offset)
        self._flows[flow] = bound
        flow.kernel = KernelView()
        before = self._at(ends)
        self._bounds[bound.ends] = (*before, bound) if before else bound
        if before:
            self._divide((*before, bound))
        return bound

    def _at(self, ends: bytes) -> tuple[Bound, ...]:
        """The flows that have these ends."""
        found = self._bounds.get(ends, ())
        return found if isinstance(found, tuple) else (found,)

    def succeeded(self, bound: Bound) -> bool:
        """Whether another flow has the same ends."""
        return len(self._at(bound.ends)) > 1

    def accounts(self, bound: Bound) -> dict[int, int]:
        """The accounts that no other flow goes on with: by cookie when they began, 0 where that is not known.

        Cookie 0 is among them where no other flow has these ends.
        """
        others = [each for each in self._at(bound.ends) if each is not bound]
        begun = dict.fromkeys(bound.strangers, 0)
        begun |= {part.cookie: part.first for part in bound.told()}
        if not others:
            begun.setdefault(0, 0)
        return {
            cookie: first
            for cookie, first in begun.items()
            if not others or (cookie and not any(cookie in _cookies(each) for each in others))
        }

    def forget(self, bound: Bound) -> None:
        """The flow's counts are final."""
        self._apply(bound)
        self._touched.pop(bound.flow, None)
        self._closing.discard(bound.flow)
        del self._flows[bound.flow]
        others = tuple(each for each in self._at(bound.ends) if each is not bound)
        if others:
            self._bounds[bound.ends] = others if len(others) > 1 else others[0]
        else:
            del self._bounds[bound.ends]

    def awaits(self, ends: bytes, account: Account) -> bool:
        """Is this of a connection whose flow is not one of those that have its ends?"""
        bounds = self._at(ends)
        return bool(bounds and account.opening) and all(
            bound.flow.isn not in {0, account.opening} for bound in bounds
        )

    def see(self, ends: bytes, cookie: int, account: Account) -> bool:
        """One account as it stands now; False where packets were counted and no flow has its ends."""
        bounds = self._at(ends)
        if account.netns not in {0, self.home} and not self._is_away(bounds):
            return self._pass_over(ends, cookie)
        tally = self._on_wire(account, account.now)
        if not (tally[0] or tally[1]):
            return True
        if not bounds:
            return False
        bound = bounds[0] if len(bounds) == 1 else _whose(bounds, account.first, account.opening)
        end = account.end & 1 if cookie else _OWN
        health = tuple([n for pair in account.health for n in pair]) if account.judged else None
        part = Part(cookie, account.first, end, account.opening, tally, health, account.group)
        for other in bounds if len(bounds) > 1 else ():
            if other is not bound and other.drop(part):  # it was thought to be this one's
                self._touched[other.flow] = other
        bound.note(part)
        bound.last = max(bound.last, account.last)
        bound.missed = max(bound.missed, sum(account.missed))
        bound.flow.elsewhere += max(0, account.elsewhere - bound.elsewhere)
        bound.elsewhere = max(bound.elsewhere, account.elsewhere)
        self._touched[bound.flow] = bound
        return True

    def _is_away(self, bounds: tuple[Bound, ...]) -> bool:
        if not bounds or not self.away:
            return False
        where: int = bounds[-1].flow.interface
        return where == self.away

    def _pass_over(self, ends: bytes, cookie: int) -> bool:
        """A socket of another namespace: what it has is counted where it passes here, if it does."""
        bounds = self._at(ends)
        if not bounds:  # loopback addresses say nothing of whose they are
            return self.away is None or books.has_loopback(ends)
        bounds[-1].meet(cookie)
        return True

    def settle(self) -> int:
        """Put what was seen into the flows; returns how many there were."""
        return sum(1 for _ in self.settling())

    def settling(self) -> Iterator[None]:
        """As ``settle``, flow by flow: more may be seen between two of them."""
        for flow in list(self._touched):
            if (bound := self._touched.pop(flow, None)) is not None:
                self._apply(bound)
                yield

    def _on_wire(self, account: Account, tally: Tally) -> tuple[int, ...]:
        """A tally with link layer headers, without what was counted on interfaces that are not watched.

        Of another namespace neither is known: its bytes are those of IP.
        """
        packets, sizes, payload, more = tally
        if not (packets[0] or packets[1]):
            return NOTHING
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
            for part in bound.told():
                owner = _whose(bounds, part.first, part.opening)
                if owner is not bound:
                    bound.drop(part)
                    owner.note(part)
            self._touched[bound.flow] = bound

    def _apply(self, bound: Bound) -> None:
        flow, view = bound.flow, bound.flow.kernel
        if not isinstance(view, KernelView):
            return
        told = bound.told()
        total, attributed, tapped = _together(told, self._beside(bound, told))
        shown = max(self.wall(bound.last), flow.last)
        if bound.side:
            total = [total[place ^ 1] for place in range(8)]
            attributed = attributed[::-1]
        new = bound.apply(total)
        _add(flow, new, shown)
        view.attributed_out, view.attributed_in = attributed
        view.source = _source(tapped, any(attributed))
        view.missed = bound.missed
        if flow.proto == TCP:
            view.judged = _judge(flow, bound.side, told)
            self._ask(bound.side, told, view)
        over = view.tcp is not None and view.tcp.state == TCP_CLOSE and self._is_over(bound)
        joined = self._is_away((bound,)) and self._unshown(flow, view)
        self.credit(flow, Credited(shown, sum(new[:2]), sum(new[2:4]), over, joined))

    def _unshown(self, flow: Flow, view: KernelView) -> bool:
        """No packet of the flow is shown: was its handshake done?"""
        if self.unread is not None and (flow.payload_out or flow.payload_in):
            self.unread(flow)
        return view.tcp is not None and view.tcp.joined

    def _beside(self, bound: Bound, told: list[Part]) -> list[int]:
        """How many packets of each direction (a's, b's) interfaces showed beside the accounts.

        -1 where what sockets counted is as good as what the tap did.
        """
        if not self.tapped:
            return [-1, -1]
        before, flow = bound.applied, bound.flow
        own = [flow.packets_out - before[0], flow.packets_in - before[1]]
        if bound.side:
            own.reverse()
        group = any(part.group for part in told)
        return [
            number if number or (group and _has_tap(told, side)) else -1 for side, number in enumerate(own)
        ]

    def _is_over(self, bound: Bound) -> bool:
        """At the next reading: TCP closes before its last packet has come here, which says how it ended."""
        if bound.flow in self._closing:
            self._closing.discard(bound.flow)
            return True
        self._closing.add(bound.flow)
        self._touched[bound.flow] = bound
        return False

    def _ask(self, side: int, told: list[Part], view: KernelView) -> None:
        """TCP's word, of the src's end where that is here."""
        heard = {part.end: part.cookie for part in told}
        for end in (side, 1 - side):
            if end in heard and (found := self._facts(heard[end])) is not None:
                view.tcp, view.tcp_end = found, end ^ side
                return


def _cookies(bound: Bound) -> set[int]:
    return {part.cookie for part in bound.told()}


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
    first: int = bound.first
    return first


def _sums(parts: Iterable[Part]) -> list[list[int]]:
    """What the sockets at a, those at b, and the tap counted."""
    sums = [[0] * 8, [0] * 8, [0] * 8]
    for part in parts:
        row = sums[part.end]
        for place, number in enumerate(part.tally):
            row[place] = max(row[place], number) if part.group and part.end != _OWN else row[place] + number
    return sums


def _has_tap(parts: Iterable[Part], side: int) -> bool:
    return any(part.end == _OWN and part.tally[side] for part in parts)


def _judge(flow: Flow, side: int, parts: Iterable[Part]) -> bool:
    """What every packet told the kernel of the connection; False where nobody looked at them.

    The tap's word, or that of the socket that saw most: adding up would tell of one packet twice.
    """
    told: dict[int, list[int]] = {}
    for part in parts:
        if part.health is not None:
            row = told.setdefault(part.end, [0] * 10)
            for place, number in enumerate(part.health):
                row[place] += number
    if not told:
        return False
    best = [min(n, _MOST) for n in (told[_OWN] if _OWN in told else max(told.values(), key=sum))]
    out, into = side, 1 - side
    flow.retransmissions_out, flow.retransmissions_in = best[out], best[into]
    flow.out_of_order_out, flow.out_of_order_in = best[2 + out], best[2 + into]
    flow.duplicate_acks_out, flow.duplicate_acks_in = best[4 + out], best[4 + into]
    flow.zero_windows_out, flow.zero_windows_in = best[6 + out], best[6 + into]
    flow.keep_alives_out, flow.keep_alives_in = best[8 + out], best[8 + into]
    return True


def _together(told: list[Part], shown: list[int]) -> tuple[list[int], list[int], bool]:
    """As ``_larger``, and whether the tap is among them. What one account alone says is most flows' sum."""
    if len(told) == 1 and shown[0] < 0 and shown[1] < 0:
        tally = list(told[0].tally)
        return (tally, [0, 0], any(tally)) if told[0].end == _OWN else (tally, tally[:2], False)
    sums = _sums(told)
    return *_larger(sums, shown), any(sums[_OWN])


def _larger(sums: list[list[int]], shown: list[int]) -> tuple[list[int], list[int]]:
    """For each direction the figures of whoever counted most packets; and how many of them are sockets'.

    ``shown``: see ``_beside``; where it is not -1, the tap's figures count. What a socket sends as one may be
    cut before it comes to the interface: then segments tell.
    """
    total, attributed = [0] * 8, []
    for side in (0, 1):
        mine = max((sums[0], sums[1]), key=lambda row: row[side])
        if shown[side] >= 0:
            best = sums[_OWN]
            total[side::2] = best[side::2]
            more = mine[side] > best[side]  # of what was shown
            attributed.append(best[side] + shown[side] if more else mine[side])
            continue
        best = max((sums[_OWN], mine), key=lambda row: row[side])
        total[side::2] = best[side::2]
        cut = best[side] + best[6 + side] - mine[side] - mine[6 + side]
        attributed.append(best[side] - min(best[side] - mine[side], max(0, cut)))
    return total, attributed


def _source(tap: bool, sockets: bool) -> str:
    if tap and sockets:
        return BOTH
    return BPF if sockets else TAP


def _add(flow: Flow, more: Sequence[int], last: int) -> None:
    # Copies of what is counted here, on another interface, are not its handover (flows/sighting.py).
    if more[0]:
        flow.heard_out = max(flow.heard_out, last)
    if more[1]:
        flow.heard_in = max(flow.heard_in, last)
    flow.packets_out += more[0]
    flow.packets_in += more[1]
    flow.bytes_out += more[2]
    flow.bytes_in += more[3]
    flow.payload_out += more[4]
    flow.payload_in += more[5]
    flow.segments_out += more[0] + more[6]
    flow.segments_in += more[1] + more[7]
