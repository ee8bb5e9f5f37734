"""Operations and results of LDAP and their names (RFC 4511 appendix B, section 4.1.9; RFC 4512, RFC 4533)."""

from __future__ import annotations

START_TLS = "1.3.6.1.4.1.1466.20037"  # RFC 4511 section 4.14.1

# Tag of the operation -> what it is called.
OPERATIONS = {
    0x60: "bind", 0x61: "bind-result", 0x42: "unbind", 0x63: "search", 0x64: "search-entry",
    0x65: "search-result", 0x73: "search-reference", 0x66: "modify", 0x67: "modify-result", 0x68: "add",
    0x69: "add-result", 0x4A: "delete", 0x6B: "delete-result", 0x6C: "rename", 0x6D: "rename-result",
    0x6E: "compare", 0x6F: "compare-result", 0x50: "abandon", 0x77: "extended", 0x78: "extended-result",
    0x79: "intermediate",
}  # fmt: skip

_ANSWERS = {0x61: 0x60, 0x65: 0x63, 0x67: 0x66, 0x69: 0x68, 0x6B: 0x4A, 0x6D: 0x6C, 0x6F: 0x6E, 0x78: 0x77}

RESULTS = {
    0: "success", 1: "operations-error", 2: "protocol-error", 3: "time-limit-exceeded",
    4: "size-limit-exceeded", 5: "compare-false", 6: "compare-true", 7: "method-not-supported",
    8: "stronger-authentication-required", 10: "referral", 11: "admin-limit-exceeded",
    12: "unavailable-critical-extension", 13: "confidentiality-required", 14: "sasl-bind-in-progress",
    16: "no-such-attribute", 17: "undefined-attribute", 18: "inappropriate-matching",
    19: "constraint-violation", 20: "attribute-or-value-exists", 21: "invalid-syntax", 32: "no-such-object",
    33: "alias-problem", 34: "invalid-name", 36: "alias-dereferencing-problem",
    48: "inappropriate-authentication", 49: "invalid-credentials", 50: "insufficient-access",
    51: "busy", 52: "unavailable", 53: "unwilling", 54: "loop", 64: "naming-violation",
    65: "object-class-violation", 66: "not-allowed-on-non-leaf", 67: "not-allowed-on-name",
    68: "already-exists", 69: "object-class-change-prohibited", 71: "affects-multiple-servers", 80: "other",
    4096: "refresh-required",
}  # fmt: skip


def response_of(kind: int) -> int | None:
    """The request that a result answers, or None for what is no result."""
    return _ANSWERS.get(kind)
