"""IP protocol numbers by name (IANA, "Assigned Internet Protocol Numbers"), in lower case."""

from __future__ import annotations

from collections.abc import Mapping

IP_PROTOCOLS: Mapping[int, str] = {
    0: "hopopt", 1: "icmp", 2: "igmp", 3: "ggp", 4: "ipip", 5: "st", 6: "tcp", 7: "cbt", 8: "egp", 9: "igp",
    12: "pup", 17: "udp", 20: "hmp", 22: "xns-idp", 27: "rdp", 29: "iso-tp4", 33: "dccp", 36: "xtp",
    37: "ddp",
    41: "ipv6", 43: "ipv6-route", 44: "ipv6-frag", 45: "idrp", 46: "rsvp", 47: "gre", 48: "dsr", 50: "esp",
    51: "ah", 54: "narp", 55: "mobile", 57: "skip", 58: "icmp6", 59: "ipv6-nonxt", 60: "ipv6-opts",
    73: "rspf",
    80: "iso-ip", 81: "vmtp", 88: "eigrp", 89: "ospf", 92: "mtp", 93: "ax.25", 94: "ipip-old", 97: "etherip",
    98: "encap", 103: "pim", 108: "ipcomp", 112: "vrrp", 115: "l2tp", 118: "stp", 121: "smp", 124: "isis",
    132: "sctp", 133: "fc", 135: "mobility", 136: "udplite", 137: "mpls", 138: "manet", 139: "hip",
    140: "shim6", 141: "wesp", 142: "rohc", 143: "ethernet", 144: "aggfrag", 145: "nsh",
}  # fmt: skip

PORTED = frozenset({6, 17, 33, 132, 136})  # protocols whose header starts with two 16-bit ports


def ip_protocol(number: int) -> str:
    """Its name, or ``ip-N`` for a number that IANA has not assigned or that nobody speaks."""
    return IP_PROTOCOLS.get(number) or f"ip-{number}"
