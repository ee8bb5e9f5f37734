"""DTLS sessions: OpenSSL's, and hand-made ones of DTLS 1.3, which OpenSSL does not speak."""

from __future__ import annotations

import hmac
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from procwire.decrypt import reasons
from procwire.decrypt.dtls_session import MAX_BACKLOG_BYTES, DtlsSession, split
from procwire.decrypt.session import APPLICATION_DATA
from tests.decrypt.dialogue import IN, OUT, expand, key_log
from tests.decrypt.dtls_dialogue import ANSWERED, SAID, converse
from tests.lab import need

MISSING = need("openssl")


def said(session: DtlsSession, flights: list[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    content = [one for side, data in flights for one in session.feed(side, data)] + session.finish()
    parts = [
        b"".join(data for who, kind, data in content if who == side and kind == APPLICATION_DATA)
        for side in (0, 1)
    ]
    return parts[0], parts[1]


@pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
@pytest.mark.parametrize(
    "cipher",
    ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "AES128-CCM8:@SECLEVEL=0",
     "AES128-SHA256:@SECLEVEL=0"],
)  # fmt: skip
def test_what_openssl_says(cipher: str, tmp_path: Path) -> None:
    spoken = converse(tmp_path, "-cipher", cipher)
    session = DtlsSession(key_log(spoken.keys))
    assert said(session, list(spoken.flights)) == (SAID, ANSWERED)
    assert not session.failed.total()


class Hand:
    """One direction of DTLS 1.3 under a secret of our choice."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.key = expand("sha256", secret, "key", 16, "dtls13")
        self.iv = int.from_bytes(expand("sha256", secret, "iv", 12, "dtls13"), "big")
        self.sn = expand("sha256", secret, "sn", 16, "dtls13")

    def seal(self, epoch: int, number: int, kind: int, content: bytes, identity: bytes = b"") -> bytes:
        inner = content + bytes([kind]) + bytes(16)
        at = 1 + len(identity)
        header = (
            bytes([0x2C | epoch & 3 | (0x10 if identity else 0)])
            + identity
            + (number & 0xFFFF).to_bytes(2, "big")
            + (len(inner) + 16).to_bytes(2, "big")
        )
        sealed = AESGCM(self.key).encrypt((self.iv ^ number).to_bytes(12, "big"), inner, header)
        mask = Cipher(algorithms.AES(self.sn), modes.ECB()).encryptor().update(sealed[:16])
        hidden = bytes(a ^ b for a, b in zip(header[at : at + 2], mask, strict=False))
        return header[:at] + hidden + header[at + 2 :] + sealed

    def updated(self) -> Hand:
        return Hand(expand("sha256", self.secret, "traffic upd", 32, "dtls13"))


def record(kind: int, body: bytes) -> bytes:
    length = len(body).to_bytes(3, "big")
    message = bytes([kind]) + length + bytes(2) + bytes(3) + length + body
    return b"\x16\xfe\xfd" + bytes(8) + len(message).to_bytes(2, "big") + message


CLIENT_ID, SERVER_ID = b"to client", b"srv"


def named(identity: bytes) -> bytes:
    """The extension connection_id: what the other end is to send."""
    return b"\x00\x36" + (len(identity) + 1).to_bytes(2, "big") + bytes([len(identity)]) + identity


def sized(extensions: bytes) -> bytes:
    return len(extensions).to_bytes(2, "big") + extensions


@pytest.fixture
def connection() -> tuple[list[tuple[int, bytes]], Hand, Hand, bytes]:
    return connected()


def connected(*, ids: bool = False) -> tuple[list[tuple[int, bytes]], Hand, Hand, bytes]:
    """The hellos, the client's and the server's traffic, and the key log."""
    random, secrets = os.urandom(32), [os.urandom(32) for _ in range(4)]
    hello = (
        b"\xfe\xfd"
        + random
        + b"\0\0"
        + b"\x00\x02\x13\x01\x01\x00"
        + sized(b"\x00\x2b\x00\x03\x02\xfe\xfc" + named(CLIENT_ID) * ids)
    )
    answer = b"\xfe\xfd" + os.urandom(32) + b"\0" + b"\x13\x01\x00"
    answer += sized(b"\x00\x2b\x00\x02\xfe\xfc" + named(SERVER_ID) * ids)
    names = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
             "SERVER_TRAFFIC_SECRET_0")  # fmt: skip
    log = "".join(
        f"{name} {random.hex()} {secret.hex()}\n" for name, secret in zip(names, secrets, strict=True)
    )
    flights = [(int(OUT), record(1, hello)), (int(IN), record(2, answer)),
               (int(IN), Hand(secrets[1]).seal(2, 0, 22, b"\x14" + bytes(11))),
               (int(OUT), Hand(secrets[0]).seal(2, 0, 22, b"\x14" + bytes(11)))]  # fmt: skip
    return flights, Hand(secrets[2]), Hand(secrets[3]), log.encode()


Connection = tuple[list[tuple[int, bytes]], Hand, Hand, bytes]


def test_dtls13_with_loss_disorder_updates_and_spoofs(connection: Connection) -> None:
    flights, client, server, log = connection
    updated = client.updated()
    flights += [
        (0, client.seal(3, 5, 23, b"five ")),
        (0, client.seal(3, 2, 23, b"two ")),
        (0, b"\x2f\x00\x01\x00\x28" + os.urandom(40)),
        (1, server.seal(3, 7, 23, b"answer")),
        (0, updated.seal(4, 6, 23, b"six ")),
        (0, client.seal(3, 5, 23, b"five ")),
    ]
    session = DtlsSession(key_log(log))
    out, back = said(session, flights)
    assert (out, back) == (b"five two six five ", b"answer")
    assert session.failed[reasons.NOT_AUTHENTIC] == 1


def test_keys_that_come_late(connection: Connection) -> None:
    flights, client, _, log = connection
    keys = key_log(b"", complete=False)
    session = DtlsSession(keys)
    for side, data in [*flights, (0, client.seal(3, 0, 23, b"one "))]:
        assert session.feed(side, data) == []
    keys.feed(log)
    content = session.feed(0, client.seal(3, 1, 23, b"two"))
    assert b"".join(data for _, kind, data in content if kind == APPLICATION_DATA) == b"one two"


def test_the_backlog_is_bounded(connection: Connection) -> None:
    flights, client, _, _ = connection
    session = DtlsSession(key_log(b"", complete=False))
    for side, data in flights:
        session.feed(side, data)
    for number in range(200):
        session.feed(0, client.seal(3, number, 23, bytes(1200)))
    assert session.backlog.bytes <= MAX_BACKLOG_BYTES
    assert session.failed[reasons.BACKLOG_FULL] > 0
    assert session.hopeless


def test_any_bytes_are_split_or_left() -> None:
    for size in range(80):
        assert sum(len(header) + len(body) for _, header, body in split(os.urandom(size))) <= size
    assert split(b"\x2c\x00\x01\x00\xff" + bytes(10)) == []
    assert split(b"\x3c" + bytes(40)) == []


def test_dtls13_with_connection_ids() -> None:
    flights, client, server, log = connected(ids=True)
    flights += [
        (0, client.seal(3, 0, 23, b"asked ", SERVER_ID) + client.seal(3, 1, 23, b"twice", SERVER_ID)),
        (1, server.seal(3, 0, 23, b"answered", CLIENT_ID)),
        (1, server.seal(3, 1, 23, b" bare")),
    ]
    session = DtlsSession(key_log(log))
    assert said(session, flights) == (b"asked twice", b"answered bare")
    assert not session.failed.total()


def test_dtls12_with_connection_ids() -> None:
    """RFC 9146: the type stands inside, the id in what is authenticated."""
    random, answered, master = os.urandom(32), os.urandom(32), os.urandom(48)
    hello = b"\xfe\xfd" + random + b"\0\0" + b"\x00\x02\xc0\x2f\x01\x00" + sized(named(CLIENT_ID))
    answer = b"\xfe\xfd" + answered + b"\0" + b"\xc0\x2f\x00" + sized(named(SERVER_ID))
    block, chain, seed = b"", b"", b"key expansion" + answered + random
    while len(block) < 40:
        chain = hmac.digest(master, chain or seed, "sha256")
        block += hmac.digest(master, chain + seed, "sha256")
    keys, salts = (block[:16], block[16:32]), (block[32:36], block[36:40])

    def seal(side: int, number: int, kind: int, content: bytes, identity: bytes) -> bytes:
        place, inner = b"\0\1" + number.to_bytes(6, "big"), content + bytes([kind]) + bytes(5)
        data = b"\xff" * 8 + b"\x19" + bytes([len(identity)]) + b"\x19\xfe\xfd" + place + identity
        sealed = AESGCM(keys[side]).encrypt(salts[side] + place, inner, data + len(inner).to_bytes(2, "big"))
        size = len(place + sealed).to_bytes(2, "big")
        return b"\x19\xfe\xfd" + place + identity + size + place + sealed

    log = f"CLIENT_RANDOM {random.hex()} {master.hex()}\n".encode()
    spoiled = seal(0, 2, 23, b"spoiled", SERVER_ID)
    flights = [
        (0, record(1, hello)), (1, record(2, answer)),
        (0, seal(0, 1, 23, b"asked", SERVER_ID)), (1, seal(1, 1, 23, b"answered", CLIENT_ID)),
        (0, spoiled[:-1] + bytes([spoiled[-1] ^ 1])), (0, seal(0, 3, 21, b"\1\0", SERVER_ID)),
    ]  # fmt: skip
    session = DtlsSession(key_log(log))
    assert said(session, flights) == (b"asked", b"answered")
    assert (session.opened, session.failed[reasons.NOT_AUTHENTIC]) == (3, 1)


def test_forged_epochs_do_not_turn_keys(connection: Connection) -> None:
    """A header says which epoch; only what opens says that there is one."""
    flights, client, _, log = connection
    flights.append((0, client.seal(3, 0, 23, b"before ")))
    for bits in (0, 1, 2, 3, 0, 1, 2, 3):
        flights.append((0, bytes([0x2C | bits]) + b"\x00\x01\x00\x28" + os.urandom(40)))
    flights += [(0, client.seal(3, 1, 23, b"after")), (0, client.updated().seal(4, 0, 23, b" turned"))]
    session = DtlsSession(key_log(log))
    assert said(session, flights) == (b"before after turned", b"")
    assert session.failed.total() == 8


@pytest.mark.parametrize("first", [False, True])
def test_forged_hellos_take_nothing_away(connection: Connection, first: bool) -> None:
    """Before and behind the true ones, of another's key and of no key, with a suite of their own."""
    flights, client, server, log = connection
    other, _, _, others_log = connected()
    forged = [(side, renumbered(data, number)) for number in (40, 41) for side, data in other[:2]]
    forged += [(int(IN), renumbered(record(2, b"\xfe\xfd" + bytes(32) + b"\0\x56\x78\x00"), 42))]
    spoken = [(0, client.seal(3, 0, 23, b"asked")), (1, server.seal(3, 0, 23, b"answered"))]
    told = [*forged, *flights] if first else [*flights[:1], *forged[::2], flights[1], *forged, *flights[2:]]
    session = DtlsSession(key_log(log + others_log))
    assert said(session, [*told, spoken[0], *forged, *spoken[1:]]) == (b"asked", b"answered")
    assert session.agreement is not None
    assert session.agreement.number == 0x1301


def renumbered(message: bytes, number: int) -> bytes:
    """The same handshake message with another message_seq, so that it is not taken for a repetition."""
    return message[:17] + number.to_bytes(2, "big") + message[19:]
