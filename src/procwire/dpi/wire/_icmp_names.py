"""Names of ICMP and ICMPv6 types and codes (IANA registries): data only."""

from __future__ import annotations

ICMP: dict[int, str] = {
    0: "echo-reply", 3: "unreachable", 4: "source-quench", 5: "redirect", 8: "echo-request",
    9: "router-advertisement", 10: "router-solicitation", 11: "time-exceeded", 12: "parameter-problem",
    13: "timestamp-request", 14: "timestamp-reply", 15: "information-request", 16: "information-reply",
    17: "mask-request", 18: "mask-reply", 30: "traceroute", 40: "photuris", 42: "extended-echo-request",
    43: "extended-echo-reply",
}  # fmt: skip

ICMP_CODES: dict[tuple[int, int], str] = {
    (3, 0): "network-unreachable", (3, 1): "host-unreachable", (3, 2): "protocol-unreachable",
    (3, 3): "port-unreachable", (3, 4): "fragmentation-needed", (3, 5): "source-route-failed",
    (3, 6): "network-unknown", (3, 7): "host-unknown", (3, 8): "source-isolated",
    (3, 9): "network-prohibited", (3, 10): "host-prohibited", (3, 11): "network-unreachable-for-tos",
    (3, 12): "host-unreachable-for-tos", (3, 13): "administratively-prohibited",
    (3, 14): "host-precedence-violation", (3, 15): "precedence-cutoff",
    (5, 0): "for-network", (5, 1): "for-host", (5, 2): "for-network-and-tos", (5, 3): "for-host-and-tos",
    (11, 0): "in-transit", (11, 1): "in-reassembly",
    (12, 0): "at-pointer", (12, 1): "option-missing", (12, 2): "bad-length",
}  # fmt: skip

ICMP6: dict[int, str] = {
    1: "unreachable", 2: "packet-too-big", 3: "time-exceeded", 4: "parameter-problem",
    128: "echo-request", 129: "echo-reply", 130: "listener-query", 131: "listener-report",
    132: "listener-done", 133: "router-solicitation", 134: "router-advertisement",
    135: "neighbour-solicitation", 136: "neighbour-advertisement", 137: "redirect",
    138: "router-renumbering", 139: "node-information-query", 140: "node-information-reply",
    141: "inverse-solicitation", 142: "inverse-advertisement", 143: "listener-report",
    144: "home-agent-request", 145: "home-agent-reply", 146: "mobile-prefix-solicitation",
    147: "mobile-prefix-advertisement", 148: "certification-path-solicitation",
    149: "certification-path-advertisement", 151: "multicast-router-advertisement",
    152: "multicast-router-solicitation", 153: "multicast-router-termination", 155: "rpl-control",
    160: "extended-echo-request", 161: "extended-echo-reply",
}  # fmt: skip

ICMP6_CODES: dict[tuple[int, int], str] = {
    (1, 0): "no-route", (1, 1): "administratively-prohibited", (1, 2): "beyond-scope",
    (1, 3): "address-unreachable", (1, 4): "port-unreachable", (1, 5): "source-policy",
    (1, 6): "rejected-route", (1, 7): "source-routing-header",
    (3, 0): "in-transit", (3, 1): "in-reassembly",
    (4, 0): "bad-field", (4, 1): "unknown-next-header", (4, 2): "unknown-option",
}  # fmt: skip
