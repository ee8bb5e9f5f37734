"""QUIC packet protection behind the handshake: header protection, packet numbers, AEAD, key phases.

RFC 9001 sections 5 and 6, RFC 9369 section 3.3 (other labels). One ``PacketCipher`` is one direction of one
encryption level. A packet that does not open is None: it may be spoofed, damaged or from an earlier key, and
changes nothing.
"""

from __future__ import annotations

from typing import Any

import msgspec

from procwire.decrypt.ciphers import aead_of
from procwire.decrypt.schedule import Secretive, expand_label, next_secret
from procwire.decrypt.suites import CHACHA, Suite
from procwire.decrypt.vault import Secret, Vault
from procwire.dpi.wire._quic_names import V2

SAMPLE_BYTES = 16
MAX_NUMBER_BYTES = 4
LONG_BITS, SHORT_BITS = 0x0F, 0x1F  # of the first byte under header protection
KEY_PHASE = 0x04


class Opened(msgspec.Struct, frozen=True):
    """A packet from inside. ``first`` is its first byte without protection."""

    first: int
    number: int
    frames: bytes


class _Keys:
    """AEAD and IV of one key phase."""

    __slots__ = ("_held", "decrypt", "iv")

    def __init__(self, suite: Suite, secret: Secretive, vault: Vault, prefix: str) -> None:
        self._held = vault.keep(expand_label(suite.digest, secret, f"{prefix} key", suite.key_bytes))
        self.decrypt = aead_of(suite, self._held).decrypt
        self.iv = int.from_bytes(expand_label(suite.digest, secret, f"{prefix} iv", 12), "big")


class PacketCipher:
    """See the module. ``phases`` counts key updates that were followed."""

    def __init__(self, suite: Suite, secret: Secretive, vault: Vault, version: int) -> None:
        from cryptography.exceptions import InvalidTag

        self._suite = suite
        self._vault = vault
        self._prefix = "quicv2" if version == V2 else "quic"
        self._secret = vault.keep(bytearray(secret))
        self._invalid = InvalidTag
        self._keys = _Keys(suite, secret, vault, self._prefix)
        self._before: _Keys | None = None  # of the phase before: packets that came late
        self._ahead: tuple[Secret, _Keys] | None = None  # of the next, once a packet claims to be of it
        self._phase = 0
        self._phase_start = 0  # lowest packet number of the phase
        self._protection = vault.keep(
            expand_label(suite.digest, secret, f"{self._prefix} hp", suite.key_bytes)
        )
        self._ecb: Any = None if suite.kind == CHACHA else _ecb(self._protection.view)
        self.largest = -1
        self.phases = 0

    def open(self, data: bytes, start: int, at: int, end: int) -> Opened | None:
        """The packet at ``start`` whose number stands at ``at`` and whose last byte is before ``end``."""
        if end - at < MAX_NUMBER_BYTES + SAMPLE_BYTES:
            return None
        sample = data[at + MAX_NUMBER_BYTES : at + MAX_NUMBER_BYTES + SAMPLE_BYTES]
        mask = self._ecb.update(sample) if self._ecb is not None else _chacha(self._protection.view, sample)
        long = data[start] & 0x80
        first = data[start] ^ (mask[0] & (LONG_BITS if long else SHORT_BITS))
        length = (first & 3) + 1
        number = int.from_bytes(data[at : at + length], "big") ^ int.from_bytes(mask[1 : 1 + length], "big")
        header = bytes([first]) + data[start + 1 : at] + number.to_bytes(length, "big")
        full = full_number(number, 8 * length, self.largest)
        sealed = data[at + length : end]
        frames = self._opened(0 if long else int(bool(first & KEY_PHASE)), full, sealed, header)
        if frames is None:
            return None
        self.largest = max(self.largest, full)
        return Opened(first, full, frames)

    def _opened(self, phase: int, number: int, sealed: bytes, header: bytes) -> bytes | None:
        if phase == self._phase:
            return self._decrypted(self._keys, number, sealed, header)
        if self._before is not None and number < self._phase_start:
            return self._decrypted(self._before, number, sealed, header)
        secret, keys = self._ahead = self._ahead or self._following()
        frames = self._decrypted(keys, number, sealed, header)
        if frames is not None:
            self._before, self._keys, self._secret, self._ahead = self._keys, keys, secret, None
            self._phase, self._phase_start = phase, number
            self.phases += 1
        return frames

    def _following(self) -> tuple[Secret, _Keys]:
        """The next phase's keys: made once, however many forged packets claim to be of it."""
        secret = self._vault.keep(
            next_secret(self._suite.digest, self._secret.view, label=f"{self._prefix} ku")
        )
        return secret, _Keys(self._suite, secret.view, self._vault, self._prefix)

    def _decrypted(self, keys: _Keys, number: int, sealed: bytes, header: bytes) -> bytes | None:
        try:
            frames: bytes = keys.decrypt((keys.iv ^ number).to_bytes(12, "big"), sealed, header)
        except (self._invalid, ValueError):
            return None
        return frames


def full_number(number: int, bits: int, largest: int) -> int:
    """The whole packet number from its low bits (RFC 9000 appendix A.3)."""
    window = 1 << bits
    expected = largest + 1
    candidate = (expected & ~(window - 1)) | number
    if candidate <= expected - window // 2 and candidate < (1 << 62) - window:
        return candidate + window
    if candidate > expected + window // 2 and candidate >= window:
        return candidate - window
    return candidate


def _ecb(key: memoryview) -> Any:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    return Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - RFC 9001 section 5.4.3


def _chacha(key: memoryview, sample: bytes) -> bytes:
    """RFC 9001 section 5.4.4: the sample is the block counter and the nonce."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

    return bytes(Cipher(algorithms.ChaCha20(key, sample), None).encryptor().update(bytes(5)))
