# cython: language_level=3
"""Community ID v1: one name for a flow that other tools compute alike.

Source: https://github.com/corelight/community-id-spec (version 1). The tunnel is not part of it.
"""

from __future__ import annotations

import struct
from binascii import b2a_base64
from collections.abc import Mapping

from procwire.model import address
from procwire.model.digests import sha1
from procwire.model.flow import Flow

ICMP = 1
ICMP6 = 58
PORTED = frozenset({ICMP, 6, 17, ICMP6, 132})  # the specification knows ports for no others

# Message types that answer each other (the specification's tables, after Zeek's).
PAIRS: Mapping[int, Mapping[int, int]] = {
    ICMP: {0: 8, 8: 0, 13: 14, 14: 13, 15: 16, 16: 15, 10: 9, 9: 10, 17: 18, 18: 17},
    ICMP6: {
        128: 129,
        129: 128,
        133: 134,
        134: 133,
        135: 136,
        136: 135,
        130: 131,
        131: 130,
        139: 140,
        140: 139,
        144: 145,
        145: 144,
    },
}


def one_way(proto: int, kind: int) -> bool:
    """Is this ICMP message type one that has no answer, so that its flow has one direction?"""
    pairs = PAIRS.get(proto)
    return pairs is not None and kind not in pairs


def community_id(flow: Flow, *, seed: int = 0) -> str:
    """For example ``1:wCb3OG7yAFWelaUydu0D+125CLM=``. ``seed`` is the specification's, 16 bits."""
    src = (address.packed(flow.family, flow.src_hi, flow.src_lo), flow.sport)
    dst = (address.packed(flow.family, flow.dst_hi, flow.dst_lo), flow.dport)
    if not one_way(flow.proto, flow.sport) and dst < src:
        src, dst = dst, src
    ports = struct.pack(">HH", src[1], dst[1]) if flow.proto in PORTED else b""
    text = struct.pack(">H", seed) + src[0] + dst[0] + struct.pack("BB", flow.proto, 0) + ports
    return "1:" + b2a_base64(sha1(text, usedforsecurity=False).digest(), newline=False).decode("ascii")
