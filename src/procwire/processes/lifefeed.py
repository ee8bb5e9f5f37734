"""Where forks, execs and exits are heard of: the programs in the kernel, else its process connector.

``open_feed`` tries them in this order; the reason for the second is kept in ``problem``.
"""

from __future__ import annotations

import os
import struct
from typing import Protocol

from procwire.bpf import lifecycle, probe
from procwire.bpf.libbpf import BpfError
from procwire.bpf.lifecycle import Event
from procwire.bpf.loader import Object, read_object
from procwire.bpf.mailbox import Mailbox
from procwire.bpf.records import COOKIE, total
from procwire.processes.connector import Connector

OBJECT = "lifecycle"
SOURCE = "bpf"


class Feed(Protocol):
    """Something that hears of processes."""

    source: str

    @property
    def lost(self) -> int:
        """Events, or times, that were too much."""

    def poll(self, seconds: float) -> list[Event]:
        """What has happened, waiting for it so long. Raises OSError."""

    def close(self) -> None:
        """Stop."""


class KernelFeed:
    """By programs in the kernel. Raises BpfError when they cannot run here."""

    source = SOURCE

    def __init__(self, *, content: bytes | None = None) -> None:
        self._object = Object(content if content is not None else read_object(OBJECT))
        try:
            self._object.load()
            self._mailbox = Mailbox(self._object.library, self._object.map("events", 1).descriptor)
            self._object.attach()
        except BpfError:
            self._object.close()
            raise

    @property
    def lost(self) -> int:
        """Events that found the buffer full."""
        possible = max(
            os.sysconf("SC_NPROCESSORS_CONF"), self._object.library.ask("libbpf_num_possible_cpus")
        )
        value = self._object.map("lost", COOKIE.size * possible).get(struct.pack("=I", 0))
        return total(value or b"")

    def poll(self, seconds: float) -> list[Event]:
        """See Feed."""
        found = (lifecycle.unpack(data) for data in self._mailbox.poll(seconds))
        return [event for event in found if event is not None]

    def close(self) -> None:
        """Detach the programs."""
        self._mailbox.close()
        self._object.close()


def open_feed(*, content: bytes | None = None) -> tuple[Feed, str]:
    """The best feed that there is, and why it is not the first. Raises OSError when there is none."""
    try:
        return KernelFeed(content=content), ""
    except BpfError as error:
        problem = probe.explained(error, OBJECT)
    try:
        return Connector(), problem
    except OSError as error:
        raise OSError(
            error.errno or 0, f"{problem}; the process connector: {error.strerror or error}"
        ) from None
