"""What an encrypted flow probably carries, by what stands outside: DNS over TLS, QUIC, HTTPS; Tor; media.

A hint, and always told with what it rests on: ``content`` (read with its keys), ``alpn`` (the client offers
the protocol by its name), ``name`` (of a server that is known for it), ``port`` (assigned to it), ``ja4`` and
``sni-shape`` (a hello like that of a Tor client), ``rtp-shape`` (packets beside the handshake). The flow's
``app`` stays what was seen.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from procwire.dpi._resolver_names import RESOLVERS
from procwire.model.flow import Flow
from procwire.model.patterns import lazy

CONTENT = "content"
SHAPE = "rtp-shape"
DNS_PORT = 853  # RFC 7858 section 3.1, RFC 9250 section 4.1.1
_ALPN = {"dot": "dot", "doq": "doq"}  # RFC 7858 (IANA's registry), RFC 9250 section 4.1
_SECURE = ("tls", "quic", "dtls")
_WEB = ("h2", "h3", "http/1.1")
_DRAFT = lazy(r"doq(?:-i\d\d)?|h3-\d\d")
# Tor's hello asks for www., 8 to 20 characters of base32, .com (crypto_random_hostname in its tortls.c); it
# was 4 to 25 before.
_ONION = lazy(r"www\.([a-z2-7]{4,25})\.com")
_OTHER_NAME = "certificate-name-mismatch"


def carries(flow: Flow, client: Collection[str]) -> tuple[str, str] | None:
    """(dot, doq, doh, srtp, tor; what that rests on), or None. ``client``: names of the hello's prints."""
    chain = [*str(flow.facts.get("via", "")).split("."), flow.app]
    outer = next((one for one in chain if one in _SECURE), "")
    if not outer:
        return None
    if flow.app == "dns":
        web = any(one.startswith("http") for one in chain)
        return ("doh" if web else "doq" if outer == "quic" else "dot"), CONTENT
    if flow.facts.get("encloses") == "dns":  # in the bodies of HTTP (RFC 8484)
        return "doh", CONTENT
    if flow.facts.get("encloses") == "srtp":  # media beside DTLS (RFC 5764)
        return "srtp", SHAPE
    return _dns(flow, outer) or _tor(flow, client)


def _dns(flow: Flow, outer: str) -> tuple[str, str] | None:
    offered: Any = [_plain(one) for one in flow.facts.get("alpn") or ()]
    for one in offered:
        if one in _ALPN:
            return _ALPN[one], "alpn"
    if DNS_PORT in (flow.dport, flow.sport) and not offered and outer != "dtls":
        return ("dot" if outer == "tls" else "doq"), "port"
    if (
        flow.server_name in RESOLVERS
        and flow.server_name_source == "sni"
        and any(one in _WEB for one in offered)
    ):
        return "doh", "name"
    return None


def _plain(offered: str) -> str:
    """A draft's name as that of what came of it."""
    return offered.split("-", maxsplit=1)[0] if _DRAFT.fullmatch(offered) else offered


def _tor(flow: Flow, client: Collection[str]) -> tuple[str, str] | None:
    """A name as Tor makes them, of a server that has another, without ALPN.

    Five in six such names have a digit; those that have none look like words, and are left alone.
    """
    found = _ONION.fullmatch(flow.server_name) if flow.server_name_source == "sni" else None
    if found is None or flow.facts.get("alpn"):
        return None
    if any(one.startswith("Tor") for one in client):
        return "tor", "ja4"
    usual = 8 <= len(found[1]) <= 20 or _OTHER_NAME in flow.facts.get("risks", ())
    return ("tor", "sni-shape") if usual and any(one.isdigit() for one in found[1]) else None
