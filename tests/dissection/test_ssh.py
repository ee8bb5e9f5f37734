"""SSH's banner and packets in clear."""

from __future__ import annotations

from tests.dissection.taking import VECTORS, over_tcp, taken, values


def test_the_banner_is_a_line() -> None:
    layer = over_tcp(b"SSH-2.0-OpenSSH_9.2p1\r\n", (2222, 1))[-1]
    assert (layer.name, layer.words, layer.missing) == ("ssh", "SSH-2.0-OpenSSH_9.2p1", "")
    assert "does not end" in over_tcp(b"SSH-2.0-Open", (22, 1))[-1].missing


def test_the_key_exchange_of_a_real_session_is_read() -> None:
    layers = [
        each for _, found in taken(VECTORS / "ssh" / "login.pcap") for each in found if each.name == "ssh"
    ]
    init = next(each for each in layers if "key exchange init" in each.words)
    assert "curve25519" in values(init)["key exchange"]
    assert values(init)["cookie"]


def test_ciphertext_is_payload() -> None:
    assert over_tcp(bytes(range(90, 130)), (22, 1))[-1].name == "payload"
