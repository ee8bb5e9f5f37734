"""OpenVPN's resets: how they are protected."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.openvpn_packet import opcode, read_reset
from tests.dpi.samples import dialogues


@pytest.mark.parametrize(
    ("name", "how", "cut"),
    [("plain", "none", 0), ("tls_auth_tcp", "tls-auth", 2), ("tls_crypt", "tls-crypt", 0)],
)
def test_protection(name: str, how: str, cut: int) -> None:
    (talk,) = [one for one in dialogues("openvpn") if one.name == name]
    found = read_reset(talk.steps[0][1][cut:])
    assert found is not None
    assert (found.protection, found.session) == (how, b"\x11" * 8)


def test_server_names_the_client() -> None:
    (talk,) = [one for one in dialogues("openvpn") if one.name == "plain"]
    found = read_reset(talk.steps[1][1])
    assert found is not None
    assert found.answers == b"\x11" * 8


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x38" + bytes(13),
        b"\x38" + b"\1" * 13,
        b"\x39" + b"\1" * 8 + bytes(5),
        b"\x38" + b"\1" * 60,
        b"\x28" + bytes(20),
    ],
)
def test_what_is_none(data: bytes) -> None:
    assert read_reset(data) is None
    assert opcode(data) in {0, 5, 7}
