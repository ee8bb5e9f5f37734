"""SSH: versions, algorithms, keys; hostile lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.dpi.contract import ENOUGH, ProtocolError
from procwire.dpi.protocols import ssh
from tests.dpi.hearing import IN, OUT, claimed, heard, listening, recited
from tests.dpi.wire.test_ssh_packets import kexinit, packet

BANNER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"


def test_versions() -> None:
    client, server = recited(ssh, "banner")
    assert (client.protocol, client.software, client.comments) == (
        "2.0", "OpenSSH_9.2p1", "Debian-2+deb12u3",
    )  # fmt: skip
    assert server.software == "dropbear_2022.83"
    old = recited(ssh, "version1")
    assert [one.protocol for one in old] == ["1.5", "1.5"]


def test_algorithms_and_keys() -> None:
    init, keys = packet(kexinit()), packet(b"\x15")
    reply = packet(b"\x1f" + (15).to_bytes(4, "big") + b"\0\0\0\x0bssh-ed25519")
    seen = heard(ssh, (OUT, BANNER + init), (IN, BANNER + init + reply + keys), (OUT, keys))
    offers = [one for one in seen if isinstance(one, ssh.SshAlgorithms)]
    assert [one.client for one in offers] == [True, False]
    assert offers[0].ciphers == ("c1",)
    assert offers[1].ciphers == ("c2",)
    (done,) = [one for one in seen if isinstance(one, ssh.SshKeys)]
    assert (done.kex, done.cipher, done.mac, done.host_key) == ("kex1", "c1", "m1", "ssh-ed25519")
    assert done.latency == 20


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"SSH-2.0-", "yes"),
        (b"SSH-1.99-x", "yes"),
        (b"SS", "need more"),
        (b"SSH-3.0-x", "no"),
        (b"SSL", "no"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(ssh, data) == answer


def test_endless_version_line_and_bad_packet() -> None:
    with pytest.raises(ProtocolError):
        heard(ssh, (OUT, b"SSH-2.0-" + b"a" * 300))
    with pytest.raises(ProtocolError):
        heard(ssh, (OUT, BANNER + b"\xff" * 8))


def test_gap_before_encryption_ends_the_reading() -> None:
    parser = listening(ssh)
    list(parser.feed(OUT, BANNER, now=1))
    list(parser.gap(OUT, 10, now=2))
    assert parser.skip(OUT) == ENOUGH
    assert list(parser.feed(OUT, b"anything", now=3)) == []


def test_captures_are_there() -> None:
    folder = Path(__file__).parents[2] / "vectors" / "ssh"
    assert {path.stem for path in folder.glob("*.pcap")} == {"login", "refused"}
