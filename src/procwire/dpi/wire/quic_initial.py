# cython: cdivision=True
"""QUIC Initial packets from inside: keys, header protection, decryption, CRYPTO frames in order.

RFC 9001 section 5, RFC 9369 section 3.3. An Initial packet's keys follow from what anybody on the path can
read: it is not secret, only protected against those off the path. A packet that does not decrypt is None: it
may be spoofed or broken and says nothing about the next one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cython

from procwire.dpi.wire._quic_names import RETRY_KEYS, SALTS, V2
from procwire.dpi.wire.quic_packet import LongPacket, varint
from procwire.model.digests import sha256

MAX_CRYPTO_BYTES = 65536  # of one side's CRYPTO stream; what stands behind is not kept
MAX_PIECES = 512  # pieces of the stream that wait for what is before them
MAX_FRAMES = 1024  # of one packet, padding not counted
SAMPLE_BYTES = 16
BLOCK_BYTES = 64  # of SHA-256
_INNER = bytes([byte ^ 0x36 for byte in range(256)])  # RFC 2104's pads, as tables
_OUTER = bytes([byte ^ 0x5C for byte in range(256)])

PADDING, PING, ACK, ACK_ECN, CRYPTO, CLOSE, CLOSE_APPLICATION = 0, 1, 2, 3, 6, 0x1C, 0x1D

GOOGLE_CRYPTO, GOOGLE_ACK = (
    8,
    0x40,
)  # of an ACK two bits alone say what it is, the others how long its parts are
MAX_GOOGLE_ACK = 32  # bytes in which the hello behind it is looked for
_PACKETS = cython.declare(cython.longlong, 1 << 62)  # packet numbers are below (RFC 9000 section 12.3)


def _label(text: str, length: int) -> bytes:
    label = b"tls13 " + text.encode()
    return length.to_bytes(2, "big") + bytes([len(label)]) + label + b"\0\1"  # HkdfLabel and HKDF's counter


LABELS = {
    prefix: tuple(
        _label(f"{prefix} {text}", length) for text, length in (("key", 16), ("iv", 12), ("hp", 16))
    )
    for prefix in ("quic", "quicv2")
}
_CLIENT = _label("client in", 32)
_SERVER = _label("server in", 32)


def _padded(secret: bytes) -> tuple[Any, Any]:
    """HMAC's two hashes (RFC 2104) begun with a secret of at most a block.

    ``hmac.digest`` looks its algorithm up anew in each call, which takes ten times as long.
    """
    block = secret.ljust(BLOCK_BYTES, b"\0")
    return sha256(block.translate(_INNER)), sha256(block.translate(_OUTER))


def _expand(inner: Any, outer: Any, label: bytes) -> bytes:
    one, other = inner.copy(), outer.copy()
    one.update(label)
    other.update(one.digest())
    return bytes(other.digest())


def expand(secret: bytes, label: bytes) -> bytes:
    """HKDF-Expand by one block of SHA-256; ``label`` is a whole HkdfLabel (RFC 8446 section 7.1)."""
    inner, outer = _padded(secret)
    return _expand(inner, outer, label)


def initial_secret(version: int, dcid: bytes, *, server: bool) -> bytes:
    """One side's Initial secret, of 32 bytes. Raises KeyError for a version without a known salt."""
    return expand(expand(SALTS[version], dcid), _SERVER if server else _CLIENT)


class _Ciphers:
    """What ``cryptography`` gives, imported when the first QUIC packet comes: that takes 30 ms."""

    def __init__(self) -> None:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.refused = InvalidTag
        self.aead = AESGCM
        self.cipher = Cipher
        self.aes = algorithms.AES
        self.block = modes.ECB()  # noqa: S305 - RFC 9001 section 5.4.3


@lru_cache(1)
def _ciphers() -> _Ciphers:
    return _Ciphers()


@cython.cclass
class Opener:
    """Decrypts one side's Initial packets. Raises KeyError for a version without a known salt."""

    largest = cython.declare(cython.longlong, visibility="public")  # packet number seen
    _aead: Any
    _iv: Any
    _mask: Any
    _refused: Any

    def __init__(self, version: int, dcid: bytes, *, server: bool) -> None:
        made = _ciphers()
        secret = initial_secret(version, dcid, server=server)
        inner, outer = _padded(secret)
        labels = LABELS["quicv2" if version == V2 else "quic"]
        key, iv, protection = [_expand(inner, outer, label) for label in labels]
        self._aead = made.aead(key[:16])
        self._iv = int.from_bytes(iv[:12], "big")
        self._mask = made.cipher(made.aes(protection[:16]), made.block).encryptor()
        self._refused = made.refused
        self.largest = -1

    def open(self, data: bytes, packet: LongPacket) -> bytes | None:
        """The frames of a packet; None where it does not decrypt."""
        at: cython.Py_ssize_t = packet.payload
        end: cython.Py_ssize_t = packet.end
        start: cython.Py_ssize_t = packet.start
        if at + 4 + SAMPLE_BYTES > end:
            return None
        mask: bytes = self._mask.update(data[at + 4 : at + 4 + SAMPLE_BYTES])
        first: cython.int = data[start] ^ (mask[0] & 0x0F)
        length: cython.Py_ssize_t = (first & 3) + 1
        number: cython.longlong = 0
        place: cython.Py_ssize_t
        for place in range(length):
            number = (number << 8) | (data[at + place] ^ mask[1 + place])
        header = bytes((first,)) + data[start + 1 : at] + number.to_bytes(length, "big")
        full: cython.longlong = self._full(number, 8 * length)
        nonce = (self._iv ^ full).to_bytes(12, "big")
        try:
            frames: bytes = self._aead.decrypt(nonce, data[at + length : end], header)
        except self._refused:
            return None
        self.largest = max(self.largest, full)
        return frames

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _full(self, number: cython.longlong, bits: cython.int) -> cython.longlong:
        """The whole packet number (RFC 9000 appendix A.3)."""
        window: cython.longlong = cython.cast(cython.longlong, 1) << bits
        expected: cython.longlong = self.largest + 1
        candidate: cython.longlong = (expected & ~(window - 1)) | number
        if candidate <= expected - window // 2 and candidate < _PACKETS - window:
            return candidate + window
        if candidate > expected + window // 2 and candidate >= window:
            return candidate - window
        return candidate


def retry_is_intact(data: bytes, packet: LongPacket, original: bytes) -> bool | None:
    """Does a Retry's integrity tag fit (RFC 9001 section 5.8)? None where the version's key is not known."""
    made = _ciphers()
    keys = RETRY_KEYS.get(packet.version)
    if keys is None:
        return None
    pseudo = bytes([len(original)]) + original + data[packet.start : packet.end - 16]
    try:
        made.aead(keys[0]).decrypt(keys[1], data[packet.end - 16 : packet.end], pseudo)
    except made.refused:
        return False
    return True


class CryptoStream:
    """One side's CRYPTO stream put in order. Memory is bounded by the bytes received, never by offsets."""

    __slots__ = ("_held", "_pieces", "_read", "data", "dropped")

    def __init__(self) -> None:
        self.data = bytearray()  # in order, from offset 0
        self._pieces: dict[int, bytes] = {}
        self._held = 0
        self._read = 0  # where the next message starts
        self.dropped = 0  # bytes that the bounds refused

    def add(self, offset: int, piece: bytes) -> None:
        """A frame's piece; the first copy of a byte stays. Call ``settle`` when a packet is done."""
        have = len(self.data)
        if offset + len(piece) <= have:
            return
        if offset + len(piece) > MAX_CRYPTO_BYTES:
            self.dropped += len(piece)
        elif offset <= have:
            self.data += piece[have - offset :]
        else:
            old = self._pieces.get(offset, b"")
            more = len(piece) - len(old)
            if more <= 0:
                return
            if len(self._pieces) >= MAX_PIECES or self._held + more > MAX_CRYPTO_BYTES:
                self.dropped += more
                return
            self._pieces[offset] = piece
            self._held += more

    def settle(self) -> None:
        """Take over the pieces that now follow on what is in order."""
        if not self._pieces:
            return
        for offset in sorted(self._pieces):
            have = len(self.data)
            if offset > have:
                break
            piece = self._pieces.pop(offset)
            self._held -= len(piece)
            if offset + len(piece) > have:
                self.data += piece[have - offset :]

    def next_message(self) -> tuple[int, bytes] | None:
        """The next handshake message, as (type, body), once it is whole; each is given once."""
        at = self._read
        if len(self.data) < at + 4:
            return None
        end = at + 4 + int.from_bytes(self.data[at + 1 : at + 4], "big")
        if len(self.data) < end:
            return None
        self._read = end
        return self.data[at], bytes(self.data[at + 4 : end])


def _skip_ack(frames: bytes, at: cython.Py_ssize_t, *, counts: bool) -> cython.Py_ssize_t:
    """The offset behind an ACK frame's fields (RFC 9000 section 19.3); -1 where it is cut."""
    _, at = varint(frames, at)
    _, at = varint(frames, at)
    ranges, at = varint(frames, at)
    if ranges < 0 or ranges > len(frames):
        return -1
    for _ in range(2 * ranges + 1 + (3 if counts else 0)):
        value, at = varint(frames, at)
        if value < 0:
            return -1
    return at


def read_frames(frames: bytes, stream: CryptoStream, *, google: bool = False) -> tuple[int, bytes] | None:
    """Put a packet's CRYPTO frames into the stream; returns (error, reason) of a CONNECTION_CLOSE.

    ``google``: its own versions number CRYPTO frames 8.

    Reading stops at the first frame that has no place in an Initial packet (RFC 9000 section 12.4) or is cut.
    """
    size: cython.Py_ssize_t = len(frames)
    at: cython.Py_ssize_t = 0
    kind: cython.int
    closed: tuple[int, bytes] | None = None
    for _ in range(MAX_FRAMES):
        kind = 0
        while at < size and kind == 0:  # padding
            kind = frames[at]
            at += 1
        if kind == 0:
            break
        if kind == CRYPTO or (google and kind == GOOGLE_CRYPTO):
            offset, behind = varint(frames, at)
            length, behind = varint(frames, behind)
            if offset < 0 or length < 0 or length > size - behind:
                break
            at = behind + length
            stream.add(offset, frames[behind:at])
        elif kind in (ACK, ACK_ECN):
            at = _skip_ack(frames, at, counts=kind == ACK_ECN)
            if at < 0:
                break
        elif google and kind & 0xC0 == GOOGLE_ACK:
            at = _behind_google_ack(frames, at)
            if at < 0:
                break
        elif kind in (CLOSE, CLOSE_APPLICATION):
            closed = _read_close(frames, at, kind)
            break
        elif kind != PING:
            break
    stream.settle()
    return closed


def _behind_google_ack(frames: bytes, at: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Where the hello stands behind an ACK of Google, whose parts differ in length by version; or -1."""
    place: cython.Py_ssize_t
    for place in range(at, min(at + MAX_GOOGLE_ACK, len(frames))):
        if frames[place] == GOOGLE_CRYPTO:
            offset, behind = varint(frames, place + 1)
            length, behind = varint(frames, behind)
            if offset == 0 and 4 < length <= len(frames) - behind:
                hello = frames[behind] in (1, 2)
                if hello and int.from_bytes(frames[behind + 1 : behind + 4], "big") == length - 4:
                    return place
    return -1


def _read_close(frames: bytes, at: int, kind: int) -> tuple[int, bytes] | None:
    error, at = varint(frames, at)
    if kind == CLOSE:
        _, at = varint(frames, at)
    length, at = varint(frames, at)
    if error < 0 or length < 0:
        return None
    return error, frames[at : at + length]
