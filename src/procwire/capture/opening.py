"""The part of a ring that needs rights: its packet socket, made and bound, closed to all traffic.

Whoever reads frames needs no more than the socket's descriptor; whoever opens it need not read any.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable

import msgspec

from procwire.capture import packet_filter
from procwire.capture.arphrd_names import LINKTYPE_LINUX_SLL2, LOOPBACK
from procwire.capture.block import RESERVE_BYTES
from procwire.capture.source import CaptureError

FRAME_BYTES = 2048  # only divides blocks in the kernel's checks; frames are packed tightly
SOL_PACKET = 263
_ADD_MEMBERSHIP, _RX_RING, _VERSION, _RESERVE = 1, 5, 10, 12
_VNET_HDR, _TIMESTAMP, _IGNORE_OUTGOING = 15, 17, 23
_TPACKET_V3 = 2
_MR_PROMISC = 1
_ETH_P_ALL = 3
_SOFTWARE_TIME = 1 << 4  # SOF_TIMESTAMPING_SOFTWARE

_NOT_ALLOWED = "not allowed: run as root, or: setcap cap_net_raw,cap_net_admin=eip on the interpreter"


class RingWish(msgspec.Struct, frozen=True, kw_only=True):
    """A ring on one interface, by its index and its name, which must be one and the same's."""

    index: int
    name: str
    hardware: int
    linktype: int
    blocks: int
    block_bytes: int
    retire_ms: int
    promiscuous: bool = False


Opener = Callable[[RingWish], socket.socket]


def open_ring(wish: RingWish) -> socket.socket:
    """A bound packet socket with a ring, behind a filter that lets nothing in. Raises CaptureError."""
    cooked = wish.linktype == LINKTYPE_LINUX_SLL2
    try:
        made = _open(cooked=cooked)
    except OSError as error:
        raise explained(wish.name, error) from error
    try:
        _request(made, wish, cooked=cooked)
        packet_filter.attach(made, packet_filter.drop_all())
        if wish.hardware == LOOPBACK:
            with contextlib.suppress(OSError):  # before Linux 4.20 the walk leaves them out
                made.setsockopt(SOL_PACKET, _IGNORE_OUTGOING, 1)
        made.bind((wish.name, _ETH_P_ALL))
        if wish.promiscuous and wish.hardware != LOOPBACK:
            request = struct.pack("=iHH8s", wish.index, _MR_PROMISC, 0, b"")
            made.setsockopt(SOL_PACKET, _ADD_MEMBERSHIP, request)
    except BaseException as error:
        made.close()
        raise explained(wish.name, error) from error
    return made


def _open(*, cooked: bool) -> socket.socket:
    """A packet socket that receives nothing yet."""
    kind = socket.SOCK_DGRAM if cooked else socket.SOCK_RAW
    return socket.socket(socket.AF_PACKET, kind | socket.SOCK_CLOEXEC, 0)


def _request(made: socket.socket, wish: RingWish, *, cooked: bool) -> None:
    """Order matters: what changes the layout of a packet must be set before the ring is made."""
    made.setsockopt(SOL_PACKET, _VERSION, _TPACKET_V3)
    made.setsockopt(SOL_PACKET, _RESERVE, RESERVE_BYTES)
    if not cooked:  # the kernel has it for SOCK_RAW alone
        made.setsockopt(SOL_PACKET, _VNET_HDR, 1)
    made.setsockopt(SOL_PACKET, _TIMESTAMP, _SOFTWARE_TIME)
    frames = wish.blocks * (wish.block_bytes // FRAME_BYTES)
    layout = struct.pack("=7I", wish.block_bytes, wish.blocks, FRAME_BYTES, frames, wish.retire_ms, 0, 0)
    made.setsockopt(SOL_PACKET, _RX_RING, layout)


def explained(name: str, error: BaseException) -> BaseException:
    """A system's error as a CaptureError that names the interface; others as they are."""
    if not isinstance(error, OSError):
        return error
    if isinstance(error, PermissionError):
        return CaptureError(name, None, _NOT_ALLOWED)
    return CaptureError(name, None, error.strerror or str(error))
