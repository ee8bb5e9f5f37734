"""What protocols say of a flow, as columns: see ``tables``."""

from __future__ import annotations

from operator import attrgetter

from procwire.model import getters as read
from procwire.model import naming
from procwire.model.columns import Free, Kind
from procwire.model.declare import column as _c
from procwire.model.declare import items as _list
from procwire.model.declare import span as _span
from procwire.model.declare import text as _text

CLIENT = ("ja4", "ja3", "hassh")  # fingerprints of the side that asks
SERVER = ("hassh_server",)

_EXACT = Free.EQUALS

UNDERSTOOD = (
    _text("app", "Application protocol in lower case, or unknown.", attrgetter("flow.app"), shown=True),
    _text("app_confidence", "How `app` is known: content, announced, port-guess or unknown.",
          attrgetter("flow.app_confidence"), free=Free.NEVER),
    _text("server_name", "Name of the server, as far as it is known.", read.known("flow.server_name", ""),
          shown=True),
    _text("server_name_source", "Where `server_name` was learned: sni, http-host, dns-answer, ...",
          read.known("flow.server_name_source", ""), free=Free.NEVER),
    _span("name_age", "Age of the DNS answer that gave `server_name`, when the flow started.",
          read.fact("name_age")),
    _text("ja4", "JA4 fingerprint of the TLS or QUIC client.", read.known("flow.ja4", ""), free=_EXACT),
    _text("ja3", "JA3 fingerprint of the TLS client, where records are read or a name is known by one.",
          read.fact("ja3"), free=_EXACT),
    _text("hassh", "HASSH fingerprint of the SSH client.", read.fact("hassh"), free=_EXACT),
    _text("hassh_server", "HASSHServer fingerprint of the SSH server.", read.fact("hassh_server"),
          free=_EXACT),
    _list("client", "Programs that show the client's fingerprint, as far as known: any of them, or another "
          "with the same library.", naming.named(CLIENT)),
    _text("client_source", "Fingerprint by which `client` is named: ja4, ja3 or hassh.",
          naming.named_by(CLIENT), free=Free.NEVER),
    _list("server", "Programs that show the server's fingerprint (`hassh_server`), as far as known.",
          naming.named(SERVER)),
    _list("alpn", "Application protocols offered in the TLS handshake, best first (ALPN).",
          read.fact("alpn")),
    _text("via", "Protocols that the flow went through before `app`, outermost first.", read.fact("via")),
    _text("carries", "What an encrypted flow probably carries: dot, doq, doh, srtp or tor; a hint.",
          naming.carried(CLIENT, 0)),
    _text("carries_by",
          "What that rests on: content (read with its keys), alpn, name, port, ja4, sni-shape, rtp-shape.",
          naming.carried(CLIENT, 1), free=Free.NEVER),
    _text("announced_by",
          "Flow (flow_id) that announced this one: FTP its data, SIP and RTSP media, TFTP files.",
          read.fact("announced_by"), free=_EXACT),
    _text("tls_version", "TLS version that the server chose.", read.fact("tls_version"), free=_EXACT),
    _text("tls_cipher", "TLS cipher suite that the server chose, by its IANA name.", read.fact("tls_cipher")),
    _list("first_sizes",
          "Sizes of the first payload pieces of a flow that no protocol took: + from src, - from dst.",
          read.fact("first_sizes"), free=Free.NEVER),
    _c("first_entropy", Kind.NUMBER, "How random the first of them is; 256 bytes of ciphertext: about 7.2.",
       read.fact("first_entropy"), unit="bits"),
    _list("risks", "Facts that somebody may want to look at, by name: see `procwire risks`.",
          read.fact("risks")),
)  # fmt: skip
