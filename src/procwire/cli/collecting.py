"""How often the interpreter looks for reference cycles while a file is read.

A flow and what hangs on it form no cycle: they are freed when the flow has ended. Looking for cycles among
them finds nothing and takes an eighth of the whole time, so it is done seldom; not never, since a parser may
be anybody's. What is loaded when the reading begins stays to its end, and is not looked at again.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

ALLOCATIONS = 100_000  # containers made and not freed between two looks at the young; 700 is the default
ROUNDS = (20, 100)  # of these until the middle-aged are looked at, and of those until all are


@contextmanager
def seldom() -> Iterator[None]:
    """Look for cycles seldom until the end of the block."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, *ROUNDS)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
