"""struct tcp_info, the kernel's measurements of a TCP socket (include/uapi/linux/tcp.h). Pure.

The struct grows with the kernel: what an older one does not give is None. Its durations are in microseconds
or milliseconds, field by field; here all are ns.
"""

from __future__ import annotations

import struct

from procwire.model.socket import TcpFacts

_FIELDS = struct.Struct("=8B24I4Q2I4I4Q2I2Q")
LEAST_BYTES = 104  # up to tcpi_total_retrans: what Linux 2.6 gave
MAX_PACING = (1 << 64) - 1  # no pacing
NO_THRESHOLD = 0x7FFFFFFF  # TCP_INFINITE_SSTHRESH
_US, _MS = 1000, 1_000_000
# Ends of the groups of fields that came together, in bytes.
_ACKED, _SEGMENTS, _DATA, _RATES, _DELIVERED, _SENT = 136, 144, 160, 192, 200, 216


class TcpInfoError(ValueError):
    """Too few bytes for a tcp_info."""


def facts(data: bytes) -> TcpFacts:
    """The facts. Raises TcpInfoError."""
    given = len(data)
    if given < LEAST_BYTES:
        raise TcpInfoError(f"{given} bytes are too few for a tcp_info")
    f = _FIELDS.unpack_from(data.ljust(_FIELDS.size, b"\0"))

    def since(end: int, value: int) -> int | None:
        return value if given >= end else None

    pacing, least = f[32], f[39]
    return TcpFacts(
        rto=f[8] * _US,
        mss_out=f[10],
        mss_in=f[11],
        unacked=f[12],
        lost=f[14],
        retransmitting=f[15],
        idle_out=f[17] * _MS,
        idle_in=f[19] * _MS,
        path_mtu=f[21],
        rtt=f[23] * _US,
        rtt_variance=f[24] * _US,
        slow_start_threshold=None if f[25] >= NO_THRESHOLD else f[25],
        congestion_window=f[26],
        reordering=f[28],
        rtt_receive=f[29] * _US,
        retransmissions=f[31],
        pacing_rate=since(_ACKED, pacing) if pacing != MAX_PACING else None,
        bytes_acked=since(_ACKED, f[34]),
        bytes_received=since(_ACKED, f[35]),
        segments_out=since(_SEGMENTS, f[36]),
        segments_in=since(_SEGMENTS, f[37]),
        not_sent=since(_DATA, f[38]),
        rtt_least=since(_DATA, least * _US) if least != 0xFFFFFFFF else None,
        delivery_rate=since(_RATES, f[42]),
        busy=since(_RATES, f[43] * _US),
        window_limited=since(_RATES, f[44] * _US),
        buffer_limited=since(_RATES, f[45] * _US),
        delivered=since(_DELIVERED, f[46]),
        bytes_sent=since(_SENT, f[48]),
        bytes_retransmitted=since(_SENT, f[49]),
    )
