"""SSH's packets before encryption."""

from __future__ import annotations

import hashlib

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.ssh_packets import MAX_PACKET, Packets, agreed, host_key, read_kexinit

NAMES = ("kex1,kex2", "ssh-ed25519", "c1", "c2", "m1", "m2", "none", "zlib", "", "")


def kexinit(names: tuple[str, ...] = NAMES) -> bytes:
    lists = b"".join(len(one).to_bytes(4, "big") + one.encode() for one in names)
    return b"\x14" + bytes(16) + lists + bytes(5)


def packet(payload: bytes) -> bytes:
    padding = 8 - (len(payload) + 5) % 8 + 8
    return (1 + len(payload) + padding).to_bytes(4, "big") + bytes([padding]) + payload + bytes(padding)


def test_packets_in_pieces() -> None:
    packets = Packets()
    found = []
    for byte in packet(b"one") + packet(b"two") + b"rest":
        packets.push(bytes([byte]))
        if (payload := packets.next()) is not None:
            found.append(payload)
    assert found == [b"one", b"two"]
    assert packets.rest() == b"rest"


@pytest.mark.parametrize(
    "head", [b"\0\0\0\1\0", (MAX_PACKET + 1).to_bytes(4, "big") + b"\5", b"\0\0\0\x10\3"]
)
def test_lengths_that_make_no_packet(head: bytes) -> None:
    packets = Packets()
    packets.push(head)
    with pytest.raises(ProtocolError):
        packets.next()


def test_hassh() -> None:
    init = read_kexinit(kexinit())
    assert init.kex == "kex1,kex2"
    assert init.hassh(server=False) == hashlib.md5(b"kex1,kex2;c1;m1;none").hexdigest()
    assert init.hassh(server=True) == hashlib.md5(b"kex1,kex2;c2;m2;zlib").hexdigest()


@pytest.mark.parametrize(
    "payload", [b"\x14" + bytes(10), kexinit()[:-1], kexinit() + b"x", kexinit(("\n",) * 10)]
)
def test_bad_kexinit(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_kexinit(payload)


def test_agreed_is_the_clients_first() -> None:
    assert agreed("a,b,c", "c,b") == "b"
    assert not agreed("a", "b")


def test_host_key() -> None:
    blob = b"\0\0\0\x0bssh-ed25519" + bytes(36)
    kind, digest = host_key(b"\x1f" + len(blob).to_bytes(4, "big") + blob)
    assert kind == "ssh-ed25519"
    assert digest.startswith("SHA256:")
    assert len(digest) == 50
    assert host_key(b"\x1f\0\0\0\xffabc") == ("", "")
