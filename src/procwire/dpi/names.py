# cython: language_level=3
"""Names learned from DNS answers, to label later flows that carry none of their own.

An address is labelled with the name that was asked for, not the alias it is an alias of; the same client's
own answers come first. Pure: times come from the packets. Bounded: the oldest learned is forgotten and
counted.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from typing import Any

import cython
import msgspec

from procwire.dpi.settings import DNS_ANSWER
from procwire.model import address as addresses

if cython.compiled:
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.model.flow import Flow

DNS = "dns"  # the table of answers
MAX_NAMES = 100_000  # (client, address) pairs
GRACE_NS = 300 * 10**9  # a name is used this long beyond its TTL: programs hold on to addresses
ANYBODY = -1  # stands for the client whose answers anybody may be told by

_V6 = 1 << 128  # sets an IPv6 address apart from an IPv4 one of the same number


class Learned(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One name of an address."""

    name: str
    at: int  # ns, when the answer was seen
    ttl: int  # seconds


Book = OrderedDict[tuple[Any, Any], Learned]


@lru_cache(maxsize=4096)
def _number(address: str) -> int:
    """An address as one number; ANYBODY for what is none."""
    try:
        family, high, low = addresses.split(address)
    except ValueError:
        return ANYBODY
    return low if family == addresses.IPV4 else _V6 | high << 64 | low


@cython.cfunc
def _end(family: cython.int, high: cython.ulonglong, low: cython.ulonglong) -> Any:
    """One end of a flow, as ``_number`` has it."""
    if family == 4:
        return low
    found: Any = high
    return _V6 | found << 64 | low


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What is learned from of a DnsResponse."""

    time: int
    rcode: str
    query: str
    ttl: int | None
    addresses: tuple[str, ...]
    aliases: tuple[str, ...]


def is_answer(observation: Any) -> bool:
    """Whether names are learned from it: a DnsResponse."""
    if observation.TABLE != DNS:
        return False
    from procwire.dpi.protocols.dns import DnsResponse  # whoever made the observation has it loaded

    return type(observation) is DnsResponse


def asker(flow: Flow, side: int) -> Any:
    """The number of the client that was sent an answer by ``side`` of a flow."""
    if side:
        return _end(flow.family, flow.src_hi, flow.src_lo)
    return _end(flow.family, flow.dst_hi, flow.dst_lo)


def ends(flow: Flow) -> tuple[Any, Any, bool]:
    """What ``NameBook.known`` is asked for a flow with."""
    return (
        _end(flow.family, flow.src_hi, flow.src_lo),
        _end(flow.family, flow.dst_hi, flow.dst_lo),
        flow.opener_seen,
    )


def put(flow: Flow, found: Learned, now: cython.longlong) -> bool:
    """Name a flow that has no name, which began at ``now``."""
    flow.server_name = found.name
    flow.server_name_source = DNS_ANSWER
    flow.facts["name_age"] = max(0, now - found.at)
    return True


class NameBook:
    """Feed answers to ``hear`` or ``learn``; ask ``label`` when a flow is to be shown."""

    def __init__(self, limit: int = MAX_NAMES, grace_ns: int = GRACE_NS) -> None:
        self._limit = limit
        self._grace = grace_ns
        self._known: Book = OrderedDict()  # by the numbers of client and address
        self._aliases: Book = OrderedDict()  # by the client's number and the alias
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._known)

    def learn(self, response: Any, client: str) -> None:
        """Take in a DnsResponse that ``client`` (address as text) was sent."""
        self._learn(response, _number(client))

    def hear(self, flow: Flow, response: Any) -> None:
        """Take in a DnsResponse that was seen in a flow."""
        self.take(response, asker(flow, response.side))

    def take(self, response: Any, asker: Any) -> None:
        """Take in a DnsResponse, or an Answer, for the client with this number."""
        self._learn(response, asker)

    def _learn(self, response: Any, asker: Any) -> None:
        if response.rcode != "NOERROR" or not response.query:
            return
        asked = self._asked(asker, response.query, response.time)
        entry = Learned(name=asked, at=response.time, ttl=response.ttl or 0)
        for address in response.addresses:
            number = _number(address)
            self._keep(self._known, (asker, number), entry)
            self._keep(self._known, (ANYBODY, number), entry)
        if not response.addresses:
            for alias in response.aliases:
                self._keep(self._aliases, (asker, alias), entry)

    def name(self, address: str, client: str, now: int) -> Learned | None:
        """The name ``client`` knows an address by, else the one anybody was told last; None for none."""
        return self._find(_number(address), _number(client), now)

    def label(self, flow: Flow, now: cython.longlong) -> bool:
        """Name a flow without a name: server_name, its source, and ``name_age`` (ns) in facts."""
        if not self._known or flow.server_name:
            return False
        found = self.known(*ends(flow), now)
        return found is not None and put(flow, found, now)

    def known(self, here: Any, there: Any, certain: bool, now: int) -> Learned | None:
        """The name of a flow by the numbers of its ends; of either where the opener is not ``certain``."""
        found = self._find(there, here, now)
        if found is None and not certain:
            found = self._find(here, there, now)
        return found

    def label_all(self, flows: list[Any], start: cython.Py_ssize_t) -> None:
        """Label the flows of a list from ``start`` on, each at the time of its first packet."""
        if self._known:
            flow: Flow
            for flow in flows[start:]:
                self.label(flow, flow.first)

    def _find(self, address: Any, client: Any, now: int) -> Learned | None:
        known = self._known
        found = known.get((client, address))
        if found is not None and self._valid(found, now):
            return found
        found = known.get((ANYBODY, address))
        if found is not None and self._valid(found, now):
            return found
        return None

    def _asked(self, client: Any, query: str, now: int) -> str:
        """The name that was asked for at first, where ``query`` was the alias it led to."""
        found = self._aliases.get((client, query))
        return found.name if found is not None and self._valid(found, now) else query

    def _valid(self, entry: Learned, now: int) -> bool:
        return entry.at <= now <= entry.at + entry.ttl * 10**9 + self._grace

    def _keep(self, book: Book, key: tuple[Any, Any], entry: Learned) -> None:
        book[key] = entry
        book.move_to_end(key)
        if len(book) > self._limit:
            book.popitem(last=False)
            self.forgotten += 1
