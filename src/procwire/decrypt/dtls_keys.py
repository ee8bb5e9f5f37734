"""What a client's and a server's hello of DTLS agreed on, and the keys that follow from it.

Up to DTLS 1.2 each record carries its epoch and number. DTLS 1.3 hides both: the number is unmasked first,
the epoch's low bits choose the keys (RFC 9147 section 4). Keys turn when a record opens under the next ones,
never by what a record claims: anybody can write such a header.
"""

from __future__ import annotations

from typing import NamedTuple

from procwire.decrypt import keylog as log
from procwire.decrypt.ciphers import TLS11, TLS12, Agreed, Cipher, Modern, Opened, Sealed, legacy_pair
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.quic_cipher import full_number
from procwire.decrypt.schedule import expand_label, next_secret
from procwire.decrypt.session import ENCRYPT_THEN_MAC, TLS13_SUITES
from procwire.decrypt.suites import CHACHA, Suite, suite_of
from procwire.decrypt.vault import Secret
from procwire.dpi.wire import tls_hello
from procwire.dpi.wire.dtls_record import NAMED

DTLS10, DTLS13 = 0xFEFF, 0xFEFC
HANDSHAKE_EPOCH, TRAFFIC_EPOCH = 2, 3  # of DTLS 1.3 (RFC 9147 section 6.1)
PREFIX = "dtls13"
CONNECTION_ID = 54  # extension, RFC 9146 section 3
SAMPLE_BYTES = 16

Record = tuple[int, bytes, bytes]  # epoch (low bits where negative: -1 - bits), header, body


class Keys13:
    """One direction's keys of one epoch of DTLS 1.3."""

    __slots__ = ("_following", "_keys", "cipher", "largest", "mask_key", "secret", "suite")

    def __init__(self, suite: Suite, secret: Secret, keys: KeyLog) -> None:
        self.suite = suite
        self.secret = secret
        self.cipher = Modern(suite, secret.view, keys.vault, prefix=PREFIX)
        sn = expand_label(suite.digest, secret.view, "sn", suite.key_bytes, prefix=PREFIX)
        self.mask_key = keys.vault.keep(sn)
        self.largest = -1
        self._keys = keys
        self._following: Keys13 | None = None

    def following(self) -> Keys13:
        """Those after a KeyUpdate; made once, however often a record claims to be under them."""
        if self._following is None:
            fresh = next_secret(self.suite.digest, self.secret.view, prefix=PREFIX)
            self._following = Keys13(self.suite, self._keys.vault.keep(fresh), self._keys)
        return self._following

    def open(self, header: bytes, body: bytes) -> Opened | None:
        """A record with a unified header; the mask is RFC 9147 section 4.2.3's."""
        if len(body) < SAMPLE_BYTES:
            return None
        size = 2 if header[0] & 8 else 1
        at = len(header) - size - (2 if header[0] & 4 else 0)  # behind a connection id
        mask = self._mask(body[:SAMPLE_BYTES])
        hidden = int.from_bytes(header[at : at + size], "big")
        low = hidden ^ int.from_bytes(mask[:size], "big")
        number = full_number(low, 8 * size, self.largest)
        plain = header[:at] + low.to_bytes(size, "big") + header[at + size :]
        opened = self.cipher.open(number, plain, body)
        if opened is not None:
            self.largest = max(self.largest, number)
        return opened

    def _mask(self, sample: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers import Cipher as Machine
        from cryptography.hazmat.primitives.ciphers import algorithms, modes

        if self.suite.kind == CHACHA:
            return bytes(
                Machine(algorithms.ChaCha20(self.mask_key.view, sample), None).encryptor().update(bytes(2))
            )
        return bytes(Machine(algorithms.AES(self.mask_key.view), modes.ECB()).encryptor().update(sample))  # noqa: S305


class Asked(NamedTuple):
    """A client's hello: its side, its random, and its extension connection_id."""

    client: int
    random: bytes
    identity: bytes | None


class Agreement:
    """See the module."""

    def __init__(self, keys: KeyLog, asked: Asked, hello: tls_hello.Hello) -> None:
        self._log = keys
        self.client, self.random = asked.client, asked.random
        self.version = tls_hello.chosen_version(hello)
        self.number = int.from_bytes(hello.ciphers[:2], "big")
        known = self.version != DTLS13 or self.number in TLS13_SUITES
        self.suite: Suite | None = suite_of(self.number) if known else None
        self.id_bytes = [0, 0]  # of the connection ids that a side sends to
        self._server_random = hello.random
        self._mac_after = ENCRYPT_THEN_MAC in hello.bodies
        self._legacy: tuple[Cipher, Cipher] | None = None
        self._modern: dict[tuple[int, int], Keys13] = {}
        chosen = hello.bodies.get(CONNECTION_ID)
        if chosen and asked.identity:
            self.id_bytes[self.client] = chosen[0]
            self.id_bytes[1 - self.client] = asked.identity[0]

    @property
    def keyless(self) -> bool:
        """Whether the log has nothing for it now."""
        return self._log.get(self.random) is None

    def close(self) -> None:
        """Let go of the keys; what was agreed on can still be told."""
        self._legacy = None
        self._modern.clear()

    def open(self, side: int, record: Record) -> tuple[bool, Opened | None]:
        """Whether the keys are there, and what they open."""
        epoch, header, body = record
        if epoch < 0:
            return self._open_modern(side, -1 - epoch, header, body)
        pair = self._pair()
        if pair is None:
            return False, None
        number = int.from_bytes(header[3:11], "big")
        cipher = pair[0 if side == self.client else 1]
        if header[0] == NAMED:
            return True, cipher.open_named(number, header, body) if isinstance(cipher, Sealed) else None
        return True, cipher.open(number, header[:3] + header[11:13], body)

    def _pair(self) -> tuple[Cipher, Cipher] | None:
        """Both directions' ciphers up to DTLS 1.2, which is TLS 1.2; DTLS 1.0 is TLS 1.1."""
        if self._legacy is None and self.suite is not None:
            known = self._log.get(self.random)
            master = known.get(log.MASTER) if known is not None else None
            if master is not None:
                how = Agreed(vault=self._log.vault, mac_after=self._mac_after)
                version = TLS11 if self.version == DTLS10 else TLS12
                randoms = (self.random, self._server_random)
                self._legacy = legacy_pair(self.suite, version, master.view, randoms, how)
        return self._legacy

    def _open_modern(self, side: int, bits: int, header: bytes, body: bytes) -> tuple[bool, Opened | None]:
        if not any(where == side for where, _ in self._modern):
            self._begin(side)
        last = max((epoch for where, epoch in self._modern if where == side), default=0)
        tried = False
        if last >= TRAFFIC_EPOCH and bits == (last + 1) & 3:
            tried = True
            opened = self._modern[side, last].following().open(header, body)
            if opened is not None:
                self._update(side, last)
                return True, opened
        for epoch in range(last, 0, -1):
            keys = self._modern.get((side, epoch)) if epoch & 3 == bits else None
            if keys is not None:
                tried = True
                opened = keys.open(header, body)
                if opened is not None:
                    return True, opened
        return tried, None

    def _begin(self, side: int) -> None:
        known = self._log.get(self.random)
        if known is None or self.suite is None:
            return
        client = side == self.client
        for epoch, label in (
            (1, log.CLIENT_EARLY if client else ""),
            (HANDSHAKE_EPOCH, log.CLIENT_HANDSHAKE if client else log.SERVER_HANDSHAKE),
            (TRAFFIC_EPOCH, log.CLIENT_TRAFFIC if client else log.SERVER_TRAFFIC),
        ):
            secret = known.get(label)
            if secret is not None:
                self._modern[side, epoch] = Keys13(self.suite, secret, self._log)

    def _update(self, side: int, last: int) -> None:
        """The epoch after a KeyUpdate; that before the last is let go."""
        self._modern[side, last + 1] = self._modern[side, last].following()
        self._modern.pop((side, last - 1), None)
