"""Numbers of Kerberos and their names (RFC 4120 section 7.5, IANA "Kerberos Encryption Type Numbers")."""

from __future__ import annotations

ENCRYPTION = {
    1: "des-cbc-crc", 2: "des-cbc-md4", 3: "des-cbc-md5", 5: "des3-cbc-md5", 7: "des3-cbc-sha1",
    9: "dsa-sha1-cms", 10: "md5-rsa-cms", 11: "sha1-rsa-cms", 15: "des-ede3-cbc-cms",
    16: "des3-cbc-sha1-kd", 17: "aes128-cts-hmac-sha1-96", 18: "aes256-cts-hmac-sha1-96",
    19: "aes128-cts-hmac-sha256-128", 20: "aes256-cts-hmac-sha384-192", 23: "rc4-hmac",
    24: "rc4-hmac-exp", 25: "camellia128-cts-cmac", 26: "camellia256-cts-cmac", -128: "rc4-md4",
    -133: "rc4-hmac-old", -135: "rc4-hmac-old-exp",
}  # fmt: skip

PREAUTHENTICATION = {
    1: "tgs-req", 2: "enc-timestamp", 3: "pw-salt", 11: "etype-info", 12: "otp-challenge", 13: "sam-response",
    14: "pk-as-req-old", 15: "pk-as-rep-old", 16: "pk-as-req", 17: "pk-as-rep", 19: "etype-info2",
    20: "svr-referral-info", 128: "pac-request", 129: "for-user", 130: "for-x509-user", 133: "fx-cookie",
    136: "fx-fast", 137: "fx-error", 138: "encrypted-challenge", 141: "otp-challenge", 147: "pkinit-kx",
    149: "req-enc-pa-rep", 150: "as-freshness", 151: "spake", 161: "keytab-salt", 165: "supported-enctypes",
    167: "pac-options",
}  # fmt: skip

ERRORS = {
    0: "none", 1: "client-name-expired", 2: "service-name-expired", 3: "bad-version",
    4: "client-old-master-key", 5: "service-old-master-key", 6: "client-unknown", 7: "service-unknown",
    8: "principal-not-unique", 9: "null-key", 10: "cannot-postdate", 11: "never-valid",
    12: "policy-rejects", 13: "bad-option", 14: "encryption-not-supported", 15: "checksum-not-supported",
    16: "preauthentication-type-not-supported", 17: "transit-type-not-supported", 18: "client-revoked",
    19: "service-revoked", 20: "ticket-revoked", 21: "client-not-yet-valid", 22: "service-not-yet-valid",
    23: "password-expired", 24: "preauthentication-failed", 25: "preauthentication-required",
    26: "service-mismatch", 27: "must-use-user-to-user", 28: "path-not-accepted", 29: "service-unavailable",
    31: "integrity-check-failed", 32: "ticket-expired", 33: "ticket-not-yet-valid", 34: "replay",
    35: "not-for-us", 36: "ticket-mismatch", 37: "clock-skew", 38: "bad-address", 39: "version-mismatch",
    40: "bad-message-type", 41: "message-modified", 42: "out-of-order", 44: "bad-key-version", 45: "no-key",
    46: "mutual-authentication-failed", 47: "bad-direction", 48: "wrong-method", 49: "bad-sequence",
    50: "bad-checksum", 51: "path-not-accepted", 52: "response-too-big", 60: "generic", 61: "field-too-long",
    62: "client-not-trusted", 63: "kdc-not-trusted", 64: "invalid-signature", 65: "key-too-weak",
    66: "certificate-mismatch", 67: "no-tgt", 68: "wrong-realm", 69: "user-to-user-required",
    70: "cannot-verify-certificate", 71: "invalid-certificate", 72: "revoked-certificate",
    73: "revocation-unknown", 74: "revocation-unavailable", 75: "client-name-mismatch",
    76: "kdc-name-mismatch", 91: "more-preauthentication-required",
}  # fmt: skip
