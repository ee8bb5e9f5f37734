"""DHCP, field by field."""

from __future__ import annotations

from procwire.dissection.dhcp import written
from tests.dissection.taking import over_udp, values

HEAD = bytes.fromhex("01010600 f8058e2c 00008000") + bytes(16) + bytes.fromhex("42efb2dff6f4") + bytes(202)
COOKIE = b"\x63\x82\x53\x63"


def test_head_and_options_have_their_bytes() -> None:
    options = b"\x35\1\3" + b"\x32\4\xc0\0\2\x09" + b"\0" + b"\x0c\4desk" + b"\xff\0\0"
    layer = over_udp(HEAD + COOKIE + options, (68, 67))[-1]
    assert layer.words == "request  0xf8058e2c  42:ef:b2:df:f6:f4"
    found = values(layer)
    assert (found["message"], found["requested address"], found["host name"]) == (
        "3 request", "192.0.2.9", "desk",
    )  # fmt: skip
    assert found["flags"] == "0x8000 broadcast"
    host = next(part for part in layer.fields if part.name == "host name")
    assert (host.start - 42, host.end - 42) == (250, 256)


def test_an_option_that_is_cut_says_what_is_missing() -> None:
    layer = over_udp(HEAD + COOKIE + b"\x35\1\1\x0c\x09de", (68, 67))[-1]
    assert layer.missing == "host name: 9 bytes wanted, 2 here"
    assert values(layer)["message"] == "1 discover"


def test_values_by_their_kind() -> None:
    assert written(51, b"\0\0\x0e\x10") == "3600 s"
    assert written(3, bytes((10, 0, 0, 1, 10, 0, 0, 2))) == "10.0.0.1, 10.0.0.2"
    assert written(55, b"\1\xfd") == "mask, 253"
    assert written(3, b"\1") == "01"
