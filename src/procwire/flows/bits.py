"""Numbers that the modules of this room share. Compiled modules take C copies of them when they load."""

from __future__ import annotations

M32 = 0xFFFFFFFF  # sequence numbers wrap behind it; a Python int in compiled code where written out

# TCP header flags (RFC 9293 section 3.1).
FIN = 1
SYN = 2
RST = 4
ACK = 16

# Bits of ``End.known``.
HAS_NXT = 1
HAS_ISN = 2
HAS_ACK = 4
HAS_FIN = 8
HAS_POS = 16

# Values of ``End.last``: what its last segment was.
PLAIN = 0
KEEP_ALIVE = 1
PROBE = 2

# Bits of ``Flow.quiet``; 1 and 2 are the sides that the sink wants no more of.
BOTH = 3
SHOWN = 4

# Lists of the index: one for each timeout.
HALF_OPEN, OPEN, ONE_WAY, HALF_CLOSED, LINGER, UDP, ICMP, OTHER = range(8)
KINDS = 8
