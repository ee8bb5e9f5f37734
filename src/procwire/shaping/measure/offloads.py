"""Which offloads of an interface make several packets one (ethtool's ioctl, include/uapi/linux/ethtool.h)."""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct

_ETHTOOL = 0x8946  # SIOCETHTOOL
_ASKED = (("tso", 0x1E), ("gso", 0x23), ("gro", 0x2B))  # ETHTOOL_GTSO, ETHTOOL_GGSO, ETHTOOL_GGRO


def offloads(interface: str) -> list[str]:
    """Names of those that are on, in the calling thread's namespace; none where the interface cannot say."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for name, command in _ASKED:
            value = ctypes.create_string_buffer(struct.pack("=II", command, 0))
            request = struct.pack("=16sQ16x", interface.encode()[:15], ctypes.addressof(value))
            try:
                fcntl.ioctl(asking.fileno(), _ETHTOOL, request)
            except OSError:
                continue
            if struct.unpack_from("=II", value.raw)[1]:
                found.append(name)
    return found
