from __future__ import annotations

import errno
import struct

import pytest

from procwire.netlink import message
from procwire.netlink.channel import ROUTE, SOCK_DIAG, Channel, NetlinkError

RTM_GETLINK = 18


def test_a_dump_of_links_names_loopback() -> None:
    with Channel(ROUTE) as channel:
        answers = channel.ask(RTM_GETLINK, struct.pack("=BxHiII", 0, 0, 0, 0, 0), message.DUMP)
        names = [message.attributes(answer.body, 16).get(3, b"").rstrip(b"\0") for answer in answers]
    assert b"lo" in names


def test_a_refusal_is_an_error_with_errno() -> None:
    with Channel(ROUTE) as channel, pytest.raises(NetlinkError) as caught:
        list(channel.ask(RTM_GETLINK, struct.pack("=BxHiII", 0, 0, 0x7FFFFFF0, 0, 0)))
    assert caught.value.errno == errno.ENODEV


def test_nothing_heard_is_an_empty_list() -> None:
    with Channel(ROUTE, groups=1) as channel:
        assert channel.listen(0.0) == []


def test_a_message_without_an_answer_is_only_sent() -> None:
    with Channel(SOCK_DIAG) as channel:
        channel.tell(message.NOOP, b"")
        assert channel.listen(0.0) == []
