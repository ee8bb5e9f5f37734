"""Names learned from DNS answers, to label later flows that carry none of their own.

An address is labelled with the name that was asked for, not the alias it is an alias of; the same client's
own answers come first. Pure: times come from the packets. Bounded: the oldest learned is forgotten and
counted.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import msgspec

from procwire.dpi.settings import DNS_ANSWER

MAX_NAMES = 100_000  # (client, address) pairs
GRACE_NS = 300 * 10**9  # a name is used this long beyond its TTL: programs hold on to addresses


class Learned(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One name of an address."""

    name: str
    at: int  # ns, when the answer was seen
    ttl: int  # seconds


class NameBook:
    """Feed answers to ``learn``; ask ``label`` when a flow is to be shown."""

    def __init__(self, limit: int = MAX_NAMES, grace_ns: int = GRACE_NS) -> None:
        self._limit = limit
        self._grace = grace_ns
        self._known: OrderedDict[tuple[str, str], Learned] = OrderedDict()
        self._aliases: OrderedDict[tuple[str, str], Learned] = OrderedDict()
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._known)

    def learn(self, response: Any, client: str) -> None:
        """Take in a DnsResponse that ``client`` (address as text) was sent."""
        if response.rcode != "NOERROR" or not response.query:
            return
        asked = self._asked(client, response.query, response.time)
        entry = Learned(name=asked, at=response.time, ttl=response.ttl or 0)
        for address in response.addresses:
            self._keep(self._known, (client, address), entry)
            self._keep(self._known, ("", address), entry)
        if not response.addresses:
            for alias in response.aliases:
                self._keep(self._aliases, (client, alias), entry)

    def name(self, address: str, client: str, now: int) -> Learned | None:
        """The name ``client`` knows an address by, else the one anybody was told last; None for none."""
        for key in ((client, address), ("", address)):
            found = self._known.get(key)
            if found is not None and self._valid(found, now):
                return found
        return None

    def label(self, flow: Any, now: int) -> bool:
        """Name a flow without a name: server_name, its source, and ``name_age`` (ns) in facts."""
        if flow.server_name:
            return False
        found = self.name(flow.dst, flow.src, now)
        if found is None and not flow.opener_seen:
            found = self.name(flow.src, flow.dst, now)
        if found is None:
            return False
        flow.server_name = found.name
        flow.server_name_source = DNS_ANSWER
        flow.facts["name_age"] = max(0, now - found.at)
        return True

    def _asked(self, client: str, query: str, now: int) -> str:
        """The name that was asked for at first, where ``query`` was the alias it led to."""
        found = self._aliases.get((client, query))
        return found.name if found is not None and self._valid(found, now) else query

    def _valid(self, entry: Learned, now: int) -> bool:
        return entry.at <= now <= entry.at + entry.ttl * 10**9 + self._grace

    def _keep(
        self, book: OrderedDict[tuple[str, str], Learned], key: tuple[str, str], entry: Learned
    ) -> None:
        book[key] = entry
        book.move_to_end(key)
        if len(book) > self._limit:
            book.popitem(last=False)
            self.forgotten += 1
