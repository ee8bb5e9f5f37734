"""SSH before encryption: the version line and the binary packets (RFC 4253 sections 4.2, 6 and 7.1).

Reads what is in clear until the new keys are taken into use, and nothing behind.
"""

from __future__ import annotations

import base64

import msgspec

from procwire.dpi.contract import ProtocolError
from procwire.model.digests import md5, sha256

MAX_LINE = 255  # RFC 4253 section 4.2, CR LF included
MAX_PACKET = 1 << 18  # RFC 4253 section 6.1 asks for 35000; OpenSSH takes 256 KiB
MAX_LIST = 1 << 14  # of one name-list shown
KEXINIT, NEWKEYS, KEX_REPLY, GEX_REPLY = 20, 21, 31, 33
_LISTS = 10


class KexInit(msgspec.Struct, gc=False):
    """The ten name-lists of a KEXINIT, in order (RFC 4253 section 7.1)."""

    lists: tuple[str, ...]
    follows: bool

    @property
    def kex(self) -> str:
        """Key exchange methods."""
        return self.lists[0]

    def hassh(self, *, server: bool) -> str:
        """HASSH, or HASSHServer: MD5 over kex;encryption;mac;compression of the side's own sending."""
        offset = 1 if server else 0
        parts = (self.lists[0], *(self.lists[at + offset] for at in (2, 4, 6)))
        return md5(";".join(parts).encode("latin-1"), usedforsecurity=False).hexdigest()


def read_kexinit(payload: bytes) -> KexInit:
    """A KEXINIT's name-lists; raises ProtocolError where they do not fit."""
    at = 17  # message number, cookie
    lists = []
    for _ in range(_LISTS):
        size = int.from_bytes(payload[at : at + 4], "big")
        at += 4
        if at + size > len(payload) or size > MAX_LIST:
            raise ProtocolError("a name-list does not fit")
        lists.append(payload[at : at + size].decode("latin-1"))
        at += size
    if at + 5 != len(payload):
        raise ProtocolError("not a KEXINIT")
    if not all(one.isascii() and (not one or one.isprintable()) for one in lists):
        raise ProtocolError("names are ASCII")  # RFC 4251 section 6
    return KexInit(lists=tuple(lists), follows=bool(payload[at]))


def host_key(payload: bytes) -> tuple[str, str]:
    """(type, SHA-256 as OpenSSH prints it) of the host key at the start of a key exchange reply."""
    size = int.from_bytes(payload[1:5], "big")
    blob = payload[5 : 5 + size]
    named = int.from_bytes(blob[:4], "big")
    kind = blob[4 : 4 + named]
    if len(blob) != size or len(kind) != named or not 0 < named <= 64 or not kind.isascii():
        return "", ""
    digest = base64.b64encode(sha256(blob).digest()).decode().rstrip("=")
    return kind.decode("ascii"), f"SHA256:{digest}"


def agreed(client: str, server: str) -> str:
    """The first name of the client's list that the server's has too; empty for none."""
    known = set(server.split(","))
    return next((name for name in client.split(",") if name in known), "")


class Packets:
    """One side's packets until its NEWKEYS."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def push(self, data: bytes) -> None:
        """Take in what came."""
        self._held += data

    def next(self) -> bytes | None:
        """The next payload, or None. Raises ProtocolError where the lengths make no packet."""
        held = self._held
        if len(held) < 5:
            return None
        length = int.from_bytes(held[:4], "big")
        padding = held[4]
        if not 2 + padding <= length <= MAX_PACKET or padding < 4:
            raise ProtocolError("not an SSH packet")
        if len(held) < 4 + length:
            return None
        payload = bytes(held[5 : 4 + length - padding])
        del held[: 4 + length]
        return payload

    def rest(self) -> bytes:
        """What follows the packets taken so far."""
        found = bytes(self._held)
        self._held.clear()
        return found
