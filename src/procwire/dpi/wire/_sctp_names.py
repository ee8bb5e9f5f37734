"""Names of SCTP chunks, causes and payload protocols (IANA registries): data only."""

from __future__ import annotations

CHUNKS: dict[int, str] = {
    0: "data", 1: "init", 2: "init-ack", 3: "sack", 4: "heartbeat", 5: "heartbeat-ack", 6: "abort",
    7: "shutdown", 8: "shutdown-ack", 9: "error", 10: "cookie-echo", 11: "cookie-ack", 12: "ecne", 13: "cwr",
    14: "shutdown-complete", 15: "auth", 64: "i-data", 128: "asconf-ack", 130: "re-config", 132: "pad",
    192: "forward-tsn", 193: "asconf", 194: "i-forward-tsn",
}  # fmt: skip

CAUSES: dict[int, str] = {
    1: "invalid-stream", 2: "missing-parameter", 3: "stale-cookie", 4: "out-of-resource",
    5: "unresolvable-address", 6: "unknown-chunk", 7: "invalid-parameter", 8: "unknown-parameters",
    9: "no-user-data", 10: "cookie-while-shutting-down", 11: "restart-with-new-addresses", 12: "user-abort",
    13: "protocol-violation",
}  # fmt: skip

PAYLOADS: dict[int, str] = {
    0: "unspecified", 1: "iua", 2: "m2ua", 3: "m3ua", 4: "sua", 5: "m2pa", 6: "v5ua", 7: "h248", 8: "bicc",
    9: "tali", 10: "dua", 11: "asap", 12: "enrp", 13: "h323", 14: "q.ipc", 15: "simco", 18: "s1ap", 19: "rua",
    20: "hnbap", 24: "sbcap", 25: "nbap", 27: "x2ap", 29: "lcsap", 46: "diameter", 47: "diameter-dtls",
    50: "webrtc-dcep", 51: "webrtc-string", 53: "webrtc-binary", 60: "ngap", 61: "xnap", 62: "f1ap",
    64: "e1ap",
}  # fmt: skip
