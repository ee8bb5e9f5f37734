# cython: language_level=3
"""How observations are filled from the head of an HTTP/1.x message.

It reads no bytes. Secrets in targets and references are masked before they get here.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.dpi.wire.http_fields import credentials, target
from procwire.dpi.wire.http_head import masked
from procwire.dpi.wire.http_records import ADDRESS, HttpRequest, HttpResponse
from procwire.model.observation import Observation
from procwire.model.streams import Direction

if cython.compiled:
    from cython.cimports.procwire.dpi.wire.http_head import Head
else:
    from procwire.dpi.wire.http_head import Head


class HttpBrief(Observation, kw_only=True):
    """What a head writes to its flow, for when nobody reads the rest."""

    SETS = {"server_name": "name"}  # noqa: RUF012
    NAME_SOURCE = "http-host"
    RISKS = HttpRequest.RISKS
    host: str
    credentials: bool = False
    faults: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """See HttpRequest."""
        return "" if ADDRESS.match(self.host) else self.host


def told_request(head: Head, length: int | None, upgrade: str, side: Direction, now: int) -> HttpRequest:
    """The observation of a request's head; ``length``: of its body, where announced."""
    host, path, secret = target(head)
    scheme, sent = credentials(head)
    return HttpRequest(
        time=now,
        side=side,
        method=head.method,
        host=host,
        path=path,
        version=head.version,
        user_agent=head.text(b"user-agent"),
        referer=masked(head.text(b"referer")),
        content_type=head.text(b"content-type"),
        content_length=length,
        upgrade=upgrade,
        authorization=scheme,
        credentials=sent or secret,
        faults=tuple(head.faults),
    )


def told_response(
    head: Head, length: int | None, asked: tuple[Any, ...], side: Direction, now: int
) -> HttpResponse:
    """The observation of a response's head; ``asked``: what the request was."""
    method, host, path, since, _ = asked
    return HttpResponse(
        time=now,
        side=side,
        status=head.status,
        reason=head.reason,
        version=head.version,
        method=method,
        host=host,
        path=path,
        content_type=head.text(b"content-type"),
        content_length=length,
        server=head.text(b"server"),
        location=masked(head.text(b"location")),
        latency=now - since if since >= 0 else None,
        faults=tuple(head.faults),
    )
