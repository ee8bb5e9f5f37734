"""Names of CAPWAP (RFC 5415 section 4.5.1.1, 4.6; RFC 5416 section 2.3)."""

from __future__ import annotations

_PAIRED = {1: "discovery", 3: "join", 5: "configuration-status", 7: "configuration-update", 9: "wtp-event",
           11: "change-state-event", 13: "echo", 15: "image-data", 17: "reset", 19: "primary-discovery",
           21: "data-transfer", 23: "clear-configuration", 25: "station-configuration",
           13277 << 8 | 1: "wlan-configuration"}  # fmt: skip
DISCOVERIES = {1, 19}  # sent to everybody, and answered in flows of their own
REQUESTS = {number: f"{name}-request" for number, name in _PAIRED.items()}
MESSAGES = REQUESTS | {number + 1: f"{name}-response" for number, name in _PAIRED.items()}

AC_NAME, LOCATION, RESULT, BOARD, WTP_NAME = 4, 28, 33, 38, 45
BOARD_MODEL, BOARD_SERIAL = 0, 1
RESULTS = {0: "success", 1: "failure-ac-list", 2: "success-nat", 3: "join-failure", 4: "resource-depletion",
           5: "unknown-source", 6: "incorrect-data", 7: "session-in-use", 8: "wtp-hardware-not-supported",
           9: "binding-not-supported", 10: "reset-failure", 11: "firmware-write-error",
           12: "provided-service-requested", 13: "configuration-failure-requested",
           22: "data-transfer-error"}  # fmt: skip
BINDINGS = {1: "802.11", 3: "epcglobal"}
