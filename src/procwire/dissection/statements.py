"""Protocols of lines (mail, FTP, SIP, ...) on the ports that are theirs: each line a part."""

from __future__ import annotations

from procwire.dissection.http import line_end
from procwire.dissection.outline import Outline, quoted

PORTS = {
    "tcp": {21: "ftp", 25: "smtp", 110: "pop3", 119: "nntp", 143: "imap", 194: "irc", 554: "rtsp",
            587: "smtp", 2525: "smtp", 5060: "sip", 5222: "xmpp", 6379: "redis", 6667: "irc",
            11211: "memcached"},
    "udp": {514: "syslog", 1900: "ssdp", 5060: "sip", 8125: "statsd"},
}  # fmt: skip
PRINTABLE = bytes(range(32, 127)) + b"\t\r\n"
LOOKED_AT = 64


def name_of(data: bytes, transport: str, ports: tuple[int, int]) -> str:
    """The protocol of these ports, where the payload begins with text; else empty."""
    known = PORTS.get(transport, {})
    name = next((known[port] for port in ports if port in known), "")
    return name if name and data and not data[:LOOKED_AT].translate(None, PRINTABLE) else ""


def read(outline: Outline) -> str:
    """Line after line."""
    words = ""
    while outline.left > 0:
        text, behind = line_end(outline)
        line = quoted(outline.data[outline.at : text])
        words = words or line
        outline.note("line", outline.at, behind, line)
        outline.at = behind
    return words
