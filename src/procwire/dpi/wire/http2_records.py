"""What is told of HTTP/2 and gRPC: a record a request, a response, a call, and what ends a stream or all."""

from __future__ import annotations

from typing import Annotated, ClassVar

from procwire.dpi.wire.http_fields import bare
from procwire.dpi.wire.http_head import decode, masked
from procwire.dpi.wire.http_records import ADDRESS
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

GRPC = {0: "OK", 1: "CANCELLED", 2: "UNKNOWN", 3: "INVALID_ARGUMENT", 4: "DEADLINE_EXCEEDED", 5: "NOT_FOUND",
        6: "ALREADY_EXISTS", 7: "PERMISSION_DENIED", 8: "RESOURCE_EXHAUSTED", 9: "FAILED_PRECONDITION",
        10: "ABORTED", 11: "OUT_OF_RANGE", 12: "UNIMPLEMENTED", 13: "INTERNAL", 14: "UNAVAILABLE",
        15: "DATA_LOSS", 16: "UNAUTHENTICATED"}  # fmt: skip
ERRORS = {0: "NO_ERROR", 1: "PROTOCOL_ERROR", 2: "INTERNAL_ERROR", 3: "FLOW_CONTROL_ERROR",
          4: "SETTINGS_TIMEOUT", 5: "STREAM_CLOSED", 6: "FRAME_SIZE_ERROR", 7: "REFUSED_STREAM", 8: "CANCEL",
          9: "COMPRESSION_ERROR", 10: "CONNECT_ERROR", 11: "ENHANCE_YOUR_CALM", 12: "INADEQUATE_SECURITY",
          13: "HTTP_1_1_REQUIRED"}  # fmt: skip


class Http2Request(Observation, kw_only=True):
    """A request's head."""

    TABLE = "http2"
    SETS: ClassVar = {"server_name": "name"}
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    NAME_SOURCE = "http-host"
    message: Annotated[str, says("request, response or reset.")] = "request"
    stream: Annotated[int, says("Stream of the exchange.")]
    method: Annotated[str, says("Request method.")]
    scheme: Annotated[str, says("Scheme of the target.")]
    host: Annotated[str, says("Host asked for, without port.")]
    path: Annotated[str, says("Path and query; secrets in it are masked.")]
    user_agent: Annotated[str, says("user-agent field.")]
    content_type: Annotated[str, says("content-type field.")]
    authorization: Annotated[str, says("Scheme of the credentials sent; never the credentials.")]
    credentials: Annotated[bool, says("Whether credentials were sent.")]
    protocol: Annotated[str, says("Protocol asked for by an extended CONNECT (RFC 8441).")] = ""
    pushed: Annotated[bool, says("The server made it up, to push its response.")] = False

    @property
    def name(self) -> str:
        """The host where it is a name, empty where it is an address."""
        return "" if self.pushed or ADDRESS.match(self.host) else self.host


class Http2Response(Observation, kw_only=True):
    """A response's head, with what was asked."""

    TABLE = "http2"
    message: Annotated[str, says("request, response or reset.")] = "response"
    stream: Annotated[int, says("Stream of the exchange.")]
    status: Annotated[int, says("Status code.")]
    method: Annotated[str, says("Method of the request this answers, where seen.")]
    host: Annotated[str, says("Host of the request this answers, where seen.")]
    path: Annotated[str, says("Path of the request this answers, where seen.")]
    content_type: Annotated[str, says("content-type field.")]
    content_length: Annotated[int | None, says("Length of the body, where announced.", kind=Kind.SIZE)]
    server: Annotated[str, says("server field.")]
    latency: Annotated[
        int | None, says("From the end of the request's head to that of this one.", kind=Kind.DURATION)
    ]


class Http2Reset(Observation, kw_only=True):
    """One side gave up a stream, or the connection."""

    TABLE = "http2"
    message: Annotated[str, says("request, response or reset.")] = "reset"
    stream: Annotated[int, says("Stream given up; 0 for the connection.")]
    error: Annotated[str, says("Error, by its registered name.")]
    path: Annotated[str, says("Path of the request that was given up, where seen.")] = ""


class GrpcCall(Observation, kw_only=True):
    """A call has ended."""

    TABLE = "grpc"
    service: Annotated[str, says("Service, with its package.")]
    method: Annotated[str, says("Method of the service.")]
    host: Annotated[str, says("Host asked for, without port.")]
    status: Annotated[str, says("Status, by its registered name.")]
    code: Annotated[int | None, says("Status code; none where the call ended without one.")]
    text: Annotated[str, says("Message that goes with the status.")]
    content_type: Annotated[str, says("content-type of the call.")]
    request_bytes: Annotated[int, says("Bytes of the messages sent, as carried.", kind=Kind.SIZE)]
    response_bytes: Annotated[int, says("Bytes of the messages received, as carried.", kind=Kind.SIZE)]
    latency: Annotated[int, says("From the request's head to the status.", kind=Kind.DURATION)]


def text(fields: dict[bytes, bytes], name: bytes) -> str:
    """A field as one line."""
    value = fields.get(name)
    return decode(value[:1024]) if value else ""


def request(fields: dict[bytes, bytes], stream: int, seen: tuple[int, int], *, pushed: bool) -> Http2Request:
    """The record of a request; ``seen``: side and time."""
    given = fields.get(b"authorization") or fields.get(b"proxy-authorization") or b""
    target = text(fields, b":path")
    path = masked(target) if "=" in target or "@" in target else target
    authority = text(fields, b":authority") or text(fields, b"host")
    return Http2Request(
        time=seen[1],
        side=seen[0],  # type: ignore[arg-type]
        stream=stream,
        method=text(fields, b":method"),
        scheme=text(fields, b":scheme"),
        host=bare(authority.rpartition("@")[2]),
        path=path,
        user_agent=text(fields, b"user-agent"),
        content_type=text(fields, b"content-type"),
        authorization=decode(given.split(b" ", 1)[0][:32]) if b" " in given else "",
        credentials=bool(given) or path != target,
        protocol=text(fields, b":protocol"),
        pushed=pushed,
    )


def status_of(fields: dict[bytes, bytes]) -> tuple[int | None, str]:
    """(code, message) of a gRPC status in trailers."""
    raw = fields.get(b"grpc-status", b"")
    return (int(raw) if raw.isdigit() and len(raw) < 6 else None), text(fields, b"grpc-message")
