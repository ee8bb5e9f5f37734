"""What is told of HTTP/3: a record a request, a response, a reset (RFC 9114); the columns are HTTP/2's."""

from __future__ import annotations

from procwire.dpi.wire.http2_records import Http2Request, Http2Reset, Http2Response


class Http3Request(Http2Request, kw_only=True):
    """A request's head."""

    TABLE = "http3"


class Http3Response(Http2Response, kw_only=True):
    """A response's head, with what was asked."""

    TABLE = "http3"


class Http3Reset(Http2Reset, kw_only=True):
    """One side gave up a stream."""

    TABLE = "http3"


OBSERVATIONS = (Http3Request, Http3Response, Http3Reset)
