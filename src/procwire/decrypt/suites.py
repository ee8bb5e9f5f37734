"""What a cipher suite asks of a record's protection, read from its registered name.

A suite whose cipher is not listed here is not decrypted, and its name is the reason that is given.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from procwire.dpi.wire._tls_cipher_names import CIPHERS

GCM, CCM, CHACHA, CBC, NULL, RC4 = "gcm", "ccm", "chacha", "cbc", "null", "rc4"

_MACS = {"SHA": "sha1", "SHA256": "sha256", "SHA384": "sha384", "MD5": "md5"}
_AEAD = re.compile(r"AES_(128|256)_(GCM|CCM_8|CCM)(?:_(SHA256|SHA384))?\Z")
_BLOCK = re.compile(r"(AES_128|AES_256|3DES_EDE|CAMELLIA_128|CAMELLIA_256)_CBC_(SHA|SHA256|SHA384|MD5)\Z")
_STREAM = re.compile(r"(RC4_128|NULL)_(SHA|SHA256|SHA384|MD5)\Z")
_BLOCKS = {
    "AES_128": ("aes", 16, 16), "AES_256": ("aes", 32, 16), "3DES_EDE": ("3des", 24, 8),
    "CAMELLIA_128": ("camellia", 16, 16), "CAMELLIA_256": ("camellia", 32, 16),
}  # fmt: skip


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """How records of a suite are protected. ``digest`` is that of the key derivation."""

    name: str
    kind: str
    key_bytes: int
    iv_bytes: int  # of the key block: the fixed part of an AEAD's nonce, a block cipher's IV before TLS 1.1
    digest: str
    tag_bytes: int = 16
    block: str = ""  # aes, 3des, camellia
    block_bytes: int = 16
    mac: str = ""


@lru_cache(maxsize=256)
def suite_of(number: int) -> Suite | None:
    """The suite of a registered number; None where its records cannot be read here."""
    name = CIPHERS.get(number, "")
    cipher = name.partition("_WITH_")[2] or name.removeprefix("TLS_")
    tls13 = "_WITH_" not in name
    if "CHACHA20_POLY1305" in cipher:
        return Suite(name=name, kind=CHACHA, key_bytes=32, iv_bytes=12, digest="sha256")
    if found := _AEAD.match(cipher):
        bits, mode, digest = found.groups()
        return Suite(
            name=name,
            kind=GCM if mode == "GCM" else CCM,
            key_bytes=int(bits) // 8,
            iv_bytes=12 if tls13 else 4,
            digest=(digest or "SHA256").lower(),
            tag_bytes=8 if mode == "CCM_8" else 16,
        )
    if found := _BLOCK.match(cipher):
        block, key_bytes, block_bytes = _BLOCKS[found[1]]
        return Suite(
            name=name,
            kind=CBC,
            key_bytes=key_bytes,
            iv_bytes=block_bytes,
            digest="sha384" if found[2] == "SHA384" else "sha256",
            block=block,
            block_bytes=block_bytes,
            mac=_MACS[found[2]],
        )
    if found := _STREAM.match(cipher):
        kind, key_bytes = (NULL, 0) if found[1] == "NULL" else (RC4, 16)
        digest = "sha384" if found[2] == "SHA384" else "sha256"
        return Suite(
            name=name, kind=kind, key_bytes=key_bytes, iv_bytes=0, digest=digest, mac=_MACS[found[2]]
        )
    return None
