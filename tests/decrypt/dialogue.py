"""TLS with its key log: dialogues that OpenSSL makes in this process, and records that are sealed by hand."""

from __future__ import annotations

import hmac
import os
import ssl
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import aead
from cryptography.x509.oid import NameOID

from procwire.decrypt.keylog import KeyLog
from procwire.model.streams import Direction
from tests.dpi.tls_dialogue import DAY, EPOCH, issue

OUT, IN = Direction.OUT, Direction.IN
Flights = list[tuple[Direction, bytes]]


class Spoken(NamedTuple):
    """What was sent, what was said, and the keys."""

    flights: Flights
    said: tuple[bytes, bytes]
    keys: bytes
    cipher: str


@lru_cache
def rsa_pair() -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server.example")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(EPOCH).not_valid_after(EPOCH + 3650 * DAY)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + private


def _context(side: int, version: str, ciphers: str, folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if side == 0 else ssl.PROTOCOL_TLS_SERVER)
    if side == 0:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.keylog_filename = str(folder / "keys")
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.options &= ~ssl.OP_NO_SSLv3
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    return context


class Dialogue:
    """Two ends that talk through memory; every byte is kept in ``flights``."""

    def __init__(self, version: str = "TLSv1_3", ciphers: str = "ALL:COMPLEMENTOFALL") -> None:
        self._folder = TemporaryDirectory()
        folder = Path(self._folder.name)
        self.contexts = [_context(side, version, ciphers, folder) for side in (0, 1)]
        for number, pem in enumerate((rsa_pair(), b"".join(issue()))):
            (folder / f"{number}.pem").write_bytes(pem)
            self.contexts[1].load_cert_chain(folder / f"{number}.pem")
        self.flights: Flights = []
        self.said = [b"", b""]

    def authenticate(self) -> None:
        """The server asks for a certificate, and the client has one."""
        pair = Path(self._folder.name) / "0.pem"
        self.contexts[0].load_cert_chain(pair)
        self.contexts[1].load_verify_locations(pair)
        self.contexts[1].verify_mode = ssl.CERT_REQUIRED

    def run(
        self, says: list[tuple[int, bytes]], session: ssl.SSLSession | None = None, *, ask_later: bool = False
    ) -> Spoken:
        """``ask_later``: the server asks for a certificate with the first that it says."""
        into = (ssl.MemoryBIO(), ssl.MemoryBIO())
        out = (ssl.MemoryBIO(), ssl.MemoryBIO())
        ends = [
            self.contexts[0].wrap_bio(into[0], out[0], server_hostname="server.example", session=session),
            self.contexts[1].wrap_bio(into[1], out[1], server_side=True),
        ]

        def carry() -> None:
            for side in (0, 1):
                if data := out[side].read():
                    self.flights.append((Direction(side), data))
                    into[1 - side].write(data)

        waiting = list(ends)
        for _ in range(10):
            for end in tuple(waiting):
                try:
                    end.do_handshake()
                    waiting.remove(end)
                except ssl.SSLWantReadError:
                    pass
                carry()
        if ask_later:
            ends[1].verify_client_post_handshake()
        for side, data in says:
            ends[side].write(data)
            carry()
            got = b""
            while len(got) < len(data):
                got += ends[1 - side].read(1 << 16)
            self.said[side] += data
        self.session = ends[0].session
        keys = (Path(self._folder.name) / "keys").read_bytes()
        cipher = ends[0].cipher()
        assert cipher is not None
        return Spoken(self.flights, (self.said[0], self.said[1]), keys, cipher[0])


def key_log(text: bytes, *, complete: bool = True) -> KeyLog:
    keys = KeyLog()
    keys.feed(bytearray(text))
    keys.end()
    keys.complete = complete
    return keys


# TLS 1.3 by hand, with secrets of one's own choice.


def expand(digest: str, secret: bytes, label: str, length: int, prefix: str = "tls13 ") -> bytes:
    """HKDF-Expand-Label by the library's HKDF: an oracle for procwire's own."""
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

    name = (prefix + label).encode()
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    return HKDFExpand({"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}[digest], length, info).derive(
        secret
    )


SUITES = {
    0x1301: ("sha256", 16, aead.AESGCM, {}), 0x1302: ("sha384", 32, aead.AESGCM, {}),
    0x1303: ("sha256", 32, aead.ChaCha20Poly1305, {}), 0x1304: ("sha256", 16, aead.AESCCM, {}),
    0x1305: ("sha256", 16, aead.AESCCM, {"tag_length": 8}),
}  # fmt: skip


class Sealer:
    """Seals records of one direction."""

    def __init__(self, suite: int, secret: bytes) -> None:
        self.digest, size, make, how = SUITES[suite]
        self.suite, self.secret = suite, secret
        self._aead: Any = make(expand(self.digest, secret, "key", size), **how)
        self._iv = expand(self.digest, secret, "iv", 12)
        self.number = 0

    def seal(self, kind: int, content: bytes, padding: int = 0) -> bytes:
        inner = content + bytes([kind]) + bytes(padding)
        tag = 8 if self.suite == 0x1305 else 16
        header = b"\x17\x03\x03" + (len(inner) + tag).to_bytes(2, "big")
        nonce = (int.from_bytes(self._iv, "big") ^ self.number).to_bytes(12, "big")
        self.number += 1
        return header + bytes(self._aead.encrypt(nonce, inner, header))

    def updated(self) -> Sealer:
        return Sealer(self.suite, expand(self.digest, self.secret, "traffic upd", len(self.secret)))


class Hand:
    """A connection of which every record is made here: hellos, then whatever a test seals."""

    def __init__(self, suite: int = 0x1301, *, early: bool = False) -> None:
        size = hmac.new(b"", b"", SUITES[suite][0]).digest_size
        self.random = os.urandom(32)
        self.secrets = {
            name: os.urandom(size)
            for name in ("CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                         "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
                         "SERVER_TRAFFIC_SECRET_0")
        }  # fmt: skip
        self.sealers = {name: Sealer(suite, secret) for name, secret in self.secrets.items()}
        versions = b"\x00\x2b\x00\x03\x02\x03\x04" + (b"\x00\x2a\x00\x00" if early else b"")
        self.client_hello = _record(
            1, _hello(self.random, b"\x00\x02" + suite.to_bytes(2, "big") + b"\x01\x00", versions)
        )
        chosen = b"\x00\x2b\x00\x02\x03\x04"
        self.server_hello = _record(2, _hello(os.urandom(32), suite.to_bytes(2, "big") + b"\x00", chosen))

    def lines(self, *names: str) -> bytes:
        wanted = names or tuple(self.secrets)
        return b"".join(
            f"{name} {self.random.hex()} {self.secrets[name].hex()}\n".encode() for name in wanted
        )

    def finished(self, client: bool) -> bytes:
        sealer = self.sealers[f"{'CLIENT' if client else 'SERVER'}_HANDSHAKE_TRAFFIC_SECRET"]
        return sealer.seal(22, b"\x14\x00\x00\x20" + bytes(32))

    def said(self, client: bool, data: bytes, padding: int = 0) -> bytes:
        sealer = self.sealers[f"{'CLIENT' if client else 'SERVER'}_TRAFFIC_SECRET_0"]
        return sealer.seal(23, data, padding)

    def shake(self) -> Flights:
        return [
            (OUT, self.client_hello),
            (IN, self.server_hello + self.finished(False)),
            (OUT, self.finished(True)),
        ]


def _hello(random: bytes, middle: bytes, extensions: bytes) -> bytes:
    return b"\x03\x03" + random + b"\0" + middle + len(extensions).to_bytes(2, "big") + extensions


def _record(kind: int, body: bytes) -> bytes:
    message = bytes([kind]) + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


__all__ = ["IN", "OUT", "Dialogue", "Hand", "Sealer", "Spoken", "key_log"]
