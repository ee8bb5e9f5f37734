"""What a DNS-like message says, for the name services that use its format on a link: mDNS, LLMNR.

Builds on ``dns_message``; knows no flags, which each service has of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.dns_message import MessageError, parse
from procwire.dpi.wire.dns_names import type_name
from procwire.dpi.wire.dns_rdata import rdata

MAX_LISTED = 64  # records or questions shown of one section
A, PTR, TXT, AAAA, SRV, OPT, NSEC = 1, 12, 16, 28, 33, 41, 47


def message_of(data: bytes) -> Any:
    """The parsed message. Raises ProtocolError."""
    try:
        return parse(data)
    except MessageError as error:
        raise ProtocolError(str(error)) from None


def listed(message: Any, records: Iterable[Any]) -> tuple[str, ...]:
    """Records as text: name, TTL, type, data."""
    found = [
        f"{owner} {ttl} {type_name(kind)} {rdata(message, kind, start, end)}"
        for owner, kind, _, ttl, start, end in records
        if kind != OPT
    ]
    return tuple(found[:MAX_LISTED])


def asked(message: Any) -> tuple[str, ...]:
    """Questions as text: name, type."""
    return tuple(f"{name} {type_name(kind)}" for name, kind, _ in message.questions[:MAX_LISTED])


def values(message: Any, records: Iterable[Any], kinds: frozenset[int]) -> tuple[str, ...]:
    """Data of the records of some types, each once."""
    found = [rdata(message, kind, start, end) for _, kind, _, _, start, end in records if kind in kinds]
    return tuple(dict.fromkeys(found))[:MAX_LISTED]


def owners(records: Iterable[Any], kinds: frozenset[int]) -> tuple[str, ...]:
    """Names that own records of some types, each once."""
    return tuple(dict.fromkeys(owner for owner, kind, *_ in records if kind in kinds))[:MAX_LISTED]


ADDRESSES = frozenset({A, AAAA})
POINTERS = frozenset({PTR})
