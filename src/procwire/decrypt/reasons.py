"""Why something that is encrypted stayed shut: the words that are counted and shown."""

from __future__ import annotations

NO_KEY = "key-not-in-log"
NOT_KEPT = "key-not-kept"  # or in a log of more connections than are kept, and among its older ones
NO_SUITE = "cipher-suite-not-supported"
NOT_AUTHENTIC = "not-authentic"  # damaged, forged, or under keys that are not known
BACKLOG_FULL = "key-came-too-late"
LOST = "bytes-lost"
MALFORMED = "malformed-handshake"
HEADERS = "headers-not-unfolded"  # of HTTP/3: damaged, or beyond what they may unfold to

ALL = (NO_KEY, NOT_KEPT, NO_SUITE, NOT_AUTHENTIC, BACKLOG_FULL, LOST, MALFORMED, HEADERS)
