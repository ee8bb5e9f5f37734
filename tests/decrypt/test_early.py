"""Which of the suites offered early data is under."""

from __future__ import annotations

import pytest

from procwire.decrypt.early import TLS13_SUITES, early_cipher
from procwire.decrypt.vault import Vault
from tests.decrypt.dialogue import Hand


@pytest.mark.parametrize("suite", TLS13_SUITES)
def test_the_suite_is_found_by_trying(suite: int) -> None:
    hand, vault = Hand(suite), Vault()
    sealed = hand.sealers["CLIENT_EARLY_TRAFFIC_SECRET"].seal(23, b"early")
    record = sealed[:5], sealed[5:]
    offered = b"\xc0\x2f" + b"".join(number.to_bytes(2, "big") for number in TLS13_SUITES) + b"\xff"
    secret = vault.keep(bytearray(hand.secrets["CLIENT_EARLY_TRAFFIC_SECRET"]))
    cipher = early_cipher(secret, offered, record, vault)
    assert cipher is not None
    assert cipher.open(0, *record) == (23, b"early")
    assert early_cipher(secret, b"\xc0\x2f", record, vault) is None
