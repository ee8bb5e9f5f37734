"""What is told of an HTTP exchange: a record a request's head, a record a response's (RFC 9110).

They are declared here and filled in by ``protocols.http``; no credentials are kept in them.
"""

from __future__ import annotations

from typing import Annotated

from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

ADDRESS = lazy(r"[0-9.]+\Z|.*:")


class HttpRequest(Observation, kw_only=True):
    """A request's head."""

    TABLE = "http"
    SETS = {"server_name": "name"}  # noqa: RUF012
    NAME_SOURCE = "http-host"
    RISKS = {"credentials": "cleartext-credentials", "faults": "malformed-message"}  # noqa: RUF012
    message: Annotated[str, says("request or response.")] = "request"
    method: Annotated[str, says("Request method.")]
    host: Annotated[str, says("Host asked for: of the absolute target, else the Host field; no port.")]
    path: Annotated[str, says("Request target; secrets in it are masked.")]
    version: Annotated[str, says("HTTP version of the message.")]
    user_agent: Annotated[str, says("User-Agent field.")] = ""
    referer: Annotated[str, says("Referer field; secrets in it are masked.")] = ""
    content_type: Annotated[str, says("Content-Type field.")] = ""
    content_length: Annotated[int | None, says("Length of the body, where announced.", kind=Kind.SIZE)] = None
    upgrade: Annotated[str, says("Protocol the client offers to change to.")] = ""
    authorization: Annotated[str, says("Scheme of the credentials sent; never the credentials.")] = ""
    credentials: Annotated[bool, says("Whether credentials were sent: in a field or in the URL.")] = False
    faults: Annotated[tuple[str, ...], says("Breaches of the format, such as both length and chunks.")] = ()

    @property
    def name(self) -> str:
        """The host where it is a name, empty where it is an address."""
        return "" if ADDRESS.match(self.host) else self.host


class HttpResponse(Observation, kw_only=True):
    """A response's head, with what was asked."""

    TABLE = "http"
    RISKS = {"faults": "malformed-message"}  # noqa: RUF012
    message: Annotated[str, says("request or response.")] = "response"
    status: Annotated[int, says("Status code.")]
    reason: Annotated[str, says("Reason phrase.")]
    version: Annotated[str, says("HTTP version of the message.")]
    method: Annotated[str, says("Method of the request this answers, where seen.")] = ""
    host: Annotated[str, says("Host of the request this answers, where seen.")] = ""
    path: Annotated[str, says("Target of the request this answers, where seen.")] = ""
    content_type: Annotated[str, says("Content-Type field.")] = ""
    content_length: Annotated[int | None, says("Length of the body, where announced.", kind=Kind.SIZE)] = None
    server: Annotated[str, says("Server field.")] = ""
    location: Annotated[str, says("Location field; secrets in it are masked.")] = ""
    latency: Annotated[
        int | None, says("From the end of the request's head to that of this one.", kind=Kind.DURATION)
    ] = None
    faults: Annotated[tuple[str, ...], says("Breaches of the format, such as both length and chunks.")] = ()
