"""Hardware types of interfaces (include/uapi/linux/if_arp.h): a word for each, and what capture makes of it.

Refuses to guess: a type that is not in LINKTYPES is captured cooked, as LINKTYPE_LINUX_SLL2, where the
kernel says what follows and the hardware type stands in the header.
"""

from __future__ import annotations

ETHERNET = 1
LOOPBACK = 772

LINKTYPE_ETHERNET = 1
LINKTYPE_RAW = 101
LINKTYPE_LINUX_SLL2 = 276

# https://www.tcpdump.org/linktypes.html. Types whose frames begin with what the LINKTYPE says they begin
# with, on a raw packet socket of any kernel; PPP and GRE differ by driver and are left to be cooked.
LINKTYPES = {
    ETHERNET: LINKTYPE_ETHERNET,
    LOOPBACK: LINKTYPE_ETHERNET,  # fourteen zeroed bytes with an EtherType
    519: LINKTYPE_RAW,  # ARPHRD_RAWIP: mobile broadband
    768: LINKTYPE_RAW,  # ARPHRD_TUNNEL: IP in IP
    769: LINKTYPE_RAW,  # ARPHRD_TUNNEL6
    776: LINKTYPE_RAW,  # ARPHRD_SIT
    801: 105,  # ARPHRD_IEEE80211
    802: 119,  # ARPHRD_IEEE80211_PRISM
    803: 127,  # ARPHRD_IEEE80211_RADIOTAP
    0xFFFE: LINKTYPE_RAW,  # ARPHRD_NONE: tun, WireGuard
}

# Kinds of interfaces that have no IFLA_LINKINFO of their own.
NAMES = {
    ETHERNET: "ethernet",
    32: "infiniband",
    256: "slip",
    280: "can",
    512: "ppp",
    519: "rawip",
    768: "ipip",
    769: "ip6tnl",
    LOOPBACK: "loopback",
    776: "sit",
    778: "gre",
    801: "wifi",
    802: "wifi-prism",
    803: "wifi-radiotap",
    820: "phonet",
    823: "ip6gre",
    824: "netlink",
    825: "6lowpan",
    826: "vsock",
    0xFFFE: "none",
}


def linktype(hardware: int) -> int:
    """The LINKTYPE that a live capture of such an interface has."""
    return LINKTYPES.get(hardware, LINKTYPE_LINUX_SLL2)


def name(hardware: int) -> str:
    """``ethernet``, ``ppp``, ...; ``type-N`` for one without a word here."""
    return NAMES.get(hardware, f"type-{hardware}")
