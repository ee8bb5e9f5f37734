"""What was seen, as lines of a policy: each program, where it goes, how often, since when.

``broad`` makes fewer lines: registered domains in place of names, autonomous systems or networks in place of
addresses. A destination with many ports (a passive FTP server, peers) becomes one line for all of them.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any

from procwire.egress.contact import Contact, Who
from procwire.egress.destination import ANY
from procwire.egress.policy import MAX_LINES, Entry, Line, Policy, unpinned

BY = ("exe", "unit", "container")
MAX_PORTS = 16  # of one destination; beyond that the line is for all
FIRST_FREE = 1024  # ports below it are given to services (RFC 6335 section 6)
NETWORK_BITS = {4: 24, 6: 64}  # what ``broad`` makes of an address without a known system

Key = tuple[str, str, str]  # destination, protocol, port


class Learner:
    """Adds contacts up. ``dropped``: contacts that would have been a line too many."""

    def __init__(self, *, by: str = "exe", broad: bool = False, pin: bool = False) -> None:
        self._by, self._broad, self._pin = by, broad, pin
        self._programs: dict[Who, dict[Key, Line]] = {}
        self._lines = 0
        self.contacts = self.dropped = 0

    def see(self, contact: Contact) -> tuple[Who, Key] | None:
        """One more contact; the line that it went into."""
        self.contacts += 1
        who, key = self.who(contact.who), self._key(contact)
        lines = self._programs.setdefault(who, {})
        line = lines.get(key)
        if line is None:
            if self._lines >= MAX_LINES:
                self.dropped += 1
                return None
            self._lines += 1
            dest, proto, port = key
            line = lines[key] = Line(dest=dest, proto=proto, port=port, first=contact.first)
        line.flows += 1
        line.bytes_out += contact.bytes_out
        line.first, line.last = min(line.first, contact.first), max(line.last, contact.last)
        return who, key

    def who(self, who: Who) -> Who:
        """A program by what it is to be known by."""
        sha256 = who.sha256 if self._pin else ""
        if self._by == "container" and who.container:
            return Who(container=who.container)
        if self._by == "unit" and who.unit:
            return Who(unit=who.unit)
        if who.exe or who.process:
            return Who(
                exe=who.exe, process="" if who.exe else who.process, container=who.container, sha256=sha256
            )
        return Who(host=who.host)

    def entries(self) -> list[Entry]:
        """All of it, in order of programs and destinations."""
        found = [Entry(who=who, to=_joined(lines)) for who, lines in self._known().items() if lines]
        return sorted(found, key=lambda entry: str(entry.who))

    def programs(self) -> list[tuple[Who, list[tuple[Key, Line]]]]:
        """Each line by its own key, in order; none taken together."""
        found = sorted(self._known().items(), key=lambda pair: str(pair[0]))
        return [(who, sorted(lines.items())) for who, lines in found]

    def _known(self) -> dict[Who, dict[Key, Line]]:
        """What was seen of each program; of a pinned one also what came before its file was hashed."""
        if not self._pin:
            return self._programs
        pinned = {unpinned(who): who for who in self._programs if who.sha256}  # of several the newest
        found: dict[Who, dict[Key, Line]] = {}
        for who, lines in self._programs.items():
            into = found.setdefault(pinned.get(who, who), {})
            for key, line in lines.items():
                into[key] = _one([into[key], line], line.port) if key in into else line
        return found

    def policy(self, head: str = "") -> Policy:
        """The same as a policy."""
        return Policy(entries=self.entries(), head=head)

    def _key(self, contact: Contact) -> Key:
        port = ANY if contact.port is None else str(contact.port)
        dest = _broader(contact) if self._broad else contact.target
        return dest, contact.proto or ANY, port


def _joined(lines: dict[Key, Line]) -> list[Line]:
    """Lines in order, those of one destination and protocol taken together where they are too many."""
    by_place: dict[tuple[str, str], list[Line]] = {}
    for line in lines.values():
        by_place.setdefault((line.dest, line.proto), []).append(line)
    found: list[Line] = []
    for many in by_place.values():
        free = all(line.port != ANY and int(line.port) >= FIRST_FREE for line in many)
        ports = f"{FIRST_FREE}-65535" if free else ANY
        found += [_one(many, ports)] if len(many) > MAX_PORTS else many
    return sorted(found, key=lambda line: (line.dest, line.proto, line.port.zfill(5)))


def _one(many: list[Line], port: str) -> Line:
    return Line(
        dest=many[0].dest, proto=many[0].proto, port=port,
        flows=sum(line.flows for line in many), bytes_out=sum(line.bytes_out for line in many),
        first=min(line.first for line in many), last=max(line.last for line in many),
    )  # fmt: skip


def _broader(contact: Contact) -> str:
    if contact.name:
        stem = _suffixes().privatesuffix(contact.name)
        return f"*.{stem}" if stem else contact.name
    if contact.asn:
        return f"AS{contact.asn}"
    bits = NETWORK_BITS[ipaddress.ip_address(contact.address).version]
    return str(ipaddress.ip_network(f"{contact.address}/{bits}", strict=False))


@lru_cache(maxsize=1)
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
