# cython: language_level=3
"""What the fields of an HTTP/1.x head mean: where the body ends, who is asked, whether credentials were sent.

Refuses to hide an ambiguity: what two readers could take differently (request smuggling) is a fault.
"""

from __future__ import annotations

import cython

from procwire.dpi.wire.http_head import MASK, decode, masked
from procwire.model.patterns import lazy

if cython.compiled:
    from cython.cimports.procwire.dpi.wire.http_head import Head
else:
    from procwire.dpi.wire.http_head import Head

_LENGTH = lazy(rb"[0-9]{1,18}\Z")


def framing(head: Head) -> tuple[bool, int | None]:
    """(chunked, length) of RFC 9112 section 6; what two readers could take differently is a fault."""
    coding = head.fields.get(b"transfer-encoding")
    length: int | None = None
    announced = head.fields.get(b"content-length")
    if coding is None and (announced is None or (len(announced) <= 18 and announced.isdigit())):
        return False, None if announced is None else int(announced)  # the usual forms of what follows
    if announced is not None:
        parts = {part.strip() for part in announced.split(b",")}
        if len(parts) > 1:
            head.faults.append("conflicting-content-length")
        first = announced.split(b",")[0].strip()
        if _LENGTH.match(first):
            length = int(first)
        else:
            head.faults.append("bad-content-length")
    if coding is None:
        return False, length
    if announced is not None:
        head.faults.append("length-and-transfer-encoding")
    if coding.lower().split(b",")[-1].strip() != b"chunked":
        head.faults.append("unknown-transfer-coding")
        return False, None
    if head.version == "1.0":
        head.faults.append("transfer-encoding-in-1.0")
    return True, length


def target(head: Head) -> tuple[str, str, bool]:
    """(host, path, whether the URL had credentials) of a request (RFC 9112 section 3.2)."""
    target = head.target
    if head.method == "CONNECT":
        host = target
    elif target[:1] in {"/", "*"} or "://" not in target[:32]:
        host = head.text(b"host")
    else:
        host = target.split("://", 1)[1].split("/", 1)[0].split("?", 1)[0]
    path = masked(target) if "=" in target or "@" in target else target
    secret = path != target
    if "@" in host:
        host = host.rsplit("@", 1)[1]
        secret = True
        if head.method == "CONNECT":
            path = f"{MASK}@{host}"
    return bare(host), path, secret


def bare(host: str) -> str:
    """Without port and brackets, in lower case."""
    if host[:1] == "[":
        return host[1:].split("]", 1)[0].lower()
    return host.split(":", 1)[0].lower().rstrip(".") if host.count(":") <= 1 else host.lower()


def credentials(head: Head) -> tuple[str, bool]:
    """(scheme, whether credentials were sent): the scheme only where a value follows it."""
    value = head.fields.get(b"authorization") or head.fields.get(b"proxy-authorization")
    if not value:
        return "", False
    scheme, _, rest = value.partition(b" ")
    if not rest or len(scheme) > 32 or not scheme.replace(b"-", b"").isalnum():
        return MASK, True
    return decode(scheme).lower(), True


def streams_events(head: Head) -> cython.bint:
    """Whether a response goes on as server-sent events, as they are."""
    kind: bytes = head.fields.get(b"content-type", b"")
    return kind[:17].lower() == b"text/event-stream" and b"content-encoding" not in head.fields
