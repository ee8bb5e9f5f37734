"""Registered numbers of IKE: exchanges, payloads, transforms, vendors (RFC 2409, RFC 7296, IANA)."""

from __future__ import annotations

EXCHANGES = {2: "identity-protection", 4: "aggressive", 5: "informational", 6: "transaction", 32: "quick",
             33: "new-group", 34: "ike-sa-init", 35: "ike-auth", 36: "create-child-sa", 37: "informational",
             38: "ike-session-resume", 43: "ike-intermediate", 44: "ike-followup-ke"}  # fmt: skip
SA, KE, ID, NOTIFY, VENDOR, SA2, KE2, NOTIFY2, VENDOR2 = 1, 4, 5, 11, 13, 33, 34, 41, 43
ENCRYPTION2 = {1: "des-iv64", 2: "des", 3: "3des", 5: "cast", 7: "blowfish", 11: "null", 12: "aes-cbc",
               13: "aes-ctr", 14: "aes-ccm-8", 16: "aes-ccm-16", 18: "aes-gcm-8", 19: "aes-gcm-12",
               20: "aes-gcm-16", 23: "camellia-cbc", 28: "chacha20-poly1305"}  # fmt: skip
PRF2 = {1: "prf-md5", 2: "prf-sha1", 4: "prf-aes128-xcbc", 5: "prf-sha256", 6: "prf-sha384", 7: "prf-sha512",
        8: "prf-aes128-cmac"}  # fmt: skip
INTEGRITY2 = {0: "none", 1: "hmac-md5-96", 2: "hmac-sha1-96", 5: "aes-xcbc-96", 8: "aes-cmac-96",
              12: "hmac-sha256-128", 13: "hmac-sha384-192", 14: "hmac-sha512-256"}  # fmt: skip
GROUPS = {1: "modp768", 2: "modp1024", 5: "modp1536", 14: "modp2048", 15: "modp3072", 16: "modp4096",
          17: "modp6144", 18: "modp8192", 19: "ecp256", 20: "ecp384", 21: "ecp521", 22: "modp1024s160",
          23: "modp2048s224", 24: "modp2048s256", 25: "ecp192", 26: "ecp224", 28: "brainpool256",
          29: "brainpool384", 30: "brainpool512", 31: "curve25519", 32: "curve448", 35: "ml-kem-512",
          36: "ml-kem-768", 37: "ml-kem-1024"}  # fmt: skip
TRANSFORMS2 = {1: ENCRYPTION2, 2: PRF2, 3: INTEGRITY2, 4: GROUPS}
ENCRYPTION1 = {
    1: "des",
    2: "idea",
    3: "blowfish",
    4: "rc5",
    5: "3des",
    6: "cast",
    7: "aes-cbc",
    8: "camellia",
}
HASHES1 = {1: "md5", 2: "sha1", 3: "tiger", 4: "sha256", 5: "sha384", 6: "sha512"}
AUTH1 = {1: "pre-shared-key", 2: "dss", 3: "rsa", 4: "rsa-encryption", 64221: "hybrid-rsa",
         65001: "xauth-psk", 65005: "xauth-rsa"}  # fmt: skip
ATTRIBUTES1 = {1: ENCRYPTION1, 2: HASHES1, 3: AUTH1, 4: GROUPS}
WEAK = frozenset({"des", "des-iv64", "3des", "null", "md5", "prf-md5", "hmac-md5-96", "modp768", "modp1024",
                  "modp1024s160", "rc5", "idea"})  # fmt: skip
NOTIFIES = {1: "unsupported-critical-payload", 7: "invalid-syntax", 14: "no-proposal-chosen",
            17: "invalid-ke-payload", 24: "authentication-failed", 16388: "nat-detection-source",
            16389: "nat-detection-destination", 16390: "cookie",
            16404: "multiple-auth-supported", 16418: "childless-supported",
            16430: "fragmentation-supported", 16431: "signature-hashes",
            16406: "redirect-supported", 16438: "intermediate-exchange-supported"}  # fmt: skip
VENDORS = {
    "afcad71368a1f1c96b8696fc77570100": "DPD", "4a131c81070358455c5728f20e95452f": "NAT-T RFC 3947",
    "4048b7d56ebce88525e7de7f00d6c2d3": "fragmentation", "12f5f28c457168a9702d9fe274cc0100": "Cisco Unity",
    "09002689dfd6b712": "XAUTH", "882fe56d6fd20dbc2251613b2ebe5beb": "strongSwan",
    "90cb80913ebb696e086381b5ec427b1f": "NAT-T draft 02",
    "cd60464335df21f87cfdb2fc68b6a448": "NAT-T draft 02",
    "1e2b516905991c7d7c96fcbfb587e461": "Microsoft",
}  # fmt: skip
