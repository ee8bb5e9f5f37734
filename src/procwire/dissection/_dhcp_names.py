"""Names of DHCP's options (IANA "DHCP and BOOTP Parameters") and of its messages: data only."""

from __future__ import annotations

MESSAGES = {
    1: "discover", 2: "offer", 3: "request", 4: "decline", 5: "ack", 6: "nak", 7: "release", 8: "inform",
    9: "force-renew", 10: "lease-query", 11: "lease-unassigned", 12: "lease-unknown", 13: "lease-active",
}  # fmt: skip

OPTIONS = {
    0: "pad", 1: "mask", 2: "time offset", 3: "routers", 4: "time servers", 6: "name servers",
    7: "log servers", 12: "host name", 15: "domain", 17: "root path", 26: "mtu", 28: "broadcast",
    33: "static routes", 42: "ntp servers", 43: "vendor data", 44: "wins servers", 46: "netbios node",
    50: "requested address", 51: "lease time", 52: "overload", 53: "message", 54: "server",
    55: "parameters asked for", 56: "text", 57: "largest message", 58: "renewal time",
    59: "rebinding time", 60: "vendor class", 61: "client id", 66: "boot server", 67: "boot file",
    77: "user class", 80: "rapid commit", 81: "full name", 82: "relay agent", 93: "architecture",
    97: "machine id", 100: "time zone", 101: "time zone name", 108: "only ip6", 114: "portal",
    116: "no automatic address", 119: "search domains", 120: "sip servers", 121: "classless routes",
    124: "vendor id", 125: "vendor options", 150: "tftp servers", 249: "classless routes",
    252: "proxy file", 255: "end",
}  # fmt: skip

ADDRESSES = frozenset({1, 3, 4, 6, 7, 28, 42, 44, 50, 54, 150})
SECONDS = frozenset({51, 58, 59})
TEXTS = frozenset({12, 15, 17, 56, 60, 66, 67, 100, 101, 114, 252})
