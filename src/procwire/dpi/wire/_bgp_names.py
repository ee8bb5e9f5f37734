"""Numbers of BGP and what they are called (IANA "BGP Parameters"; RFC 4271 section 6)."""

from __future__ import annotations

MESSAGES = {1: "open", 2: "update", 3: "notification", 4: "keepalive", 5: "route-refresh"}
ORIGINS = ("igp", "egp", "incomplete")
FAMILIES = {1: "ipv4", 2: "ipv6", 25: "l2vpn", 16388: "bgp-ls"}
SUBSEQUENT = {
    1: "unicast",
    2: "multicast",
    4: "labeled",
    65: "vpls",
    70: "evpn",
    71: "bgp-ls",
    128: "vpn",
    133: "flowspec",
    134: "vpn-flowspec",
}
CAPABILITIES = {
    1: "multiprotocol",
    2: "route-refresh",
    5: "extended-next-hop",
    6: "extended-message",
    9: "role",
    64: "graceful-restart",
    65: "four-byte-as",
    69: "add-path",
    70: "enhanced-route-refresh",
    71: "long-lived-graceful-restart",
    73: "fqdn",
    128: "route-refresh-old",
}
ERRORS = {
    1: "message-header",
    2: "open",
    3: "update",
    4: "hold-timer-expired",
    5: "state-machine",
    6: "cease",
    7: "route-refresh",
}
DETAILS = {
    (1, 1): "not-synchronised",
    (1, 2): "bad-length",
    (1, 3): "bad-type",
    (2, 1): "unsupported-version",
    (2, 2): "bad-peer-as",
    (2, 3): "bad-identifier",
    (2, 4): "unsupported-parameter",
    (2, 6): "unacceptable-hold-time",
    (2, 7): "unsupported-capability",
    (2, 11): "role-mismatch",
    (3, 1): "malformed-attributes",
    (3, 2): "unrecognised-attribute",
    (3, 3): "missing-attribute",
    (3, 6): "invalid-origin",
    (3, 8): "invalid-next-hop",
    (3, 10): "invalid-network",
    (3, 11): "malformed-path",
    (6, 1): "maximum-prefixes",
    (6, 2): "administrative-shutdown",
    (6, 3): "peer-deconfigured",
    (6, 4): "administrative-reset",
    (6, 5): "connection-rejected",
    (6, 6): "configuration-change",
    (6, 7): "connection-collision",
    (6, 8): "out-of-resources",
    (6, 9): "hard-reset",
    (6, 10): "bfd-down",
}
