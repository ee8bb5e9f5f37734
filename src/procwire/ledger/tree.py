"""The Merkle tree of RFC 9162 section 2.1 over records: roots, inclusion and consistency proofs.

Every whole subtree has its node kept once, level by level, so that a proof of a million records reads about
twenty nodes. Where nodes are kept is the caller's: ``Nodes`` keeps them in memory. Nothing here reads a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol

DIGEST_BYTES = 32
LEAF, NODE = b"\x00", b"\x01"  # RFC 9162 section 2.1.1

Hash = Callable[[bytes], bytes]


class LedgerError(Exception):
    """The room's error: a ledger that cannot be read, written or proved; one line."""


def sha256(data: bytes) -> bytes:
    """SHA-256, what verifiers of other makers read."""
    return hashlib.sha256(data).digest()


def blake3(data: bytes) -> bytes:
    """BLAKE3 of 32 bytes (https://github.com/BLAKE3-team/BLAKE3-specs)."""
    from blake3 import blake3 as made

    digest: bytes = made(data).digest()
    return digest


HASHES: dict[str, Hash] = {"sha256": sha256, "blake3": blake3}


class Store(Protocol):
    """Where the nodes of whole subtrees are: ``level`` 0 holds the leaves."""

    def add(self, level: int, digest: bytes) -> None:
        """The next node of a level."""

    def get(self, level: int, index: int) -> bytes:
        """A node that was added."""


class Nodes:
    """Nodes in memory: 64 bytes a record."""

    def __init__(self) -> None:
        self._levels: list[bytearray] = []

    def add(self, level: int, digest: bytes) -> None:
        """See Store."""
        if level == len(self._levels):
            self._levels.append(bytearray())
        self._levels[level] += digest

    def get(self, level: int, index: int) -> bytes:
        """See Store."""
        at = index * DIGEST_BYTES
        return bytes(self._levels[level][at : at + DIGEST_BYTES])


class Tree:
    """A tree that grows. ``size`` says how many leaves the nodes hold already."""

    def __init__(self, nodes: Store, hashed: Hash = sha256, size: int = 0) -> None:
        self._nodes = nodes
        self._hash = hashed
        self.size = size
        self._edge = [nodes.get(level, index) for level, index in whole(0, size)]

    def add(self, record: bytes) -> bytes:
        """Take in the next record; returns the hash of its leaf."""
        leaf = digest = self._hash(LEAF + record)
        self._nodes.add(0, digest)
        level, full = 0, self.size
        while full & 1:
            digest = self._hash(NODE + self._edge.pop() + digest)
            level += 1
            full >>= 1
            self._nodes.add(level, digest)
        self._edge.append(digest)
        self.size += 1
        return leaf

    def root(self, size: int | None = None) -> bytes:
        """The root over the first ``size`` records, or all. Raises LedgerError beyond the end."""
        size = self.size if size is None else self._within(size)
        if size == self.size:
            return folded(self._edge, self._hash)
        return folded([self._nodes.get(*place) for place in whole(0, size)], self._hash)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The audit path of a record (RFC 9162 section 2.1.3.1)."""
        size = self.size if size is None else self._within(size)
        if not 0 <= index < size:
            raise LedgerError(f"record {index} is not among the first {size}")
        path, start, end = [], 0, size
        while end - start > 1:
            middle = start + split(end - start)
            if index < middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """The proof that the tree of ``old`` records is a beginning of the newer one (section 2.1.4.1)."""
        new = self.size if new is None else self._within(new)
        if not 0 <= old <= new:
            raise LedgerError(f"a ledger of {old} records is no beginning of one of {new}")
        if old in {0, new}:
            return []
        path, start, end, known = [], 0, new, True
        while old - start != end - start:
            middle = start + split(end - start)
            if old <= middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start, known = middle, False
        if not known:
            path.append(self._range(start, end))
        return path[::-1]

    def _range(self, start: int, end: int) -> bytes:
        return folded([self._nodes.get(*place) for place in whole(start, end)], self._hash)

    def _within(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise LedgerError(f"{size} records are asked for, the ledger holds {self.size}")
        return size


def split(size: int) -> int:
    """The largest power of two below ``size``, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1


def whole(start: int, end: int) -> list[tuple[int, int]]:
    """(level, index) of the whole subtrees in a range, which starts at a multiple of its size."""
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def folded(digests: Sequence[bytes], hashed: Hash) -> bytes:
    """The root over neighbouring subtrees, the largest first."""
    if not digests:
        return hashed(b"")
    digest = digests[-1]
    for left in digests[-2::-1]:
        digest = hashed(NODE + left + digest)
    return digest


def shows_inclusion(
    record: tuple[int, bytes], size: int, path: Sequence[bytes], root: bytes, hashed: Hash = sha256
) -> bool:
    """Whether a path shows that (index, leaf hash) is in the tree of ``size`` (section 2.1.3.2)."""
    index, digest = record
    if not 0 <= index < size or len(digest) != DIGEST_BYTES:
        return False
    last = size - 1
    for step in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            digest = hashed(NODE + step + digest)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            digest = hashed(NODE + digest + step)
        index, last = index >> 1, last >> 1
    return last == 0 and digest == root


def shows_consistency(
    old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes], hashed: Hash = sha256
) -> bool:
    """Whether a path shows that the tree (size, root) ``old`` is a beginning of ``new`` (section 2.1.4.2)."""
    (first, first_root), (second, second_root) = old, new
    if first == second:
        return not path and first_root == second_root and (first > 0 or first_root == hashed(b""))
    if not 0 < first < second:  # of an empty beginning there is nothing to show
        return False
    steps = list(path) if first & (first - 1) else [first_root, *path]
    if not steps:
        return False
    index, last = first - 1, second - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    small = large = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            small, large = hashed(NODE + step + small), hashed(NODE + step + large)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            large = hashed(NODE + large + step)
        index, last = index >> 1, last >> 1
    return last == 0 and small == first_root and large == second_root
