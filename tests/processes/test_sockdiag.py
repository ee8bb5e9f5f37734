from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.processes import sockdiag
from procwire.processes._names import ALL_STATES, ESTABLISHED, HELD_STATES, LISTEN, RAW, TCP, TIME_WAIT, UDP
from procwire.processes.keys import key_from
from procwire.processes.sockdiag import SockDiagError, Socket

# struct inet_diag_msg of an established IPv4 connection 10.0.0.1:4660 -> 10.0.0.2:443, written out by hand.
VECTOR = bytes.fromhex(
    "02 01 00 00"  # AF_INET, TCP_ESTABLISHED, timer, retransmits
    "12 34 01 bb"
    "0a 00 00 01" + "00" * 12 + "0a 00 00 02" + "00" * 12 + "00 00 00 00"  # interface
) + struct.pack("=QIIIII", 0x1122334455667788, 0, 7, 9, 1000, 424242)


def test_a_message_is_read_by_its_layout() -> None:
    found = sockdiag.decode(VECTOR)
    assert (found.src, found.sport, found.dst, found.dport) == (b"\x0a\0\0\1", 4660, b"\x0a\0\0\2", 443)
    assert (found.state, found.uid, found.inode) == (ESTABLISHED, 1000, 424242)
    assert found.cookie == 0x1122334455667788
    assert (found.receive_queue, found.send_queue) == (7, 9)


def test_attributes_are_kept_for_later() -> None:
    info = struct.pack("=HH", 4 + 8, sockdiag.INET_DIAG_INFO) + bytes(range(8))
    assert sockdiag.decode(VECTOR + info).attributes == {sockdiag.INET_DIAG_INFO: bytes(range(8))}


def test_a_dump_request_is_56_bytes_with_its_mask() -> None:
    body = sockdiag.request(TCP, socket.AF_INET6, HELD_STATES, extensions=1 << sockdiag.INET_DIAG_INFO - 1)
    assert len(body) == 56
    assert struct.unpack_from("=BBBBI", body) == (socket.AF_INET6, TCP, 2, 0, HELD_STATES)
    assert body[48:] == b"\xff" * 8
    assert not HELD_STATES >> TIME_WAIT & 1
    assert HELD_STATES >> LISTEN & 1


def test_an_exact_request_has_the_local_end_first_for_tcp_and_last_for_udp() -> None:
    tcp = sockdiag.exact(TCP, key_from(TCP, "10.0.0.1", 1000, "10.0.0.2", 443), interface=3)
    udp = sockdiag.exact(UDP, key_from(UDP, "10.0.0.1", 1000, "10.0.0.2", 443))
    assert tcp[8:12] == struct.pack("!HH", 1000, 443)
    assert tcp[12:16] == b"\x0a\0\0\1"
    assert tcp[44:48] == struct.pack("=I", 3)
    assert udp[8:12] == struct.pack("!HH", 443, 1000)
    assert udp[12:16] == b"\x0a\0\0\2"


def test_an_exact_request_for_a_raw_socket_names_its_protocol() -> None:
    body = sockdiag.exact(RAW, key_from(1, "10.0.0.1", 0, "10.0.0.2", 0))
    assert (body[1], body[3]) == (RAW, 1)


def test_a_mapped_address_is_asked_for_as_ipv4() -> None:
    body = sockdiag.exact(TCP, key_from(TCP, "::ffff:10.0.0.1", 1, "::ffff:10.0.0.2", 2))
    assert body[0] == socket.AF_INET


def test_the_port_filter_is_two_comparisons() -> None:
    body = sockdiag.on_port(UDP, socket.AF_INET, 53)
    assert struct.unpack_from("=I", body, 4)[0] == ALL_STATES
    code = body[60:]
    assert [struct.unpack_from("=BBH", code, at) for at in (0, 4, 8, 12)] == [
        (2, 8, 20),
        (0, 0, 53),
        (3, 8, 12),
        (0, 0, 53),
    ]


@pytest.mark.parametrize("body", [b"", VECTOR[:71], b"\x01" + VECTOR[1:]])
def test_what_is_no_message_is_an_error(body: bytes) -> None:
    with pytest.raises(SockDiagError):
        sockdiag.decode(body)


ports = st.integers(0, 65535)
numbers = st.integers(0, (1 << 32) - 1)


@st.composite
def found_sockets(draw: st.DrawFn) -> Socket:
    family = draw(st.sampled_from([socket.AF_INET, socket.AF_INET6]))
    sizes = [4] if family == socket.AF_INET else [4, 16]
    ends = st.sampled_from(sizes).flatmap(lambda size: st.binary(min_size=size, max_size=size))
    mapped = bytes(10) + b"\xff\xff"
    address = ends.filter(lambda end: not end.startswith(mapped))
    return Socket(
        family=family,
        state=draw(st.integers(0, 12)),
        src=draw(address),
        sport=draw(ports),
        dst=draw(address),
        dport=draw(ports),
        interface=draw(numbers),
        cookie=draw(st.integers(0, (1 << 64) - 1)),
        uid=draw(numbers),
        inode=draw(numbers),
        receive_queue=draw(numbers),
        send_queue=draw(numbers),
        attributes=draw(st.dictionaries(st.integers(1, 30), st.binary(max_size=24), max_size=4)),
    )


@given(found_sockets())
@settings(max_examples=150)
def test_what_is_encoded_is_decoded(found: Socket) -> None:
    assert sockdiag.decode(sockdiag.encode(found)) == found


@given(st.binary(max_size=200))
@settings(max_examples=150)
def test_any_bytes_are_a_socket_or_an_error(body: bytes) -> None:
    try:
        assert len(sockdiag.decode(body).src) in (4, 16)
    except SockDiagError:
        assert len(body) < sockdiag.MESSAGE_BYTES or body[0] not in (socket.AF_INET, socket.AF_INET6)
