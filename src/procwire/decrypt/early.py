"""Early data of TLS 1.3 that comes before the server has chosen a suite (RFC 8446 section 4.2.10)."""

from __future__ import annotations

from procwire.decrypt.ciphers import Cipher, Modern
from procwire.decrypt.records import Record
from procwire.decrypt.suites import suite_of
from procwire.decrypt.vault import Secret, Vault

TLS13_SUITES = (0x1301, 0x1302, 0x1303, 0x1304, 0x1305)


def early_cipher(secret: Secret, offered: bytes, record: Record, vault: Vault) -> Cipher | None:
    """The cipher of one of the suites offered that opens a first record of early data."""
    for at in range(0, len(offered) - 1, 2):
        number = int.from_bytes(offered[at : at + 2], "big")
        suite = suite_of(number) if number in TLS13_SUITES else None
        if suite is not None and len(secret) == (48 if suite.digest == "sha384" else 32):
            cipher = Modern(suite, secret.view, vault)
            if cipher.open(0, record[0], record[1]) is not None:
                return cipher
    return None
