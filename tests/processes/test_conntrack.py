from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.netlink import message
from procwire.netlink.channel import NETFILTER, Channel, NetlinkError
from procwire.netlink.message import Message
from procwire.processes import conntrack
from procwire.processes.conntrack import behind, decode, encode, other
from procwire.processes.keys import Key, key_from
from procwire.processes.namespaces import Namespaces
from tests.lab import Lab, why_not

INSIDE = key_from(6, "10.88.0.2", 1000, "10.77.0.2", 80)
ANSWER = key_from(6, "10.77.0.2", 80, "10.77.0.1", 60000)
PORT = st.integers(0, 65535)
ADDRESSES = st.sampled_from([4, 16]).flatmap(
    lambda size: st.tuples(*2 * [st.binary(min_size=size, max_size=size)])
)


def entry(original: Key, reply: Key) -> bytes:
    """An answer's body."""
    tuples = message.attribute(1, encode(original)) + message.attribute(2, encode(reply))
    return bytes((2, 0, 0, 0)) + tuples


class Tracked(Channel):
    """Answers as if it were the kernel."""

    def __init__(self, answer: bytes | int) -> None:
        self.answer = answer
        self.asked: list[bytes] = []

    def ask(self, kind: int, body: bytes, flags: int = 0) -> Iterator[Message]:
        self.asked.append(body)
        if isinstance(self.answer, int):
            raise NetlinkError(self.answer, "no")
        yield Message(kind, 0, 1, self.answer)


@given(ends=ADDRESSES, ports=st.tuples(PORT, PORT), proto=st.sampled_from([6, 17, 132, 136]))
def test_a_tuple_is_read_as_it_was_written(
    ends: tuple[bytes, bytes], ports: tuple[int, int], proto: int
) -> None:
    key = Key(proto, ends[0], ports[0], ends[1], ports[1])
    assert decode(encode(key)) == key


@given(data=st.binary(max_size=120))
def test_junk_is_no_entry(data: bytes) -> None:
    assert other(data, INSIDE) is None
    assert other(bytes(4) + message.attribute(1, data), INSIDE) is None


def test_a_masqueraded_end_is_the_one_behind() -> None:
    channel = Tracked(entry(INSIDE, ANSWER))
    assert behind(channel, ANSWER.turned()) == INSIDE
    assert conntrack.request(ANSWER) == channel.asked[0]


def test_an_entry_says_nothing_of_when() -> None:
    channel = Tracked(entry(INSIDE, ANSWER))
    assert behind(channel, ANSWER.turned()._replace(at=5)) == INSIDE._replace(at=5)


def test_a_published_port_is_the_one_it_leads_to() -> None:
    outside = key_from(6, "10.77.0.2", 5000, "10.77.0.1", 8080)
    container = key_from(6, "10.88.0.2", 80, "10.77.0.2", 5000)
    assert behind(Tracked(entry(outside, container)), outside.turned()) == container


def test_what_is_not_translated_has_nothing_behind_it() -> None:
    assert behind(Tracked(entry(INSIDE, INSIDE.turned())), INSIDE) is None
    assert behind(Tracked(entry(INSIDE, ANSWER)), key_from(6, "10.0.0.1", 1, "10.0.0.2", 2)) is None


def test_no_entry_is_no_error_but_other_trouble_is() -> None:
    assert behind(Tracked(errno.ENOENT), INSIDE) is None
    with pytest.raises(NetlinkError):
        behind(Tracked(errno.EBUSY), INSIDE)


def test_protocols_without_ports_are_not_asked_for() -> None:
    channel = Tracked(errno.EBUSY)
    assert behind(channel, INSIDE._replace(proto=1)) is None
    assert channel.asked == []


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_the_kernel_knows_what_it_translated() -> None:
    """Source and destination both, on one host: its address 10.9.9.9:81 stands for 127.0.0.1:80."""
    if not conntrack.is_present():
        pytest.skip("this kernel tracks no connections")
    with Lab() as place:
        host = place.host("a")
        host.run("ip", "addr", "add", "10.9.9.9/32", "dev", "lo")
        host.run("nft", "table ip t {\n chain o {\n type nat hook output priority -100;\n"
                        "ip daddr 10.9.9.9 udp dport 81 dnat to 127.0.0.1:80\n}\n}")  # fmt: skip
        with host.socket(kind=socket.SOCK_DGRAM) as ours:
            ours.bind(("127.0.0.1", 0))
            ours.sendto(b"x", ("10.9.9.9", 81))
            port = ours.getsockname()[1]
        with host.inside(lambda: Channel(NETFILTER)) as channel:
            seen = key_from(17, "10.9.9.9", 81, "127.0.0.1", port)
            assert behind(channel, seen) == key_from(17, "127.0.0.1", 80, "127.0.0.1", port)
            assert behind(channel, seen.turned()) is None
        with Namespaces() as found:
            found.scan()
            inodes = {each.inode for each in found if each.tracking is not None}
            assert host.path.stat().st_ino in inodes


def test_where_the_kernel_has_none_it_is_not_loaded() -> None:
    assert not conntrack.is_present("/nowhere/nf_conntrack_count")
