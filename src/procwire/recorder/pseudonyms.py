"""Names and addresses in the place of others, by a key: the same for the same, and of the same shape.

Addresses keep what they have in common: two that share their first n bits share n bits afterwards, no more
(the scheme of Crypto-PAn: Xu, Fan, Ammar, Moon, "Prefix-preserving IP address anonymization", 2002; the bits
come from keyed BLAKE2 here). Loopback, multicast, broadcast and "any" stay: what they are is no secret.
Whoever has the key can make the map again; whoever knows one address of a network learns where it lies.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from functools import lru_cache
from typing import Any

from procwire.model.flow import Flow
from procwire.model.process import Container, Executable, Owner, ProcessRef

KEY_BYTES = 32
CACHED = 65_536
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PIECE = re.compile(r"[^\W_]+", re.ASCII)

# Columns whose text is one of few words that every host has: what is not here is replaced.
OPEN = frozenset(
    [
        "schema",
        "event",
        "proto",
        "direction",
        "opener",
        "state",
        "ended",
        "encapsulation",
        "tcp_flags",
        "tcp_flags_out",
        "tcp_flags_in",
        "app",
        "app_confidence",
        "server_name_source",
        "ja4",
        "ja3",
        "ja3s",
        "hassh",
        "hassh_server",
        "alpn",
        "tls_version",
        "tls_cipher",
        "carries",
        "carries_by",
        "risks",
        "owner_confidence",
        "owner_source",
        "owner_reason",
        "owner_side",
        "peer_confidence",
        "peer_reason",
        "kernel_state",
        "kernel_end",
        "client_source",
        "side",
        "message",
        "method",
        "version",
        "versions",
        "query_type",
        "query_class",
        "rcode",
        "opcode",
        "flags",
        "cipher",
        "ciphers",
        "extensions",
        "severity",
        "detector",
        "attack",
        "complete",
        "account",
        "reason",
        "confidence",
        "source_type",
        "container_runtime",
        "direction_source",
        "offered",
        "compressions",
        "key_shares",
        "signatures",
        "signing",
        "kinds",
        "kind",
        "side_source",
    ]
)
DROPPED = frozenset({"community_id", "exe_sha256", "exe_blake3", "sha256", "blake3"})
_IDENTITY = frozenset({"flow_id", "announced_by", "flows"})


class Pseudonyms:
    """One map; ``seen`` counts what it replaced, by kind."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self._key = key
        self.seen: dict[str, set[str]] = {"addresses": set(), "names": set(), "flows": set()}
        self.flow_ids: dict[str, str] = {}
        self._bits = lru_cache(CACHED)(self._bits_of)
        self._word = lru_cache(CACHED)(self._word_of)

    @property
    def name(self) -> str:
        """What tells this key from others, and tells nothing of it."""
        return self._digest(b"name", b"").hex()[:16]

    def packed(self, address: bytes) -> bytes:
        """An address of 4 or 16 bytes."""
        if _stays(address):
            return address
        return self._bits(address)

    def address(self, text: str) -> str:
        """An address as text; what is none is treated as a name."""
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return self.text(text)
        self.seen["addresses"].add(text)
        return str(ipaddress.ip_address(self.packed(address.packed)))

    def mac(self, address: bytes) -> bytes:
        """Locally administered (IEEE 802 clause 8.2.2); groups stay."""
        if len(address) != 6 or address[0] & 1:
            return address
        made = self._digest(b"mac", address)[:6]
        return bytes([made[0] & 0xFC | 2]) + made[1:]

    def text(self, words: str) -> str:
        """Each word by another of its length; digits by digits, what stands between stays."""
        if words:
            self.seen["names"].add(words)
        if not words.isascii():
            words = words.encode("ascii", "replace").decode().replace("?", "x")
        return _PIECE.sub(lambda found: self._word(found[0]), words)

    def ancestor(self, words: str) -> str:
        """``name:pid``: pids stay, here as in their own columns."""
        name, colon, pid = words.rpartition(":")
        return f"{self.text(name)}:{pid}" if colon and pid.isdecimal() else self.text(words)

    def flow_id(self, flow: Flow) -> str:
        """The id that the flow has with its other addresses."""
        twin = Flow()
        twin.family, twin.proto, twin.tunnel, twin.first = flow.family, flow.proto, flow.tunnel, flow.first
        twin.sport, twin.dport = flow.sport, flow.dport
        twin.src_hi, twin.src_lo = self.halves(flow.family, flow.src_hi, flow.src_lo)
        twin.dst_hi, twin.dst_lo = self.halves(flow.family, flow.dst_hi, flow.dst_lo)
        made = self.flow_ids[flow.flow_id] = str(twin.flow_id)
        self.seen["flows"].add(made)
        return made

    def line(self, told: dict[str, Any]) -> dict[str, Any]:
        """A line of a table. What is not known to be open is replaced, by the shape of its value."""
        made = {name: self._value(name, value) for name, value in told.items() if name not in DROPPED}
        if str(told.get("schema", "")).startswith("procwire.finding/"):
            made["title"] = told.get("title", "")  # a detector's or rule's own words
        return made

    def owner(self, owner: Owner) -> Owner:
        """The same of an owner: who, but not by what name."""
        return Owner(
            process=self._process(owner.process), confidence=owner.confidence, source=owner.source,
            reason=owner.reason, peer=self._process(owner.peer), peer_confidence=owner.peer_confidence,
            peer_reason=owner.peer_reason, side=owner.side, holders=owner.holders, answered=owner.answered,
        )  # fmt: skip

    def _process(self, process: ProcessRef | None) -> ProcessRef | None:
        if process is None:
            return None
        facts, executable = process.facts, process.executable
        return ProcessRef(
            pid=process.pid, start=process.start, ppid=process.ppid, ended=process.ended, uid=process.uid,
            name=self.text(process.name), exe=self.text(process.exe), cmdline=self.text(process.cmdline),
            user=self.text(process.user), parent=self.text(process.parent), unit=self.text(process.unit),
            container=self.text(process.container), pod=self.text(process.pod),
            container_runtime=process.container_runtime,
            ancestors=tuple(map(self.ancestor, process.ancestors)),
            executable=None if executable is None else Executable(
                path=self.text(executable.path), deleted=executable.deleted, memfd=executable.memfd,
                replaced=executable.replaced, absent=executable.absent,
            ),
            facts=None if facts is None else Container(
                id=self.text(facts.id), runtime=facts.runtime, name=self.text(facts.name),
                image=self.text(facts.image),
            ),
        )  # fmt: skip

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, str):
            if name in _IDENTITY:
                return self.flow_ids.get(value, "")
            return value if name in OPEN or _is_time(value) else self.address(value)
        if isinstance(value, list):
            if name == "ancestors":
                return [self.ancestor(str(each)) for each in value]
            return [self._value(name, each) for each in value]
        if isinstance(value, dict):
            return self.line(value)
        return value

    def halves(self, family: int, high: int, low: int) -> tuple[int, int]:
        """An address as a flow holds it."""
        packed = low.to_bytes(4, "big") if family == 4 else high.to_bytes(8, "big") + low.to_bytes(8, "big")
        made = int.from_bytes(self.packed(packed), "big")
        return made >> 64, made & 0xFFFFFFFFFFFFFFFF

    def _bits_of(self, address: bytes) -> bytes:
        size = 8 * len(address)
        value, made = int.from_bytes(address, "big"), 0
        for bit in range(size):
            prefix = value >> (size - bit)
            flip = self._digest(b"bit%d.%d" % (size, bit), prefix.to_bytes(16, "big"))[0] & 1
            made = made << 1 | ((value >> (size - 1 - bit) & 1) ^ flip)
        return made.to_bytes(len(address), "big")

    def _word_of(self, word: str) -> str:
        stream = self._digest(b"word", word.lower().encode())
        while len(stream) < len(word):
            stream += self._digest(b"more", stream)
        return "".join(_like(letter, stream[place]) for place, letter in enumerate(word))

    def _digest(self, use: bytes, data: bytes) -> bytes:
        return hashlib.blake2b(data, key=self._key, person=use[:16], digest_size=32).digest()


def _like(letter: str, number: int) -> str:
    if letter.isdigit():
        return str(number % 10)
    made = _LETTERS[number % 26]
    return made.upper() if letter.isupper() else made


def _stays(address: bytes) -> bool:
    if len(address) == 4:
        return address[0] in (0, 127) or address[0] >= 224
    return address[0] == 0xFF or address[:15] == bytes(15)


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None
