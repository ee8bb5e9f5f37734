"""Records and their chain: each names the BLAKE3 hash of the one before it.

A record is one line of JSON with its members in a fixed order, so that its bytes can be hashed as they stand
and read by any tool: ``{"n":4,"time":"2026-01-02T03:04:05.000000006Z","kind":"started","prev":"<hex>",
"body":{...}}``. What is hashed is the line without its end. Nothing here reads a file or a clock.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from procwire.ledger.tree import LedgerError, blake3
from procwire.model.values import time_text

FORMAT = "procwire.ledger/1"
NOTHING = "0" * 64  # what the first record follows
MAX_RECORD_BYTES = 65_536

OPENED, EPOCH, RECOVERED = "opened", "epoch", "recovered"
KINDS = frozenset({
    OPENED, EPOCH, RECOVERED, "started", "stopped", "finding", "alert", "rule", "configuration", "privilege",
    "sandbox", "dropped", "clock-stepped", "exported", "command", "shaped", "note",
})  # fmt: skip

HEAD = re.compile(
    rb'\{"n":(0|[1-9][0-9]{0,17}),"time":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z)",'
    rb'"kind":"([a-z-]{1,40})","prev":"([0-9a-f]{64})","body":\{'
)


class Record(msgspec.Struct, frozen=True):
    """One entry; the members in the order in which they are written."""

    n: int
    time: str
    kind: str
    prev: str
    body: dict[str, Any]


class Receipt(msgspec.Struct, frozen=True):
    """What an append gives back: the record's number, its hash in the chain, and its line."""

    n: int
    digest: bytes
    line: bytes


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Record).decode


class Chain:
    """The end of a chain: ``n`` records so far, the last of which has the hash ``digest``."""

    def __init__(self, n: int = 0, digest: bytes = bytes(32)) -> None:
        self.n = n
        self.digest = digest

    def append(self, kind: str, body: dict[str, Any], *, now: int) -> Receipt:
        """The next record at packet or wall time ``now`` (ns). Raises LedgerError for one that cannot be."""
        if kind not in KINDS:
            raise LedgerError(f"no kind of record: {kind!r}")
        try:
            line = _encode(Record(self.n, time_text(now), kind, self.digest.hex(), body))
        except (TypeError, ValueError) as error:
            raise LedgerError(f"a body that is no JSON: {error}") from None
        if len(line) > MAX_RECORD_BYTES:
            raise LedgerError(f"a record of {len(line)} bytes, at most {MAX_RECORD_BYTES} are kept")
        self.digest = blake3(line)
        self.n += 1
        return Receipt(self.n - 1, self.digest, line)


def read(line: bytes) -> Record:
    """A line as its record. Raises LedgerError where it is none."""
    if HEAD.match(line) is None:
        raise LedgerError("no record")
    try:
        return _decode(line)
    except msgspec.MsgspecError as error:
        raise LedgerError(f"no record: {error}") from None
