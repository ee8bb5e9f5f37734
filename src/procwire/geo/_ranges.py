"""Special ranges: the IANA registries of IPv4 and IPv6 special-purpose addresses (RFC 6890) and of multicast.

iana.org/assignments/iana-ipv4-special-registry, iana-ipv6-special-registry; where an RFC says it first, it is
named beside. The narrowest range that holds an address names it.
"""

RANGES = (
    ("0.0.0.0/8", "this-network"),  # RFC 791
    ("0.0.0.0/32", "unspecified"),  # RFC 1122
    ("10.0.0.0/8", "private"),  # RFC 1918
    ("100.64.0.0/10", "carrier-nat"),  # RFC 6598
    ("127.0.0.0/8", "loopback"),  # RFC 1122
    ("169.254.0.0/16", "link-local"),  # RFC 3927
    ("169.254.169.254/32", "cloud-metadata"),  # used by cloud providers, not by IANA
    ("172.16.0.0/12", "private"),  # RFC 1918
    ("192.0.0.0/24", "protocol"),  # RFC 6890
    ("192.0.0.0/29", "ds-lite"),  # RFC 7335
    ("192.0.2.0/24", "documentation"),  # RFC 5737
    ("192.31.196.0/24", "as112"),  # RFC 7535
    ("192.52.193.0/24", "amt"),  # RFC 7450
    ("192.88.99.0/24", "6to4-relay"),  # RFC 7526, deprecated
    ("192.168.0.0/16", "private"),  # RFC 1918
    ("192.175.48.0/24", "as112"),  # RFC 7534
    ("198.18.0.0/15", "benchmarking"),  # RFC 2544
    ("198.51.100.0/24", "documentation"),  # RFC 5737
    ("203.0.113.0/24", "documentation"),  # RFC 5737
    ("224.0.0.0/4", "multicast"),  # RFC 5771
    ("240.0.0.0/4", "reserved"),  # RFC 1112
    ("255.255.255.255/32", "broadcast"),  # RFC 8190
    ("::/128", "unspecified"),  # RFC 4291
    ("::1/128", "loopback"),  # RFC 4291
    ("::ffff:0:0/96", "ipv4-mapped"),  # RFC 4291
    ("64:ff9b::/96", "nat64"),  # RFC 6052
    ("64:ff9b:1::/48", "nat64"),  # RFC 8215
    ("100::/64", "discard"),  # RFC 6666
    ("2001::/23", "protocol"),  # RFC 2928
    ("2001::/32", "teredo"),  # RFC 4380
    ("2001:2::/48", "benchmarking"),  # RFC 5180
    ("2001:3::/32", "amt"),  # RFC 7450
    ("2001:4:112::/48", "as112"),  # RFC 7535
    ("2001:20::/28", "orchid"),  # RFC 7343
    ("2001:30::/28", "drone-id"),  # RFC 9374
    ("2001:db8::/32", "documentation"),  # RFC 3849
    ("2002::/16", "6to4"),  # RFC 3056
    ("2620:4f:8000::/48", "as112"),  # RFC 7534
    ("3fff::/20", "documentation"),  # RFC 9637
    ("5f00::/16", "segment-routing"),  # RFC 9602
    ("fc00::/7", "private"),  # RFC 4193
    ("fe80::/10", "link-local"),  # RFC 4291
    ("fec0::/10", "site-local"),  # RFC 3879, deprecated
    ("ff00::/8", "multicast"),  # RFC 4291
)
