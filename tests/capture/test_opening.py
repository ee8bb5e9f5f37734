"""A ring's socket: who may not open it, and what it lets in."""

from __future__ import annotations

import socket
import struct

import pytest

from procwire.capture.interfaces import interfaces
from procwire.capture.opening import FRAME_BYTES, SOL_PACKET, RingWish, explained, open_ring
from procwire.capture.source import CaptureError
from tests.sandbox.child import in_child


def wish(**more: object) -> RingWish:
    link = next(link for link in interfaces() if link.name == "lo")
    about = {"index": link.index, "name": link.name, "hardware": link.hardware, "linktype": link.linktype}
    return RingWish(**(about | {"blocks": 4, "block_bytes": 16 * FRAME_BYTES, "retire_ms": 10} | more))  # type: ignore[arg-type]


def test_it_is_bound_and_closed_to_all_traffic() -> None:
    with open_ring(wish()) as made, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", 9))
        assert made.getsockname()[0] == "lo"
        assert struct.unpack("=III", made.getsockopt(SOL_PACKET, 6, 12))[0] == 0


def test_an_interface_that_is_not_there_is_named() -> None:
    with pytest.raises(CaptureError, match="nosuch0"):
        open_ring(wish(name="nosuch0"))


def test_without_rights_it_says_how_to_get_them() -> None:
    import os

    about = wish()

    def work() -> str:
        os.setresuid(65534, 65534, 65534)
        try:
            open_ring(about)
        except CaptureError as error:
            return error.reason
        return ""

    assert "run as root" in in_child(work)


def test_other_errors_stay_what_they_are() -> None:
    assert isinstance(explained("lo", KeyError("x")), KeyError)
    assert isinstance(explained("lo", OSError(19, "No such device")), CaptureError)
