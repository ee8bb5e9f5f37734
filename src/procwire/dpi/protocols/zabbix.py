"""Zabbix agents, senders and proxies: what is asked, for which host, and how it was answered.

Recognised by the header ``ZBXD``, its flags and a sane length (Zabbix manual, "Protocols"), on any port.
Values are not kept. Compressed messages are told as such and not opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.text import bounded, plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "zabbix"
PORTS = frozenset({("tcp", 10050), ("tcp", 10051)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"Z"

MAX_MESSAGE = 1 << 30  # bytes; the manual's bound
MAX_KEYS = 8  # items of a message that are shown

COMPRESSED, LARGE = 2, 4


class ZabbixMessage(Observation, kw_only=True):
    """A request or its answer."""

    TABLE = "zabbix"
    message: Annotated[str, says("request or response.")]
    request: Annotated[str, says("What is asked: passive check, active checks, sender data, ...")] = ""
    host: Annotated[str, says("Host that it is about.")] = ""
    keys: Annotated[tuple[str, ...], says("Item keys that are named.")] = ()
    response: Annotated[str, says("success or failed, where the answer says so.")] = ""
    info: Annotated[str, says("What the answer says beside it.")] = ""
    error: Annotated[str, says("Why a passive check has no value.")] = ""
    compressed: Annotated[bool, says("Whether the message was compressed, and so not opened.")] = False
    size_bytes: Annotated[int, says("Length of the content.", kind=Kind.SIZE)]
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (ZabbixMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Name, flags, length."""
    if data[:4] != b"ZBXD"[: len(data)] or (len(data) > 4 and not (data[4] & 1 and data[4] < 8)):
        return Claim.NO
    if len(data) < 13:
        return Claim.MORE
    size = 8 if data[4] & LARGE else 4
    return Claim.YES if int.from_bytes(data[5 : 5 + size], "little") <= MAX_MESSAGE else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 8192

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True
        self._since: int | None = None

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        """See Cutter."""
        if len(data) - at < 13:
            return 0
        if claims(data[at : at + 13], side, self.context) is not Claim.YES:
            raise ProtocolError("no message of Zabbix")
        width = 8 if data[at + 4] & LARGE else 4
        return 5 + 2 * width + int.from_bytes(data[at + 5 : at + 5 + width], "little")

    def forget(self) -> None:
        """See Cutter."""
        self._since = None

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        if self.client < 0:
            self.client = side
        head = 21 if data[4] & LARGE else 13
        text, asking = data[head:], side == self.client
        told: dict[str, Any] = {}
        if data[4] & COMPRESSED:
            told["compressed"] = True
        elif text[:1] == b"{":
            told = _json(text if size <= len(data) else b"{}")
        elif asking:
            told = {"request": "passive check", "keys": (plain(text.strip()),)}
        elif text.startswith(b"ZBX_NOTSUPPORTED"):
            told["error"] = plain(text.partition(b"\0")[2]) or "not supported"
        latency = None
        if asking:
            self._since = now
        elif self._since is not None:
            latency, self._since = now - self._since, None
        return (
            ZabbixMessage(
                time=now,
                side=side,
                message="request" if asking else "response",
                size_bytes=size - head,
                latency=latency,
                **told,
            ),
        )


def _json(text: bytes) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolError("no JSON") from None
    if not isinstance(told, dict):
        raise ProtocolError("no JSON object")
    items = told.get("data")
    named = [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []
    keys = [one["key"] for one in named if isinstance(one.get("key"), str)]
    hosts = [one["host"] for one in named if isinstance(one.get("host"), str)]
    return {
        "request": _word(told.get("request")),
        "host": _word(told.get("host")) or (bounded(hosts[0]) if hosts else ""),
        "keys": tuple([bounded(key) for key in keys[:MAX_KEYS]]),
        "response": _word(told.get("response")),
        "info": _word(told.get("info")),
    }


def _word(value: Any) -> str:
    return bounded(value) if isinstance(value, str) else ""
