"""Agreements: who sends to which ids, what the log has of them, and keys that turn by what opens."""

from __future__ import annotations

import os

from procwire.decrypt.dtls_keys import DTLS13, Agreement, Asked, Keys13
from procwire.decrypt.suites import suite_of
from procwire.dpi.wire import tls_hello
from tests.decrypt.dialogue import IN, OUT, key_log
from tests.decrypt.test_dtls_session import Hand, connected, named, sized


def hello(suite: int) -> tls_hello.Hello:
    answer = b"\xfe\xfd" + os.urandom(32) + b"\0" + suite.to_bytes(2, "big") + b"\x00"
    return tls_hello.read_server_hello(answer + sized(b"\x00\x2b\x00\x02\xfe\xfc" + named(b"srv")))


def test_what_was_agreed_on() -> None:
    made = Agreement(key_log(b""), Asked(int(OUT), os.urandom(32), b"\x05client"), hello(0x1301))
    assert (made.version, made.number, made.id_bytes) == (DTLS13, 0x1301, [3, 5])
    assert made.keyless
    assert made.open(0, (-1 - 3, b"\x2f\0\0\0\x20", bytes(32))) == (False, None)
    assert Agreement(key_log(b""), Asked(int(IN), b"", None), hello(0xC02F)).suite is None


def test_the_keys_behind_an_update_are_made_once() -> None:
    _, client, _, log = connected()
    keys, suite = key_log(log), suite_of(0x1301)
    assert suite is not None
    first = Keys13(suite, keys.vault.keep(bytearray(client.secret)), keys)
    assert first.following() is first.following()
    turned = client.updated().seal(4, 9, 23, b"turned")
    assert first.open(turned[:5], turned[5:]) is None
    opened = first.following().open(turned[:5], turned[5:])
    assert opened is not None
    assert opened[1] == b"turned"
    assert isinstance(client, Hand)
