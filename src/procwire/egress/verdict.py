"""A contact held against a policy.

Of the entries that fit a program any may let it pass. A contact whose program is not known is held against
the entries of its host; where there are none, it passes where any program may go: that a look-up came too
late is no drift.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Sequence

import msgspec

from procwire.egress.contact import Contact, Who
from procwire.egress.destination import ANY, Fits, destination, ports
from procwire.egress.policy import IGNORE, Entry, Line, Policy

ALLOWED = "allowed"
NEW_PROGRAM = "new-program"
CHANGED_PROGRAM = "changed-program"
NEW_DESTINATION = "new-destination"
NEW_PORT = "new-port"
UNUSED = "unused"
WORDS = {
    NEW_PROGRAM: "no entry of the policy names this program",
    CHANGED_PROGRAM: "the program's file is not the one that the policy names",
    NEW_DESTINATION: "the policy does not let it go there",
    NEW_PORT: "the policy lets it go there, by another port or protocol",
}
NAME_BYTES = 15  # of a process's name, proc_pid_comm(5)
MAX_REMEMBERED = 65_536


class Verdict(msgspec.Struct, frozen=True):
    """``line``: what let it pass."""

    word: str
    line: Line | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may."""
        return self.word == ALLOWED


class _Line:
    def __init__(self, line: Line) -> None:
        self.line = line
        self.there: Fits = destination(line.dest)
        self._port = ports(line.port)

    def passes(self, contact: Contact) -> bool:
        """Whether port and protocol are those that are allowed."""
        return self.line.proto in (ANY, contact.proto) and self._port(contact.port)


class _Entry:
    def __init__(self, entry: Entry) -> None:
        self.who = entry.who
        self.lines = [_Line(line) for line in entry.to]
        self._patterns = [
            (name, re.compile(fnmatch.translate(pattern)).match)
            for name in ("exe", "process", "unit", "container")
            if (pattern := getattr(entry.who, name))
        ]
        self._network = ipaddress.ip_network(entry.who.host, strict=False) if entry.who.host else None

    def fits(self, who: Who) -> bool:
        """Whether it is about this program, whatever its file holds."""
        if self._network is not None and not _within(who.host, self._network):
            return False
        return all(match(getattr(who, name)) or self._by_name(name, who) for name, match in self._patterns)

    def _by_name(self, name: str, who: Who) -> bool:
        """Of a program whose path is not known: whether it has the name that the path ends in."""
        return name == "exe" and not who.exe and self.who.exe.rpartition("/")[2][:NAME_BYTES] == who.process

    def same_file(self, who: Who) -> bool:
        """Whether its file may be the pinned one; a hash that nobody made speaks for nothing."""
        return not (self.who.sha256 and who.sha256) or self.who.sha256 == who.sha256


class Judge:
    """A policy in force."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._entries = [_Entry(entry) for entry in policy.entries]
        self._remembered: dict[object, Verdict] = {}

    def verdict(self, contact: Contact) -> Verdict:
        """Whether it may, and by which line."""
        key = (contact.who, contact.name, contact.address, contact.asn, contact.port, contact.proto)
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = self._judged(contact)
        return found

    def _judged(self, contact: Contact) -> Verdict:
        mine = [entry for entry in self._entries if entry.fits(contact.who)]
        if not mine and not contact.owned:
            mine = self._entries
        if not mine:
            return Verdict(ALLOWED if self.policy.unlisted == IGNORE else NEW_PROGRAM)
        same = [entry for entry in mine if entry.same_file(contact.who)]
        if not same:
            return Verdict(CHANGED_PROGRAM)
        return _passed([line for entry in same for line in entry.lines], contact)


def _passed(lines: Sequence[_Line], contact: Contact) -> Verdict:
    word = NEW_DESTINATION
    for line in lines:
        if line.there(contact):
            if line.passes(contact):
                return Verdict(ALLOWED, line.line)
            word = NEW_PORT
    return Verdict(word)


def _within(address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return found.version == network.version and found in network
