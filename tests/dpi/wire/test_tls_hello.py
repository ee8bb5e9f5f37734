"""Hellos from RFC 8448 and hellos made by hand, whole, cut and bent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire import tls_hello
from procwire.dpi.wire.tls_hello import read_client_hello, read_server_hello, read_sslv2_hello

# RFC 8448 section 3: bodies of the ClientHello and the ServerHello.
CLIENT = bytes.fromhex(
    "0303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece700000613011303130201000091000000"
    "0b0009000006736572766572ff01000100000a00140012001d00170018001901000101010201030104002300000033002600"
    "24001d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e"
    "040305030603020308040805080604010501060102010402050206020202002d00020101001c00024001"
)
SERVER = bytes.fromhex(
    "0303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d0020c982"
    "8876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304"
)


def test_rfc8448_client_hello() -> None:
    hello = read_client_hello(CLIENT)
    assert hello.version == 0x0303
    assert hello.random.hex().startswith("cb34ecb1")
    assert hello.ciphers.hex() == "130113031302"
    assert tls_hello.host_name(hello.bodies[tls_hello.SERVER_NAME]) == b"server"
    assert tls_hello.key_share_groups(hello.bodies[tls_hello.KEY_SHARE]).hex() == "001d"
    assert tls_hello.counted8(hello.bodies[tls_hello.VERSIONS]).hex() == "0304"
    assert tls_hello.counted16(hello.bodies[tls_hello.SIGNATURES]).hex().startswith("04030503")
    assert not hello.malformed


def test_rfc8448_server_hello() -> None:
    hello = read_server_hello(SERVER)
    assert hello.ciphers.hex() == "1301"
    assert tls_hello.chosen_version(hello) == tls_hello.TLS13
    assert not hello.malformed


@pytest.mark.parametrize("read", [read_client_hello, read_server_hello, read_sslv2_hello])
@pytest.mark.parametrize("whole", [CLIENT, SERVER])
def test_every_cut_is_an_error_or_told(read: object, whole: bytes) -> None:
    told = 0
    for end in range(len(whole)):
        try:
            hello = read(whole[:end])  # type: ignore[operator]
        except ProtocolError:
            told += 1
        else:
            told += bool(hello.malformed) or end in (45, 38)
    assert told >= len(whole) - 1


@given(st.binary(max_size=200))
def test_junk(data: bytes) -> None:
    for read in (read_client_hello, read_server_hello, read_sslv2_hello):
        try:
            assert isinstance(read(data).malformed, str)
        except ProtocolError:
            continue
    assert len(tls_hello.host_name(data)) <= tls_hello.MAX_NAME_BYTES
    assert len(b"".join(tls_hello.alpn_names(data))) <= len(data)
    assert len(tls_hello.key_share_groups(data)) <= len(data)
    assert len(tls_hello.counted8(data)) <= 255
    assert len(tls_hello.counted16(data)) <= len(data)


@given(st.lists(st.integers(0, 0xFFFF)))
def test_without_grease(numbers: list[int]) -> None:
    raw = b"".join(number.to_bytes(2, "big") for number in numbers)
    kept = [number for number in numbers if not (number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF)]
    assert tls_hello.without_grease(raw) == b"".join(number.to_bytes(2, "big") for number in kept)
    assert tls_hello.without_grease(raw + b"x") == tls_hello.without_grease(raw)


def test_extension_twice_is_told() -> None:
    twice = b"\x00\x17\x00\x00" * 2
    hello = read_client_hello(CLIENT[:45] + len(twice).to_bytes(2, "big") + twice)
    assert hello.malformed == "extension appears twice"
    assert hello.kinds == b"\x00\x17\x00\x17"


def test_hello_without_extensions() -> None:
    hello = read_client_hello(CLIENT[:45])
    assert (hello.kinds, hello.bodies, hello.malformed) == (b"", {}, "")


def test_dtls_cookie() -> None:
    with_cookie = CLIENT[:35] + b"\x03abc" + CLIENT[35:]
    assert read_client_hello(with_cookie, cookie=True).ciphers.hex() == "130113031302"


def test_draft_server_hello_has_no_session() -> None:
    draft = b"\x7f\x12" + SERVER[2:34] + b"\x13\x01" + b"\x00\x04\x00\x2a\x00\x00"
    hello = read_server_hello(draft)
    assert (hello.version, hello.ciphers.hex(), list(hello.bodies)) == (0x7F12, "1301", [42])


def test_sslv2_hello() -> None:
    specs = bytes.fromhex("00002f010080")
    hello = read_sslv2_hello(b"\3\1" + b"\0\6\0\0\0\x10" + specs + b"c" * 16)
    assert hello.ciphers.hex() == "002f"
    assert hello.random == b"\0" * 16 + b"c" * 16
