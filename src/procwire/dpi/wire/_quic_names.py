"""QUIC's versions, their salts, and the names of its numbers: data only.

Salts stand in RFC 9001 section 5.2, RFC 9369 section 3.3.1 and the drafts that the versions name; Google's
own in its implementation.
"""

from __future__ import annotations

V1 = 0x00000001
V2 = 0x6B3343CF
Q043 = 0x51303433
Q046 = 0x51303436
Q050 = 0x51303530
T050 = 0x54303530
T051 = 0x54303531
GOOGLE = frozenset({Q050, T050, T051})  # in IETF's packets
DRAFT = 0xFF000000  # the low byte is the draft's number

_SALT_22 = bytes.fromhex("7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a")
_SALT_23 = bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502")
_SALT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
_SALT_V1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")

SALTS: dict[int, bytes] = {
    V1: _SALT_V1,
    V2: bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
    DRAFT | 22: _SALT_22,
    **{DRAFT | draft: _SALT_23 for draft in range(23, 29)},
    **{DRAFT | draft: _SALT_29 for draft in range(29, 33)},
    **{DRAFT | draft: _SALT_V1 for draft in (33, 34)},
    0xFACEB001: _SALT_22,  # Facebook's mvfst
    0xFACEB002: _SALT_23,
    0xFACEB00E: _SALT_23,
    Q050: bytes.fromhex("504574efd066fe2f9d945cfcdbd3a7f0d3b56b45"),
    T050: bytes.fromhex("7ff579e5acd072915580304c43a2367c60488310"),
    T051: bytes.fromhex("7a4edef4e7ccee5fa4506c19124fc8ccda6e033d"),
}

RETRY_KEYS: dict[int, tuple[bytes, bytes]] = {
    # Key and nonce of the Retry integrity tag (RFC 9001 section 5.8, RFC 9369 section 3.3.3, the drafts).
    V1: (bytes.fromhex("be0c690b9f66575a1d766b54e368c84e"), bytes.fromhex("461599d35d632bf2239825bb")),
    V2: (bytes.fromhex("8fb4b01b56ac48e260fbcbcead7ccc92"), bytes.fromhex("d86969bc2d7c6d9990efb04a")),
    **{
        DRAFT | draft: (
            bytes.fromhex("4d32ecdb2a2133c841e4043df27d4430"),
            bytes.fromhex("4d1611d05513a552c587d575"),
        )
        for draft in range(25, 29)
    },
    **{
        DRAFT | draft: (
            bytes.fromhex("ccce187ed09a09d05728155a6cb96be1"),
            bytes.fromhex("e54930f97f2136f0530a8c1c"),
        )
        for draft in range(29, 33)
    },
    **{
        DRAFT | draft: (
            bytes.fromhex("be0c690b9f66575a1d766b54e368c84e"),
            bytes.fromhex("461599d35d632bf2239825bb"),
        )
        for draft in (33, 34)
    },
}

_NAMES: dict[int, str] = {
    V1: "1",
    V2: "2",
    0xFACEB001: "mvfst-1",
    0xFACEB002: "mvfst-2",
    0xFACEB00E: "mvfst-e",
}

ERRORS: dict[int, str] = {
    # RFC 9000 section 20.1, RFC 9368 section 10.2
    0x00: "NO_ERROR",
    0x01: "INTERNAL_ERROR",
    0x02: "CONNECTION_REFUSED",
    0x03: "FLOW_CONTROL_ERROR",
    0x04: "STREAM_LIMIT_ERROR",
    0x05: "STREAM_STATE_ERROR",
    0x06: "FINAL_SIZE_ERROR",
    0x07: "FRAME_ENCODING_ERROR",
    0x08: "TRANSPORT_PARAMETER_ERROR",
    0x09: "CONNECTION_ID_LIMIT_ERROR",
    0x0A: "PROTOCOL_VIOLATION",
    0x0B: "INVALID_TOKEN",
    0x0C: "APPLICATION_ERROR",
    0x0D: "CRYPTO_BUFFER_EXCEEDED",
    0x0E: "KEY_UPDATE_ERROR",
    0x0F: "AEAD_LIMIT_REACHED",
    0x10: "NO_VIABLE_PATH",
    0x11: "VERSION_NEGOTIATION_ERROR",
}

PARAMETERS: dict[int, str] = {
    0x00: "original_destination_connection_id",
    0x01: "max_idle_timeout",
    0x02: "stateless_reset_token",
    0x03: "max_udp_payload_size",
    0x04: "initial_max_data",
    0x05: "initial_max_stream_data_bidi_local",
    0x06: "initial_max_stream_data_bidi_remote",
    0x07: "initial_max_stream_data_uni",
    0x08: "initial_max_streams_bidi",
    0x09: "initial_max_streams_uni",
    0x0A: "ack_delay_exponent",
    0x0B: "max_ack_delay",
    0x0C: "disable_active_migration",
    0x0D: "preferred_address",
    0x0E: "active_connection_id_limit",
    0x0F: "initial_source_connection_id",
    0x10: "retry_source_connection_id",
    0x11: "version_information",
    0x20: "max_datagram_frame_size",
    0x173E: "discard",
    0x2AB2: "grease_quic_bit",
    0x3127: "initial_rtt",
    0x3128: "google_connection_options",
    0x3129: "user_agent",
    0x4752: "google_version",
    0x7157: "timestamp",
    0xFF03DE1A: "min_ack_delay",
    0xFF73DB: "version_information_draft",
}


def is_grease(version: int) -> bool:
    """Reserved to force version negotiation (RFC 9000 section 15)."""
    return version & 0x0F0F0F0F == 0x0A0A0A0A


def is_google(version: int) -> bool:
    """Google's QUIC: the letter Q and three digits."""
    return version >> 24 == 0x51 and version.to_bytes(4, "big")[1:].isdigit()


def version_name(version: int) -> str:
    """A version as people write it: 1, 2, draft-29, Q046, else hex."""
    if version in _NAMES:
        return _NAMES[version]
    if version & 0xFFFFFF00 == DRAFT:
        return f"draft-{version & 0xFF}"
    if version in (T050, T051) or is_google(version):
        return version.to_bytes(4, "big").decode("ascii")
    return f"0x{version:08x}"
