"""BitTorrent's handshake between peers, who a peer's id says it is, and uTP's header (BEP 3, 10, 20, 29)."""

from __future__ import annotations

from procwire.dpi.wire.lines import shown
from procwire.model.patterns import lazy

START = b"\x13BitTorrent protocol"
HANDSHAKE = 68
_AZUREUS = lazy(rb"-([A-Za-z~]{2})([0-9A-Za-z]{4})-")
_CLIENTS = {
    "AZ": "Azureus",
    "BC": "BitComet",
    "BT": "BitTorrent",
    "DE": "Deluge",
    "KT": "KTorrent",
    "LT": "libtorrent",
    "lt": "rTorrent",
    "TR": "Transmission",
    "UT": "uTorrent",
    "qB": "qBittorrent",
    "A2": "aria2",
    "XL": "Xunlei",
    "SD": "Thunder",
    "UM": "uTorrent Mac",
    "WW": "WebTorrent",
}
DATA, FIN, STATE, RESET, SYN = range(5)
UTP_HEAD = 20


def client(peer: bytes) -> str:
    """Client and version that a peer's id names (BEP 20); what is not known stays as it is."""
    found = _AZUREUS.match(peer)
    if found is not None:
        code = found[1].decode("ascii")
        return f"{_CLIENTS.get(code, code)} {found[2].decode('ascii')}"
    return shown(peer.split(b"\0")[0][:8]) if peer[:1].isalpha() else ""


def abilities(reserved: bytes) -> tuple[str, ...]:
    """What the reserved bits announce (BEP 4)."""
    bits = (
        (7, 0x01, "dht"),
        (7, 0x04, "fast"),
        (5, 0x10, "extensions"),
        (7, 0x08, "nat"),
        (7, 0x10, "version2"),
    )
    return tuple(name for at, bit, name in bits if reserved[at] & bit)


def utp(data: bytes) -> tuple[int, int, int, int, bytes] | None:
    """(type, connection id, sequence, acknowledgement, payload) of a packet of uTP, or None (BEP 29)."""
    if len(data) < UTP_HEAD or data[0] & 15 != 1 or data[0] >> 4 > SYN:
        return None
    at, extension = UTP_HEAD, data[1]
    for _ in range(8):
        if not extension:
            break
        if at + 2 > len(data) or extension > 3 or not data[at + 1]:
            return None
        extension, at = data[at], at + 2 + data[at + 1]
    if extension or at > len(data):
        return None
    connection, sequence, acknowledged = (data[one] << 8 | data[one + 1] for one in (2, 16, 18))
    return data[0] >> 4, connection, sequence, acknowledged, data[at:]
