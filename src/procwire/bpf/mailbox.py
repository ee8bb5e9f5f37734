"""What programs put into a ring buffer, as bytes, in order (BPF_MAP_TYPE_RINGBUF, Linux 5.8)."""

from __future__ import annotations

import ctypes
import errno

from procwire.bpf.libbpf import BpfError, Library

_TAKE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
MAX_TAKEN = 65536  # records of one poll; more stay in the buffer


class Mailbox:
    """Reads one ring buffer by its map's descriptor. For one thread."""

    def __init__(self, library: Library, descriptor: int) -> None:
        self._library = library
        self._taken: list[bytes] = []
        self._callback = _TAKE(self._take)
        self._handle = library.call(
            "ring_buffer__new", descriptor, ctypes.cast(self._callback, ctypes.c_void_p), None, None
        )

    def poll(self, seconds: float) -> list[bytes]:
        """What has come, waiting for it so long. Raises BpfError; a signal ends the waiting."""
        result = self._library.ask("ring_buffer__poll", self._handle, max(0, int(seconds * 1000)))
        if result < 0 and result not in (-errno.EINTR, -errno.EAGAIN):
            raise BpfError(-result, "ring_buffer__poll")
        taken, self._taken = self._taken, []
        return taken

    def close(self) -> None:
        """Let the buffer go; the map stays its object's."""
        if self._handle:
            self._library.ask("ring_buffer__free", self._handle)
            self._handle = None

    def _take(self, _context: int, data: int, size: int) -> int:
        """A negative answer ends a poll after this record."""
        self._taken.append(ctypes.string_at(data, size))
        return -errno.EAGAIN if len(self._taken) >= MAX_TAKEN else 0
