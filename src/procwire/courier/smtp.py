"""A mail for each alert, over STARTTLS, TLS from the start, or neither; the key is the Message-ID."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any

from procwire.courier.contract import MAX_REASON
from procwire.courier.hosts import Hosts, secured, shut
from procwire.model.sink import LATER, OK, REFUSED, Item, Result, Sink
from procwire.model.values import SECOND


class _Client(smtplib.SMTP):
    """Connects through Hosts."""

    def __init__(self, hosts: Hosts, context: ssl.SSLContext | None, timeout: float) -> None:
        self._hosts = hosts
        self._context = context
        super().__init__(local_hostname=socket.gethostname() or "localhost", timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = self._hosts.connect(host, port, timeout)
        return made if self._context is None else secured(made, self._context, host)


class Mail:
    """See Carrier. ``context`` None: never encrypted, as configured."""

    def __init__(self, hosts: Hosts, sink: Sink, secret: str, context: ssl.SSLContext | None) -> None:
        self._hosts = hosts
        self._sink = sink
        self._secret = secret
        self._context = context
        self._client: _Client | None = None

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        try:
            self._client = client = self._opened()
        except smtplib.SMTPException as error:
            return [Result(LATER, _said(error))] * len(items)
        try:
            return [self._one(client, item) for item in items]
        finally:
            client.close()
            self._client = None

    def abort(self) -> None:
        """See Carrier."""
        shut(self._client.sock if self._client is not None else None)

    def _opened(self) -> _Client:
        sink = self._sink
        client = _Client(
            self._hosts, self._context if sink.transport == "tls" else None, sink.timeout_ns / SECOND
        )
        self._client = client
        try:
            client._host = sink.host  # type: ignore[attr-defined]  # what STARTTLS checks the certificate for
            code, words = client.connect(sink.host, sink.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, words)
            if sink.transport == "starttls":
                client.starttls(context=self._context)
            if sink.user:
                client.login(sink.user, self._secret)
        except (OSError, smtplib.SMTPException):
            client.close()
            raise
        return client

    def _one(self, client: _Client, item: Item) -> Result:
        try:
            client.send_message(self.message(item))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            state = REFUSED if all(code >= 500 for code in codes) else LATER
            return Result(state, f"no recipient was taken: {codes}"[:MAX_REASON])
        except smtplib.SMTPResponseException as error:
            return Result(REFUSED if error.smtp_code >= 500 else LATER, _said(error))
        except smtplib.SMTPException as error:
            return Result(LATER, _said(error))
        return OK

    def message(self, item: Item) -> EmailMessage:
        """The mail."""
        made = EmailMessage()
        made["Subject"] = item.subject
        made["From"] = self._sink.sender
        made["To"] = ", ".join(self._sink.recipients)
        made["Date"] = formatdate(item.time / SECOND)
        made["Message-ID"] = f"<{item.key}@procwire>"
        made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's out-of-office answers it
        made.set_content(f"{item.subject}\n\n{item.body.decode('utf-8', 'replace')}\n")
        return made


def _said(error: Any) -> str:
    code = getattr(error, "smtp_code", "")
    words = getattr(error, "smtp_error", b"") or str(error)
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return f"{code} {text}".strip()[:MAX_REASON] or type(error).__name__
