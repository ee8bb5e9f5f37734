"""NTLM inside other protocols: who logs in, from where, and what the server says it is ([MS-NLMP] 2.2.1).

Finds the message by its signature, so the wrapping (SPNEGO, raw) does not matter. The challenge and the
responses, from which passwords can be guessed, are passed over.
"""

from __future__ import annotations

import msgspec

from procwire.dpi.wire.text import plain, utf16

SIGNATURE = b"NTLMSSP\0"
_UNICODE = 0x1
_VERSION = 0x02000000
_TARGET = {1: "server", 2: "domain", 3: "dns_name", 4: "dns_domain"}  # section 2.2.2.1
# Mechanisms of SPNEGO by the bytes of their identifiers (RFC 4178, RFC 4121 and Microsoft's older one).
_KERBEROS = (b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02", b"\x2a\x86\x48\x82\xf7\x12\x01\x02\x02")


class Ntlm(msgspec.Struct, kw_only=True):
    """What one message says; ``kind`` is negotiate, challenge or authenticate."""

    kind: str
    user: str = ""
    domain: str = ""
    host: str = ""
    server: str = ""
    dns_name: str = ""
    dns_domain: str = ""
    version: str = ""


def mechanism(blob: bytes) -> str:
    """``ntlm``, ``kerberos`` or empty, for a security blob."""
    if SIGNATURE in blob:
        return "ntlm"
    return "kerberos" if any(one in blob for one in _KERBEROS) else ""


def find(blob: bytes) -> Ntlm | None:
    """The first message in a blob, as far as it can be read."""
    at = blob.find(SIGNATURE)
    if at < 0 or at + 12 > len(blob):
        return None
    data = blob[at:]
    kind = int.from_bytes(data[8:12], "little")
    if kind == 1:
        return Ntlm(kind="negotiate", version=_version(data, 12, 32))
    if kind == 2:
        return _challenge(data)
    return _authenticate(data) if kind == 3 else None


def _field(data: bytes, at: int) -> bytes:
    """A payload by its length and offset (section 2.2.1.1)."""
    size, start = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 4 : at + 8], "little")
    return data[start : start + size]


def _flags(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _version(data: bytes, flags_at: int, at: int) -> str:
    """Major, minor and build of the sender's system (section 2.2.2.10)."""
    if not _flags(data, flags_at) & _VERSION or at + 4 > len(data):
        return ""
    return f"{data[at]}.{data[at + 1]}.{int.from_bytes(data[at + 2 : at + 4], 'little')}"


def _challenge(data: bytes) -> Ntlm:
    found = Ntlm(kind="challenge", version=_version(data, 20, 48))
    info = _field(data, 40)
    at = 0
    while at + 4 <= len(info):
        kind, size = (
            int.from_bytes(info[at : at + 2], "little"),
            int.from_bytes(info[at + 2 : at + 4], "little"),
        )
        if kind == 0:
            break
        if kind in _TARGET:
            setattr(found, _TARGET[kind], utf16(info[at + 4 : at + 4 + size]))
        at += 4 + size
    return found


def _authenticate(data: bytes) -> Ntlm:
    read = utf16 if _flags(data, 60) & _UNICODE else plain
    return Ntlm(
        kind="authenticate",
        domain=read(_field(data, 28)),
        user=read(_field(data, 36)),
        host=read(_field(data, 44)),
        version=_version(data, 60, 64),
    )
