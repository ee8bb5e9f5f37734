"""Tunnels (TUN): an interface whose packets this process reads and writes.

The interface is there as long as its descriptor is: however the process ends, the kernel takes the interface
away, and with it its addresses and routes. Packets are plain IP, of the interface's MTU at most: no offload
packs several into one, so each is lost, delayed and counted for itself.
"""

from __future__ import annotations

import fcntl
import os
import struct

from procwire.shaping.failure import ShapingError

DEVICE = "/dev/net/tun"
READ_BYTES = 65536
_SET_INTERFACE = 0x400454CA  # TUNSETIFF
_TUN, _NO_PACKET_INFO = 0x0001, 0x1000
_REQUEST = struct.Struct("16sH22x")  # struct ifreq


class Tunnel:
    """One tunnel, in the namespace of the thread that makes it."""

    def __init__(self, pattern: str) -> None:
        try:
            self.descriptor = os.open(DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise ShapingError(f"{DEVICE}: {error.strerror}: tunnels are needed (CONFIG_TUN, root)") from None
        request = _REQUEST.pack(pattern.encode(), _TUN | _NO_PACKET_INFO)
        try:
            answer = fcntl.ioctl(self.descriptor, _SET_INTERFACE, request)
        except OSError as error:
            os.close(self.descriptor)
            raise ShapingError(f"no tunnel {pattern}: {error.strerror}") from None
        self.name = _REQUEST.unpack(answer)[0].rstrip(b"\0").decode()
        self.refused = 0

    def fileno(self) -> int:
        """For select."""
        return self.descriptor

    def read(self) -> bytes | None:
        """A packet that the namespace sent; None where there is none."""
        try:
            return os.read(self.descriptor, READ_BYTES)
        except BlockingIOError:
            return None

    def write(self, data: bytes) -> None:
        """Hand the namespace a packet. One that it does not take (damaged headers) is counted."""
        try:
            os.write(self.descriptor, data)
        except OSError:
            self.refused += 1

    def close(self) -> None:
        """And the interface is gone."""
        os.close(self.descriptor)
