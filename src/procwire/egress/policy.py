"""A policy: who may go where. What of it is written by hand, and what learning adds, is one thing.

    format: 1
    unlisted: report            # programs that no entry names: report, or ignore
    programs:
    - exe: /usr/bin/curl        # exe, process, unit, container, host; all that is named must fit
      to:
      - {dest: example.com, proto: tcp, port: 443}

Names of programs are patterns (``/opt/app/*``); ``host`` is an address or network, for recordings that know
no programs. ``sha256`` pins an entry to one file.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from procwire.egress.contact import Who
from procwire.egress.destination import ANY, destination, ports
from procwire.egress.reason import EgressError
from procwire.model.values import ValueTextError, parse_time

FORMAT = 1
MAX_LINES = 20_000
REPORT, IGNORE = "report", "ignore"
PROTOCOLS = re.compile(r"[a-z0-9-]{1,20}")
NAMES = ("exe", "process", "unit", "container", "host", "sha256")
Place = tuple[str | int, ...]


class Line(msgspec.Struct, kw_only=True):
    """One destination of a program, and how often it went there. Times are ns since 1970."""

    dest: str
    proto: str = ANY
    port: str = ANY
    flows: int = 0
    bytes_out: int = 0
    first: int = 0
    last: int = 0
    note: str = ""


class Entry(msgspec.Struct, kw_only=True):
    """What one program may."""

    who: Who
    to: list[Line]
    note: str = ""


class Policy(msgspec.Struct, kw_only=True):
    """``head``: the comment that the file begins with."""

    entries: list[Entry]
    unlisted: str = REPORT
    head: str = ""

    @property
    def size(self) -> int:
        """Lines in all."""
        return sum(len(entry.to) for entry in self.entries)


class FormError(EgressError):
    """What is wrong, and where in the document."""

    def __init__(self, place: Place, words: str) -> None:
        super().__init__(words)
        self.place = place


def described(values: Any, *, head: str = "") -> Policy:
    """The policy of a document's plain values. Raises FormError."""
    found = _mapping(values, (), ("format", "unlisted", "programs"))
    if found.get("format") != FORMAT:
        raise FormError(("format",), f"format must be {FORMAT}")
    unlisted = found.get("unlisted", REPORT)
    if unlisted not in (REPORT, IGNORE):
        raise FormError(("unlisted",), f"unlisted is {REPORT} or {IGNORE}")
    entries = [_entry(one, ("programs", n)) for n, one in enumerate(_items(found, "programs", ()))]
    policy = Policy(entries=entries, unlisted=unlisted, head=head)
    if policy.size > MAX_LINES:
        raise FormError(("programs",), f"{policy.size} lines, at most {MAX_LINES} are taken")
    return policy


def unpinned(who: Who) -> Who:
    """The same program, whatever its file holds."""
    return msgspec.structs.replace(who, sha256="")


def merged(policy: Policy, more: Iterable[Entry]) -> Policy:
    """The policy with more lines: beneath the entry of the same program, or in a new one.

    What is pinned stays so: lines of the same program without a hash go beneath its pinned entry.
    """
    entries = [msgspec.structs.replace(entry, to=list(entry.to)) for entry in policy.entries]
    by_who = {entry.who: entry for entry in entries}
    pinned = {unpinned(entry.who): entry for entry in entries if entry.who.sha256}
    for new in more:
        entry = by_who.get(new.who) or pinned.get(new.who)
        if entry is None:
            entry = by_who[new.who] = Entry(who=new.who, to=[])
            entries.append(entry)
        known = {(line.dest, line.proto, line.port) for line in entry.to}
        entry.to += [line for line in new.to if (line.dest, line.proto, line.port) not in known]
    return msgspec.structs.replace(policy, entries=entries)


def _entry(value: Any, place: Place) -> Entry:
    found = _mapping(value, place, (*NAMES, "to", "note"))
    who = Who(**{name: _text(found, name, place) for name in NAMES})
    if who == Who():
        raise FormError(place, f"an entry names one of {', '.join(NAMES)}")
    if who.host:
        try:
            ipaddress.ip_network(who.host, strict=False)
        except ValueError:
            raise FormError((*place, "host"), f"{who.host!r} is no address or network") from None
    lines = [_line(one, (*place, "to", n)) for n, one in enumerate(_items(found, "to", place))]
    return Entry(who=who, to=lines, note=_text(found, "note", place))


def _line(value: Any, place: Place) -> Line:
    if isinstance(value, str):
        value = {"dest": value}
    found = _mapping(value, place, Line.__struct_fields__)
    line = Line(
        dest=_text(found, "dest", place), proto=(_text(found, "proto", place) or ANY).lower(),
        port=_text(found, "port", place) or ANY, note=_text(found, "note", place),
        flows=_whole(found, "flows", place), bytes_out=_whole(found, "bytes_out", place),
        first=_time(found, "first", place), last=_time(found, "last", place),
    )  # fmt: skip
    if not PROTOCOLS.fullmatch(line.proto):
        raise FormError((*place, "proto"), f"{line.proto!r} is no protocol")
    for name, check in (("dest", destination), ("port", ports)):
        try:
            check(getattr(line, name))
        except EgressError as error:
            raise FormError((*place, name), str(error)) from None
    return line


def _mapping(value: Any, place: Place, names: Iterable[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise FormError(place, f"here stand names with values: {', '.join(names)}")
    for name in value:
        if name not in names:
            raise FormError((*place, name), f"no such name: {name!r}; there are {', '.join(names)}")
    return value


def _items(found: Mapping[str, Any], name: str, place: Place) -> list[Any]:
    value = found.get(name) or []
    if not isinstance(value, list):
        raise FormError((*place, name), f"{name} is a list")
    return value


def _text(found: Mapping[str, Any], name: str, place: Place) -> str:
    value = found.get(name, "")
    if value is None or isinstance(value, bool) or not isinstance(value, str | int):
        raise FormError((*place, name), f"{name} is text")
    return str(value)


def _whole(found: Mapping[str, Any], name: str, place: Place) -> int:
    value = found.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise FormError((*place, name), f"{name} is a whole number")
    return value


def _time(found: Mapping[str, Any], name: str, place: Place) -> int:
    text = _text(found, name, place)
    try:
        return parse_time(text, now=0) if text else 0
    except ValueTextError as error:
        raise FormError((*place, name), f"{name}: {error}") from None
