# cython: language_level=3
"""Overwrite key material in place, also in a bytes object that nobody else holds.

A bytes object cannot be changed in Python, but what stands in it is ours to overwrite when nobody reads it
any more: compiled, through a pointer; uncompiled, through ctypes. What this cannot reach (copies made inside
OpenSSL, which wipes its own; pages that were written to a disk as swap) is told in docs/decryption.md.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    import ctypes

_HEADER_BYTES = bytes.__basicsize__ - 1  # of a bytes object before its content, CPython 3.11 to 3.14


def wipe(secret: bytes | bytearray | memoryview) -> None:
    """Fill with zeros. The empty bytes and those of one byte are shared by the interpreter and left alone."""
    if isinstance(secret, bytes):
        if len(secret) > 1:
            _wipe_bytes(secret)
        return
    view = memoryview(secret).cast("B")
    view[:] = bytes(len(view))


def _wipe_bytes(secret: bytes) -> None:
    size: cython.Py_ssize_t = len(secret)
    at: cython.Py_ssize_t
    if cython.compiled:
        place: cython.p_uchar = secret
        for at in range(size):
            place[at] = 0
    else:
        ctypes.memset(id(secret) + _HEADER_BYTES, 0, size)
