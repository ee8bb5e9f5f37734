"""BLAKE3 and Ed25519 in plain Python, for a verifier that must run where nothing is installed.

The installed libraries are used where there are some. Nothing secret passes through here, so it does not
matter that the time it takes depends on the data. Sources: the BLAKE3 paper, section 2; RFC 8032 section 5.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
STEPS = (*COLUMNS, (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
M32 = 0xFFFFFFFF


def compress(value: tuple[int, ...], block: bytes, counter: int, size: int, flags: int) -> tuple[int, ...]:
    """One compression of BLAKE3: eight words out."""
    m = [int.from_bytes(block[at : at + 4], "little") for at in range(0, 64, 4)]
    v = [*value, *IV[:4], counter & M32, counter >> 32, size, flags]
    for _ in range(7):
        for at, (a, b, c, d) in enumerate(STEPS):
            for word, first, second in ((m[2 * at], 16, 12), (m[2 * at + 1], 8, 7)):
                v[a] = (v[a] + v[b] + word) & M32
                mixed = v[d] ^ v[a]
                v[d] = (mixed >> first | mixed << 32 - first) & M32
                v[c] = (v[c] + v[d]) & M32
                mixed = v[b] ^ v[c]
                v[b] = (mixed >> second | mixed << 32 - second) & M32
        m = [m[place] for place in ORDER]
    return tuple(v[at] ^ v[at + 8] for at in range(8))


def slow_blake3(data: bytes) -> bytes:
    """BLAKE3, 32 bytes, in plain Python."""
    words = _subtree(data, 0, 8)
    return b"".join(word.to_bytes(4, "little") for word in words)


def _subtree(data: bytes, counter: int, root: int) -> tuple[int, ...]:
    if len(data) <= 1024:
        value: tuple[int, ...] = IV
        blocks = [data[at : at + 64] for at in range(0, len(data), 64)] or [b""]
        for at, block in enumerate(blocks):
            flags = (at == 0) | (2 | root if at == len(blocks) - 1 else 0)
            value = compress(value, block.ljust(64, b"\0"), counter, len(block), flags)
        return value
    half = 1 << ((len(data) - 1) // 1024).bit_length() - 1
    left = _subtree(data[: half * 1024], counter, 0)
    right = _subtree(data[half * 1024 :], counter + half, 0)
    block = b"".join(word.to_bytes(4, "little") for word in left + right)
    return compress(IV, block, 0, 64, 4 | root)


P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]


def add(one: Point, other: Point) -> Point:
    """The sum of two points (RFC 8032 section 5.1.4)."""
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor: int, point: Point) -> Point:
    """A multiple of a point."""
    total: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def point(data: bytes) -> Point | None:
    """A point from its 32 bytes (section 5.1.3), None where it is none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - squared) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def slow_ed25519(key: bytes, data: bytes, signature: bytes) -> bool:
    """Whether a signature is right (section 5.1.7), in plain Python."""
    ours, theirs = point(key), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if ours is None or theirs is None or len(signature) != 64 or s >= Q:
        return False
    ground = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    assert ground is not None  # the base point
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + data).digest(), "little") % Q
    left, right = times(s, ground), add(theirs, times(h, ours))
    return all((left[at] * right[2] - right[at] * left[2]) % P == 0 for at in (0, 1))


def fast_blake3() -> Callable[[bytes], bytes]:
    """The installed one, or ours."""
    try:
        from blake3 import blake3
    except ImportError:
        return slow_blake3
    return lambda data: blake3(data).digest()


def ed25519(key: bytes, data: bytes, signature: bytes) -> bool:
    """The installed one, or ours."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return slow_ed25519(key, data, signature)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
