# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The shape of a flow that no protocol took: the sizes of its first pieces, and how random the first one is.

What may be said of ciphertext and of the unknown without guessing; the flow stays unknown.
"""

from __future__ import annotations

import math
from typing import Any

import cython

if cython.compiled:
    from cython.cimports.libc.math import log2
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.model.flow import Flow

    log2 = math.log2

CONTENT = "content"  # flow.app_confidence
PIECES = 8  # sizes that are kept
SAMPLE_BYTES = 256  # of the first piece


def entropy(data: bytes) -> float:
    """Bits a byte (Shannon), of the bytes' own frequencies; 0 for none."""
    size: cython.int = len(data)
    counts = [0] * 256
    value: cython.uchar
    for value in data:
        counts[value] += 1
    total: cython.double = 0
    count: cython.int
    for count in counts:
        if count:
            total -= count * log2(count / cython.cast(cython.double, size))
    return total / size if size else 0.0


@cython.ccall
def shape(flow: Flow, opening: Any) -> Any:
    """Write it to the flow, unless content named one. ``opening``: an Opening, or None."""
    if opening is not None and opening.sizes and flow.app_confidence != CONTENT:
        flow.facts["first_sizes"] = tuple([f"{size:+d}" for size in opening.sizes])
        flow.facts["first_entropy"] = round(entropy(opening.start), 2)
    return None
