"""The program that tells what a control group receives, before it has arrived (bpf/received.bpf.c).

It ends with the filter that it is put into, whoever loaded it: the filter is written down, and taken away by
whoever restores. Needs BTF, libbpf, CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from pathlib import Path

from procwire.bpf.libbpf import BpfError
from procwire.bpf.loader import Object, read_object
from procwire.shaping import groups
from procwire.shaping.codec import filters
from procwire.shaping.codec.actions import Mirred
from procwire.shaping.codec.filters import Bpf
from procwire.shaping.failure import ShapingError
from procwire.shaping.namespace import GoneError
from procwire.shaping.plan import CATCH_NAME

OBJECT, PROGRAM, MAP = "received", "received", "target"
_TARGET = struct.Struct("=QII")  # struct target of received.bpf.c


@contextlib.contextmanager
def program(group: str, priority: int) -> Iterator[int]:
    """The descriptor of the program for a control group, for as long as it takes to put it into a filter.
    Raises GoneError, ShapingError.
    """
    try:
        meant = Path(groups.root() + group).stat().st_ino  # which is its id (cgroup_id, Linux 5.5)
    except OSError:
        raise GoneError(f"there is no control group {group}") from None
    try:
        with Object(read_object(OBJECT)) as loaded:
            loaded.load()
            loaded.map(MAP, _TARGET.size).put(bytes(4), _TARGET.pack(meant, priority, 0))
            yield loaded.program_descriptor(PROGRAM)
    except BpfError as error:
        raise ShapingError(f"what {group} receives cannot be told apart: {error.strerror}") from None


def why_not() -> str:
    """Why what a control group receives cannot be told apart here; empty where it can."""
    try:
        with program("/", 0):
            return ""
    except ShapingError as error:
        return str(error)


def options(descriptor: int, ifb: int) -> bytes:
    """The filter that leads what the program matches to an ifb."""
    made = Bpf(name=CATCH_NAME, descriptor=descriptor, direct=False, actions=(Mirred(ifb),))
    return filters.encode_bpf(made)
