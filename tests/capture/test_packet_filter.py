from __future__ import annotations

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.capture import packet_filter
from procwire.capture.arphrd_names import LINKTYPE_LINUX_SLL2
from procwire.capture.packet_filter import (
    FilterError,
    FilterProgram,
    Instruction,
    compile_filter,
    for_kernel,
    keep_all,
    offline_match,
)
from procwire.capture.source import CaptureError

UDP = (
    bytes.fromhex("000000000001000000000002080045000020000000004011000001020304050607080035003500000000")
    + b"data"
)
VLAN = UDP[:12] + bytes.fromhex("8100000a") + UDP[12:]


def test_a_filter_selects() -> None:
    assert offline_match(compile_filter("udp port 53"), UDP) > 0
    assert offline_match(compile_filter("tcp"), UDP) == 0
    assert offline_match(compile_filter("vlan 10 and udp"), VLAN) > 0
    assert offline_match(compile_filter("src 1.2.3.4", 101), UDP[14:]) > 0


def test_the_answer_is_the_bytes_to_keep() -> None:
    assert offline_match(compile_filter("udp", snaplen=96), UDP) == 96
    assert offline_match(keep_all(60), UDP) == 60
    assert compile_filter("   ", snaplen=77) == keep_all(77)


@pytest.mark.parametrize("text", ["tcp prt 80", "port 99999", "((", "host 1.2.3.4.5", "x\0y", "ether host"])
def test_a_bad_filter_is_one_line(text: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    assert isinstance(caught.value, CaptureError)
    assert str(caught.value).startswith("capture filter: ")
    assert "\n" not in str(caught.value)
    assert len(caught.value.reason) > 5


def test_a_missing_library_names_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_filter, "_NAMES", ("libnowhere.so.9",))
    packet_filter._library.cache_clear()
    try:
        with pytest.raises(FilterError, match=r"libpcap0\.8 \(Debian"):
            compile_filter("tcp")
        assert compile_filter("").instructions
    finally:
        packet_filter._library.cache_clear()


def test_cooked_programs_ask_the_kernel_for_what_is_not_in_the_packet() -> None:
    program = for_kernel(compile_filter("ip and udp port 53", LINKTYPE_LINUX_SLL2))
    loads = [one.k for one in program.instructions if one.code & 7 == 0 and one.code & 0xE0 == 0x20]
    assert 0xFFFFF000 in loads  # SKF_AD_PROTOCOL
    assert 9 in loads  # the protocol field of an IP header that begins at 0
    assert for_kernel(keep_all()) == keep_all()


def test_the_kernel_takes_the_program() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.5)
        packet_filter.attach(receiver, packet_filter.drop_all())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"first", receiver.getsockname())
            packet_filter.attach(receiver, keep_all())
            sender.sendto(b"second", receiver.getsockname())
        assert receiver.recv(100) == b"second"


def test_too_long_a_filter_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_filter, "MAX_INSTRUCTIONS", 5)
    with pytest.raises(FilterError, match="steps"):
        compile_filter("udp port 53")


def test_the_kernel_refuses_nonsense_in_one_line() -> None:
    nonsense = FilterProgram("", 1, (Instruction(0xFFFF, 0, 0, 0),))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, pytest.raises(FilterError, match="kernel"):
        packet_filter.attach(one, nonsense)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    # Words could be host names, which libpcap would look up: only what is no word is tried.
    text = "".join(c for c in text if not c.isalnum())
    try:
        said = str(len(compile_filter(text).instructions))
    except FilterError as error:
        said = str(error)
    assert said
    assert "\n" not in said


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120))
def test_any_frame_can_be_matched(frame: bytes) -> None:
    assert offline_match(compile_filter("tcp or (ip6 and udp port 53)"), frame) in (0, 262144)
