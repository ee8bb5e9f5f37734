"""Which application protocol the payload of one packet is: by content, and ports where that says too little.

One packet is judged alone. What begins in an earlier segment is no message's beginning, and stays payload:
the conversation of a flow is for that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from procwire.dissection import dhcp, dns, http, mqtt, ntp, quic, ssh, statements, tls
from procwire.dissection.outline import Reader, outlined
from procwire.model.dissected import Layer

Ports = tuple[int, int]
Fits = Callable[[bytes, Ports], bool]
LOOKED_AT = 2048  # bytes of a payload that recognition sees


class Application(NamedTuple):
    """``fits`` sees the first bytes and the ports."""

    name: str
    transport: str
    fits: Fits
    read: Reader


APPLICATIONS = (
    Application("tls", "tcp", tls.fits, tls.read),
    Application("http", "tcp", http.fits, http.read),
    Application("ssh", "tcp", ssh.fits, ssh.read),
    Application("dns", "tcp", dns.fits_stream, dns.read_stream),
    Application("mqtt", "tcp", mqtt.fits, mqtt.read),
    Application("dhcp", "udp", dhcp.fits, dhcp.read),
    Application("ntp", "udp", ntp.fits, ntp.read),
    Application("dns", "udp", dns.fits, dns.read),
    Application("quic", "udp", quic.fits, quic.read),
)
NAMES = {5353: "mdns", 5355: "llmnr"}  # DNS messages that are called otherwise on these ports


def spoken(data: bytes, at: int, end: int, transport: str, ports: Ports) -> Layer | None:
    """The application layer of a payload; None where it is not known."""
    first = data[at : min(end, at + LOOKED_AT)]
    for each in APPLICATIONS:
        if each.transport == transport and each.fits(first, ports):
            name = each.name
            if name == "dns":
                name = next((NAMES[port] for port in ports if port in NAMES), name)
            return outlined(name, each.read, data, at, end)
    name = statements.name_of(first, transport, ports)
    return outlined(name, statements.read, data, at, end) if name else None
