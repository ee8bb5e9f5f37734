"""Mails to a real SMTP server."""

from __future__ import annotations

import email
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from procwire.courier.hosts import Hosts, tls_context
from procwire.courier.smtp import Mail
from procwire.model.sink import LATER, OK, REFUSED, Sink
from tests.courier.servers import HOST, free_port, item, server_context


class Box:
    """Keeps mails, or refuses them."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.answer = "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.mails.append((envelope, session.ssl is not None))
        return self.answer

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 ok"


def sink(port: int, **fields: Any) -> Sink:
    given: dict[str, Any] = {
        "host": HOST,
        "port": port,
        "sender": "procwire@example.org",
        "recipients": ("soc@example.org",),
    }
    return Sink(name="m", kind="smtp", **(given | {"transport": "none"} | fields))


@pytest.fixture
def plain() -> Iterator[tuple[Box, int]]:
    box = Box()
    controller = Controller(box, hostname=HOST, port=free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


def test_a_mail_an_alert(plain: tuple[Box, int]) -> None:
    box, port = plain
    mail = Mail(Hosts([(HOST, port)]), sink(port), "", None)
    assert mail.carry([item(1, b'{"detail":"\xc3\xa4"}'), item(2)]) == [OK, OK]
    read = email.message_from_bytes(box.mails[0][0].content)
    assert (read["Subject"], read["Message-ID"], read["To"]) == (
        "subject 1",
        "<key-1@procwire>",
        "soc@example.org",
    )
    payload = read.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert '{"detail":"ä"}' in payload.decode()
    mail.abort()


def test_refused_for_good_or_for_now(plain: tuple[Box, int]) -> None:
    box, port = plain
    hosts = Hosts([(HOST, port)])
    fates = []
    for box.answer in ("554 spam", "451 later"):
        fates += [one.state for one in Mail(hosts, sink(port), "", None).carry([item(1)])]
    gone = Mail(hosts, sink(port, recipients=("nobody@example.org",)), "", None)
    fates += [one.state for one in gone.carry([item(1)])]
    fates += [one.state for one in Mail(hosts, sink(port, transport="starttls"), "", None).carry([item(1)])]
    assert fates == [REFUSED, LATER, REFUSED, LATER]


def test_a_subject_brings_no_headers_with_it(plain: tuple[Box, int]) -> None:
    _, port = plain
    mail = Mail(Hosts([(HOST, port)]), sink(port), "", None)
    assert mail.carry([item(1, b"x")])[0] is OK
    made = mail.message(item(2))
    assert "Bcc" not in made


def test_starttls_with_a_password(pair: tuple[Path, Path]) -> None:
    box = Box()

    def known(*given: Any) -> AuthResult:
        return AuthResult(success=given[4].password == b"s3cret", handled=False)

    controller = Controller(
        box, hostname=HOST, port=free_port(), tls_context=server_context(*pair), authenticator=known,
        auth_required=True,
    )  # fmt: skip
    controller.start()
    try:
        port = controller.port
        given = sink(port, transport="starttls", user="u")
        hosts, context = Hosts([(HOST, port)]), tls_context(str(pair[0]))
        assert Mail(hosts, given, "s3cret", context).carry([item(1)]) == [OK]
        assert box.mails[0][1]
        assert Mail(hosts, given, "wrong", context).carry([item(1)])[0].state == LATER
        with pytest.raises(OSError, match="certificate verify failed"):
            Mail(hosts, given, "s3cret", tls_context("")).carry([item(1)])
    finally:
        controller.stop()
