"""Columns of a flow that the kernel fills: who saw it, what its sockets took, what TCP itself measured.

TCP is asked at most ten times a second, when packets pass, and at each change of its state.
"""

from __future__ import annotations

from procwire.model import getters as read
from procwire.model.columns import Free
from procwire.model.declare import count, size, span, text

KERNEL = (
    text("source", "Which source saw the flow: bpf (the hooks of its sockets), tap (an interface) or both.",
          read.source, free=Free.NEVER),
    count("packets_attributed", "Packets that a socket of this host sent or took.",
           read.kernel_sum("attributed_out", "attributed_in"), "packets"),
    count("packets_attributed_out", "Packets of src that a socket of this host sent or took.",
           read.kernel("attributed_out"), "packets"),
    count("packets_attributed_in", "Packets of dst that a socket of this host sent or took.",
           read.kernel("attributed_in"), "packets"),
    count("packets_unread", "Packets whose content was wanted when there was no room for it.",
           read.kernel("missed"), "packets"),
    text("kernel_state", "TCP state as the kernel has it, at the end that `kernel_end` names.",
          read.kernel("state"), free=Free.NEVER),
    text("kernel_end", "Whose socket the kernel speaks of in these columns: src or dst.",
          read.kernel_end, free=Free.NEVER),
    span("kernel_rtt", "Smoothed round trip as TCP reckons it (srtt).", read.kernel_tcp("srtt_us", 1000)),
    span("kernel_rtt_variation", "How far round trips stray from it (rttvar).",
          read.kernel_tcp("rttvar_us", 1000)),
    count("congestion_window", "Congestion window.", read.kernel_tcp("cwnd"), "segments"),
    count("kernel_retransmissions", "Segments that TCP sent again.", read.kernel_tcp("resent"), "segments"),
    size("bytes_retransmitted", "Payload bytes that TCP sent again.", read.kernel_tcp("bytes_resent")),
    count("segments_lost", "Segments that TCP took for lost.", read.kernel_tcp("lost"), "segments"),
    count("segments_delivered", "Segments that reached the other side.", read.kernel_tcp("delivered"),
           "segments"),
    size("bytes_acknowledged", "Payload bytes that the other side acknowledged.",
          read.kernel_tcp("bytes_acked")),
    size("bytes_received", "Payload bytes that TCP took in order.", read.kernel_tcp("bytes_received")),
    count("state_changes", "Changes of the TCP state since procwire looks.", read.kernel_tcp("changes")),
)  # fmt: skip
