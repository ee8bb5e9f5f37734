"""What is to be kept of the traffic of a watch, as values that are checked when they are made."""

from __future__ import annotations

import msgspec

from procwire.model.values import parse_duration, parse_size

SPAN_NS = 300 * 1_000_000_000
SIZE_BYTES = 256 << 20
QUOTA_BYTES = 10_000_000_000
BEFORE_NS = 120 * 1_000_000_000
AFTER_NS = 30 * 1_000_000_000
HEADER_BYTES = 128  # Ethernet with a tag, IPv6 and TCP with all options are 122
MOST_PACKETS = 1 << 40
HEADERS = "headers"


class WishError(ValueError):
    """Words that name nothing that can be kept: one line that says which."""


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """One ring of the recorder: of which interface, and how much. Beyond any bound the oldest goes."""

    interface: str = ""  # empty: all that have no ring of their own
    span_ns: int = SPAN_NS
    size_bytes: int = SIZE_BYTES
    packets: int = MOST_PACKETS
    most: int = 0  # bytes kept of each frame; 0: all


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """When a written file is full, and how many there are in turn. 0 is no bound."""

    size_bytes: int = 0
    span_ns: int = 0
    packets: int = 0
    files: int = 1


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept beside what is shown."""

    write: str = ""  # file to write
    rotation: Rotation = Rotation()
    write_only: str = ""  # filter of flows
    sidecar: str = ""  # connections of a written file, one line each
    record: tuple[Track, ...] = ()
    record_only: str = ""  # filter of flows
    directory: str = ""  # of incidents
    quota_bytes: int = QUOTA_BYTES
    before_ns: int = BEFORE_NS
    after_ns: int = AFTER_NS


def track_of(words: str) -> Track:
    """``[IF:]SPAN|SIZE|NUMBERp|headers,…`` as a Track. Raises WishError."""
    interface, found, bounds = words.rpartition(":")
    wanted: dict[str, int | str] = {"interface": interface} if found else {}
    for word in filter(None, (each.strip() for each in bounds.split(","))):
        name, value = _bound(word)
        if name in wanted:
            raise WishError(f"{words!r} says twice how much")
        wanted[name] = value
    return msgspec.convert(wanted, Track)


def rotation_of(words: str, files: int) -> Rotation:
    """``SIZE|SPAN|NUMBERp,…`` as a Rotation. Raises WishError."""
    wanted = {"files": files}
    for word in filter(None, (each.strip() for each in words.split(","))):
        name, value = _bound(word)
        if name == "most" or name in wanted:
            raise WishError(f"{words!r} is not when a file is full, e.g. 100MB,1h")
        wanted[name] = value
    return Rotation(**wanted)


def _bound(word: str) -> tuple[str, int]:
    if word == HEADERS:
        return "most", HEADER_BYTES
    if word[:-1].isdigit() and word[-1] == "p":
        name, value = "packets", int(word[:-1])
    else:
        name, value = _measure(word)
    if value <= 0:
        raise WishError(f"{word!r} is nothing")
    return name, value


def _measure(word: str) -> tuple[str, int]:
    try:
        return "span_ns", parse_duration(word)
    except ValueError:
        pass
    try:
        return "size_bytes", parse_size(word)
    except ValueError:
        raise WishError(
            f"{word!r} is no time span (5m), size (256MB), number of packets (100000p) or {HEADERS}"
        ) from None
