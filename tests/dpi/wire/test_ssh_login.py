"""Guessing the end of a login by sizes."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.ssh_login import MAX_BURSTS, LoginGuess, smallest


@pytest.mark.parametrize(
    ("cipher", "mac", "size"),
    [
        ("chacha20-poly1305@openssh.com", "", 28),
        ("aes128-gcm@openssh.com", "", 36),
        ("aes256-ctr", "hmac-sha2-256-etm@openssh.com", 52),
        ("aes256-ctr", "hmac-sha2-256", 48),
        ("3des-cbc", "hmac-sha1", 28),
    ],
)
def test_smallest_packet(cipher: str, mac: str, size: int) -> None:
    assert smallest(cipher, mac) == size


def guess(*sizes: int) -> LoginGuess:
    """Bursts of client and server in turn, the server's service accept second."""
    made = LoginGuess(28)
    for number, size in enumerate(sizes):
        made.see(number % 2 == 0, size)
    made.end()
    return made


def test_success_and_refusal() -> None:
    assert guess(44, 44, 60, 52, 100, 28, 90).result == "accepted"
    accepted = guess(44, 44, 60, 52, 600, 28 + 900, 90)
    assert (accepted.result, accepted.attempts) == ("accepted", 2)
    refused = guess(44, 44, 60, 52, 100, 52)
    assert (refused.result, refused.attempts, refused.method) == ("refused", 2, "unknown")
    assert guess(44, 44, 60, 52, 600).method == "publickey"


def test_gives_up() -> None:
    made = guess(*[60] * 200)
    assert made.done
    assert made.attempts <= MAX_BURSTS * 2
