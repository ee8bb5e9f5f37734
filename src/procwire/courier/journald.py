"""The journal, in its native protocol: fields in one datagram (systemd.io/JOURNAL_NATIVE_PROTOCOL).

The socket is connected before the courier is confined and stays good: systemd holds it while journald is
started anew.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping, Sequence

from procwire.courier.contract import CourierError
from procwire.model.sink import OK, Item, Result

SOCKET = "/run/systemd/journal/socket"
PRIORITY = (6, 5, 4, 3, 2)  # of syslog: info, notice, warning, error, critical
_LENGTH = struct.Struct("<Q")


class Journal:
    """See Carrier. Raises CourierError where there is no journal."""

    def __init__(self, name: str, path: str = SOCKET, timeout: float = 10.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise CourierError(f"sink {name}: {path}: {error.strerror}") from None
        self._socket.settimeout(timeout)

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        for item in items:
            self._socket.send(datagram({
                "MESSAGE": item.subject,
                "PRIORITY": str(PRIORITY[min(item.rank, len(PRIORITY) - 1)]),
                "SYSLOG_IDENTIFIER": "procwire",
                "PROCWIRE_KEY": item.key,
                "PROCWIRE_ALERT": item.body.decode("utf-8", "replace"),
            }))  # fmt: skip
        return [OK] * len(items)

    def abort(self) -> None:
        """Its time is bounded by the socket's."""


def datagram(fields: Mapping[str, str]) -> bytes:
    """``NAME=value`` lines; a value of several lines with its length instead of the equals sign."""
    found = bytearray()
    for name, value in fields.items():
        data = value.encode("utf-8", "replace")
        if b"\n" in data:
            found += name.encode() + b"\n" + _LENGTH.pack(len(data)) + data + b"\n"
        else:
            found += name.encode() + b"=" + data + b"\n"
    return bytes(found)
