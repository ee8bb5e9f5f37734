# cython: language_level=3
"""The shape of names and types in DNS queries: what data carried in names looks like.

Facts only: a content network's names may look random too. Refuses to know any list of names.
"""

from __future__ import annotations

from math import log2

import cython

from procwire.model.observation import Observation

LONG = 52  # characters; RFC 1035 section 2.3.4 allows 63, and base32 of 32 bytes has 52
RANDOM_LABEL = 24  # shorter ones say too little
RANDOM_BITS = 3.9  # bits of entropy a character: words joined by hyphens stay below
TEXTS = 10  # queries for TXT in one flow
_TUNNELS = frozenset({10, *range(65280, 65535)})  # NULL, and what RFC 6895 section 3.1 leaves to private use
_TXT = 16


def long_label(name: str) -> bool:
    """Whether a label has LONG characters or more."""
    return len(name) >= LONG and max(map(len, name.split("."))) >= LONG


def random_name(name: str) -> bool:
    """Whether a label of RANDOM_LABEL characters or more has an entropy of RANDOM_BITS a character."""
    if len(name) < RANDOM_LABEL:
        return False
    label = max(name.split("."), key=len)
    return len(label) >= RANDOM_LABEL and entropy(label) >= RANDOM_BITS


def entropy(text: str) -> float:
    """Bits a character (Shannon), of the characters' own frequencies."""
    size = len(text)
    return -sum([count / size * log2(count / size) for count in map(text.count, set(text))])


LONG_LABEL = property(lambda record: long_label(record.query))
RANDOM_NAME = property(lambda record: random_name(record.query))
QUERY_RISKS = {
    "faults": "malformed-message",
    "long_label": "dns-long-label",
    "random_name": "dns-random-name",
    "tunnel_record": "dns-tunnel-record",
}


class DnsShape(Observation, kw_only=True):
    """What a query says of risks, for when nobody reads the rest."""

    RISKS = QUERY_RISKS
    query: str
    tunnel_record: bool
    faults: tuple[str, ...]
    long_label, random_name = LONG_LABEL, RANDOM_NAME


@cython.cclass
class TunnelCount:
    """Counts what one flow asks for."""

    texts: cython.int

    def __init__(self) -> None:
        self.texts = 0

    @cython.ccall
    def see(self, kind: cython.int) -> cython.bint:
        """Whether this type of record, or so many of it, is what tunnels ask for."""
        if kind == _TXT:
            self.texts += 1
            return self.texts >= TEXTS
        return kind in _TUNNELS
