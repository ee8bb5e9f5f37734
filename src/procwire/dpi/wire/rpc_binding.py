"""Parts of a DCE/RPC fragment that TCP and named pipes share: byte order, interfaces, the operation called.

C706 section 12.6.4. Reads what is there; a fragment that ends early says less.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from uuid import UUID

from procwire.dpi.wire._rpc_interfaces import interface_of, operation_of

HEADER_BYTES = 16
MAX_CONTEXTS = 64  # interfaces remembered of one connection or pipe
_CALL, _BIND, _ALTER = 0, 11, 14


def order_of(data: bytes) -> Literal["little", "big"]:
    """How a fragment's numbers are written."""
    return "little" if data[4] & 0x10 else "big"


def uuid_of(raw: bytes, order: Literal["little", "big"]) -> UUID:
    """An identifier of 16 bytes."""
    return UUID(bytes_le=raw) if order == "little" else UUID(bytes=raw)


def bound(data: bytes) -> Iterator[tuple[int, str, str]]:
    """(context, interface, version) of a bind or an alteration."""
    order = order_of(data)
    at = 28
    for _ in range(data[24] if len(data) >= at else 0):
        if at + 24 > len(data):
            return
        major, minor = (int.from_bytes(data[at + one : at + one + 2], order) for one in (20, 22))
        name = interface_of(str(uuid_of(data[at + 4 : at + 20], order)))
        yield int.from_bytes(data[at : at + 2], order), name, f"{major}.{minor}"
        at += 24 + 20 * data[at + 2]


def remember(contexts: dict[int, str], context: int, name: str) -> None:
    """Keep what a context stands for."""
    if len(contexts) < MAX_CONTEXTS or context in contexts:
        contexts[context] = name


def asked(data: bytes, contexts: dict[int, str]) -> str:
    """What a fragment on a pipe asks for: ``bind srvsvc``, ``srvsvc share-enum``, or nothing."""
    if len(data) < HEADER_BYTES + 8 or data[0] != 5 or data[1] or not data[3] & 1:
        return ""
    if data[2] in {_BIND, _ALTER}:
        names = []
        for context, name, _ in bound(data):
            remember(contexts, context, name)
            names.append(name)
        return f"bind {' '.join(dict.fromkeys(names))}" if names else ""
    if data[2] != _CALL:
        return ""
    order = order_of(data)
    name = contexts.get(int.from_bytes(data[20:22], order), "")
    return f"{name or 'unknown'} {operation_of(name, int.from_bytes(data[22:24], order))}"
