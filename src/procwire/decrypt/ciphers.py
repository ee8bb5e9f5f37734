# cython: language_level=3
"""Bulk ciphers of TLS records: a protected record in, its content type and plaintext out, or None.

One object is one direction under one key. ``number`` is the record's sequence number (DTLS: epoch and number
as one 64-bit word), ``header`` its first five bytes (type, version, length). None means that the record does
not authenticate: it is damaged, forged, or under another key; it says nothing about the next one.

TLS 1.3: RFC 8446 section 5.2. TLS 1.2: RFC 5246 section 6.2.3, GCM RFC 5288, CCM RFC 6655, ChaCha20 RFC 7905,
encrypt-then-MAC RFC 7366. Before: RFC 2246 and RFC 4346 section 6.2.3.
"""

from __future__ import annotations

import hmac
from typing import Any, Protocol

import cython
import msgspec

from procwire.decrypt.schedule import Secretive, expand_label, prf
from procwire.decrypt.suites import CBC, CCM, CHACHA, GCM, NULL, RC4, Suite
from procwire.decrypt.vault import Secret, Vault
from procwire.decrypt.wiping import wipe

TLS10, TLS11, TLS12 = 0x0301, 0x0302, 0x0303
EXPLICIT_BYTES = 8  # nonce bytes that stand in a TLS 1.2 GCM or CCM record

Opened = tuple[int, bytes]


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """What the hellos agreed on beside the suite, and where keys are kept."""

    vault: Vault
    mac_after: bool = False  # encrypt-then-MAC


class Keys:
    """One direction's keys of the key block."""

    __slots__ = ("_key", "iv", "mac_key")

    def __init__(self, key: Secret | None, iv: bytes, mac_key: Secret | None) -> None:
        self._key = key
        self.iv = iv
        self.mac_key = mac_key

    @property
    def key(self) -> Secret:
        """The cipher's key; a suite without one does not ask."""
        assert self._key is not None
        return self._key

    @property
    def mac_view(self) -> memoryview:
        """The MAC's key."""
        return self.mac_key.view if self.mac_key is not None else memoryview(b"")


class Cipher(Protocol):
    """Opens records of one direction under one key."""

    def open(self, number: int, header: bytes, body: bytes) -> Opened | None:
        """See the module."""


def aead_of(suite: Suite, key: Secret) -> Any:
    """The AEAD object of ``cryptography`` for a suite. It may go on reading the key where it stands."""
    from cryptography.hazmat.primitives.ciphers import aead

    if suite.kind == CHACHA:
        return aead.ChaCha20Poly1305(key.view)
    if suite.kind == CCM:
        return aead.AESCCM(key.view, tag_length=suite.tag_bytes)
    return aead.AESGCM(key.view)


@cython.cclass
class Modern:
    """TLS 1.3: the content type is inside, behind the plaintext and before zeros of padding."""

    _key: Secret
    _decrypt: Any
    _iv: Any
    _invalid: Any

    def __init__(self, suite: Suite, secret: Secretive, vault: Vault, *, prefix: str = "tls13 ") -> None:
        from cryptography.exceptions import InvalidTag

        self._key = vault.keep(expand_label(suite.digest, secret, "key", suite.key_bytes, prefix=prefix))
        self._decrypt = aead_of(suite, self._key).decrypt
        self._iv = int.from_bytes(expand_label(suite.digest, secret, "iv", 12, prefix=prefix), "big")
        self._invalid = InvalidTag

    def open(self, number: int, header: bytes, body: bytes) -> Opened | None:
        """See Cipher."""
        try:
            inner: bytes = self._decrypt((self._iv ^ number).to_bytes(12, "big"), body, header)
        except (self._invalid, ValueError):
            return None
        size: cython.Py_ssize_t = len(inner)
        while size and inner[size - 1] == 0:
            size -= 1
        return (inner[size - 1], inner[: size - 1]) if size else None


@cython.cclass
class Sealed:
    """TLS 1.2 with an AEAD: the nonce's second part stands in the record (GCM, CCM) or is its number."""

    _key: Secret
    _decrypt: Any
    _salt: bytes
    _explicit: cython.bint
    _overhead: cython.Py_ssize_t
    _invalid: Any

    def __init__(self, suite: Suite, keys: Keys) -> None:
        from cryptography.exceptions import InvalidTag

        self._key = keys.key
        self._decrypt = aead_of(suite, keys.key).decrypt
        self._salt = keys.iv
        self._explicit = suite.kind != CHACHA
        self._overhead = suite.tag_bytes + (EXPLICIT_BYTES if self._explicit else 0)
        self._invalid = InvalidTag

    def open(self, number: int, header: bytes, body: bytes) -> Opened | None:
        """See Cipher."""
        size: cython.Py_ssize_t = len(body) - self._overhead
        if size < 0:
            return None
        plain = self._opened(number, number.to_bytes(8, "big") + header[:3] + size.to_bytes(2, "big"), body)
        return None if plain is None else (header[0], plain)

    def open_named(self, number: int, header: bytes, body: bytes) -> Opened | None:
        """A record with a connection id (RFC 9146 section 5.3): its content type is inside, as in TLS 1.3.

        ``header``: type, version, epoch and number, connection id, length.
        """
        size: cython.Py_ssize_t = len(body) - self._overhead
        if size < 0:
            return None
        identity = header[11:-2]
        start = b"\xff" * 8 + header[:1] + bytes([len(identity)]) + header[:11] + identity
        inner = self._opened(number, start + size.to_bytes(2, "big"), body)
        inner = inner.rstrip(b"\0") if inner else None
        return (inner[-1], inner[:-1]) if inner else None

    def _opened(self, number: int, data: bytes, body: bytes) -> bytes | None:
        if self._explicit:
            nonce = self._salt + body[:EXPLICIT_BYTES]
            sealed: Any = memoryview(body)[EXPLICIT_BYTES:]
        else:
            nonce = (int.from_bytes(self._salt, "big") ^ number).to_bytes(12, "big")
            sealed = body
        try:
            plain: bytes = self._decrypt(nonce, sealed, data)
        except (self._invalid, ValueError):
            return None
        return plain


class Block:
    """A block cipher in CBC mode with a MAC, before or after encryption; before TLS 1.1 chained."""

    def __init__(self, suite: Suite, version: int, keys: Keys, *, mac_after: bool) -> None:
        self._suite = suite
        self._keys = keys
        self._algorithm = _block_algorithm(suite, keys.key)
        self._chained = version <= TLS10
        self._iv = keys.iv
        self._mac_after = mac_after
        self._mac_bytes = len(hmac.digest(b"", b"", suite.mac))

    def open(self, number: int, header: bytes, body: bytes) -> Opened | None:
        """See Cipher."""
        sealed = body
        if self._mac_after:
            sealed, tag = body[: -self._mac_bytes], body[-self._mac_bytes :]
            if not self._fits(number, header, sealed, tag):
                return None
        plain = self._decrypted(sealed)
        if plain is None:
            return None
        pad = plain[-1] + 1
        if pad > len(plain) or plain[-pad:] != bytes([pad - 1]) * pad:
            return None
        plain = plain[:-pad]
        if not self._mac_after:
            if len(plain) < self._mac_bytes:
                return None
            plain, tag = plain[: -self._mac_bytes], plain[-self._mac_bytes :]
            if not self._fits(number, header, plain, tag):
                return None
        return header[0], plain

    def _fits(self, number: int, header: bytes, content: bytes, tag: bytes) -> bool:
        data = number.to_bytes(8, "big") + header[:3] + len(content).to_bytes(2, "big") + content
        return hmac.compare_digest(hmac.digest(self._keys.mac_view, data, self._suite.mac), tag)

    def _decrypted(self, sealed: bytes) -> bytes | None:
        from cryptography.hazmat.primitives.ciphers import Cipher as Machine
        from cryptography.hazmat.primitives.ciphers import modes

        size = self._suite.block_bytes
        iv = self._iv
        if not self._chained:
            iv, sealed = sealed[:size], sealed[size:]
        if not sealed or len(sealed) % size:
            return None
        machine = Machine(self._algorithm, modes.CBC(iv)).decryptor()
        if self._chained:
            self._iv = sealed[-size:]
        return bytes(machine.update(sealed)) + bytes(machine.finalize())


class Stream:
    """RC4 or no cipher at all, with a MAC. RC4's state goes on over records: one that is lost ends it."""

    def __init__(self, suite: Suite, keys: Keys) -> None:
        self._suite = suite
        self._keys = keys
        self._mac_bytes = len(hmac.digest(b"", b"", suite.mac))
        self._machine: Any = None
        if suite.kind == RC4:
            from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
            from cryptography.hazmat.primitives.ciphers import Cipher as Machine

            key: Any = keys.key.view  # a buffer is taken, though only bytes are declared
            self._machine = Machine(ARC4(key), None).decryptor()

    def open(self, number: int, header: bytes, body: bytes) -> Opened | None:
        """See Cipher."""
        plain = bytes(self._machine.update(body)) if self._machine is not None else body
        if len(plain) < self._mac_bytes:
            return None
        plain, tag = plain[: -self._mac_bytes], plain[-self._mac_bytes :]
        data = number.to_bytes(8, "big") + header[:3] + len(plain).to_bytes(2, "big") + plain
        if not hmac.compare_digest(hmac.digest(self._keys.mac_view, data, self._suite.mac), tag):
            return None
        return header[0], plain


def _block_algorithm(suite: Suite, key: Secret) -> Any:
    from cryptography.hazmat.primitives.ciphers import algorithms

    view: Any = key.view  # a buffer is taken, though only bytes are declared
    if suite.block == "aes":
        return algorithms.AES(view)
    from cryptography.hazmat.decrepit.ciphers import algorithms as old

    return old.Camellia(view) if suite.block == "camellia" else old.TripleDES(view)


def legacy_pair(
    suite: Suite, version: int, master: Secretive, randoms: tuple[bytes, bytes], how: Agreed
) -> tuple[Cipher, Cipher]:
    """The ciphers of client and server up to TLS 1.2, from the master secret (RFC 5246 section 6.3).

    ``randoms``: client's, server's.
    """
    mac = len(hmac.digest(b"", b"", suite.mac)) if suite.mac else 0
    iv = suite.iv_bytes if suite.kind in (GCM, CCM, CHACHA) or version <= TLS10 else 0
    size = 2 * (mac + suite.key_bytes + iv)
    block = prf(version, suite.digest, master, b"key expansion" + randoms[1] + randoms[0], size)
    keys = 2 * mac + 2 * suite.key_bytes

    def part(start: int, length: int) -> Secret | None:
        return how.vault.keep(block[start : start + length]) if length else None

    def ours(side: int) -> Cipher:
        mac_key = part(side * mac, mac)
        key = part(2 * mac + side * suite.key_bytes, suite.key_bytes)
        fixed = bytes(bytearray(block[keys + side * iv : keys + (side + 1) * iv]))
        return _legacy(suite, version, Keys(key, fixed, mac_key), how)

    pair = ours(0), ours(1)
    wipe(block)
    return pair


def _legacy(suite: Suite, version: int, keys: Keys, how: Agreed) -> Cipher:
    if suite.kind == CBC:
        return Block(suite, version, keys, mac_after=how.mac_after)
    if suite.kind in (RC4, NULL):
        return Stream(suite, keys)
    return Sealed(suite, keys)
