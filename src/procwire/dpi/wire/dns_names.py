"""Numbers of the DNS and what they are called (IANA "Domain Name System (DNS) Parameters")."""

from __future__ import annotations

TYPES = {
    1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR", 10: "NULL",
    11: "WKS", 12: "PTR", 13: "HINFO", 14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 19: "X25",
    20: "ISDN", 21: "RT", 22: "NSAP", 23: "NSAP-PTR", 24: "SIG", 25: "KEY", 26: "PX", 27: "GPOS", 28: "AAAA",
    29: "LOC", 30: "NXT", 31: "EID", 32: "NIMLOC", 33: "SRV", 34: "ATMA", 35: "NAPTR", 36: "KX", 37: "CERT",
    38: "A6", 39: "DNAME", 40: "SINK", 41: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY",
    46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 49: "DHCID", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA",
    53: "SMIMEA", 55: "HIP", 56: "NINFO", 57: "RKEY", 58: "TALINK", 59: "CDS", 60: "CDNSKEY",
    61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", 64: "SVCB", 65: "HTTPS", 66: "DSYNC", 99: "SPF",
    100: "UINFO", 101: "UID", 102: "GID", 103: "UNSPEC", 104: "NID", 105: "L32", 106: "L64", 107: "LP",
    108: "EUI48", 109: "EUI64", 128: "NXNAME", 249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR",
    253: "MAILB", 254: "MAILA", 255: "ANY", 256: "URI", 257: "CAA", 258: "AVC", 259: "DOA", 260: "AMTRELAY",
    261: "RESINFO", 262: "WALLET", 32768: "TA", 32769: "DLV",
}  # fmt: skip

CLASSES = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}
OPCODES = {0: "query", 1: "iquery", 2: "status", 4: "notify", 5: "update", 6: "dso"}

RCODES = {
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN",
    7: "YXRRSET", 8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE", 11: "DSOTYPENI", 16: "BADVERS", 17: "BADKEY",
    18: "BADTIME", 19: "BADMODE", 20: "BADNAME", 21: "BADALG", 22: "BADTRUNC", 23: "BADCOOKIE",
}  # fmt: skip

# Extended DNS Errors (RFC 8914 section 4 and the registry).
ERRORS = {
    0: "other", 1: "unsupported-dnskey-algorithm", 2: "unsupported-ds-digest", 3: "stale-answer",
    4: "forged-answer", 5: "dnssec-indeterminate", 6: "dnssec-bogus", 7: "signature-expired",
    8: "signature-not-yet-valid", 9: "dnskey-missing", 10: "rrsigs-missing", 11: "no-zone-key-bit",
    12: "nsec-missing", 13: "cached-error", 14: "not-ready", 15: "blocked", 16: "censored", 17: "filtered",
    18: "prohibited", 19: "stale-nxdomain", 20: "not-authoritative", 21: "not-supported",
    22: "no-reachable-authority", 23: "network-error", 24: "invalid-data",
    25: "signature-expired-before-valid",
    26: "too-early", 27: "unsupported-nsec3-iterations", 28: "unable-to-conform", 29: "synthesized",
}  # fmt: skip

SERVICE_KEYS = {
    0: "mandatory", 1: "alpn", 2: "no-default-alpn", 3: "port", 4: "ipv4hint", 5: "ech", 6: "ipv6hint",
    7: "dohpath", 8: "ohttp",
}  # fmt: skip


def type_name(number: int) -> str:
    """``A``, or ``TYPE65280`` for a number without a name (RFC 3597 section 5)."""
    return TYPES.get(number) or f"TYPE{number}"


def class_name(number: int) -> str:
    """``IN``, or ``CLASS32`` for a number without a name (RFC 3597 section 5)."""
    return CLASSES.get(number) or f"CLASS{number}"
