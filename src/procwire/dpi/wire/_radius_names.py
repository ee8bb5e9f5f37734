"""Codes of RADIUS and their names (IANA "RADIUS Types"; RFC 2865, RFC 2866, RFC 3575, RFC 3748)."""

from __future__ import annotations

CODES = {
    1: "access-request", 2: "access-accept", 3: "access-reject", 4: "accounting-request",
    5: "accounting-response", 11: "access-challenge", 12: "status-server", 13: "status-client",
    40: "disconnect-request", 41: "disconnect-ack", 42: "disconnect-nak", 43: "coa-request", 44: "coa-ack",
    45: "coa-nak",
}  # fmt: skip
REQUESTS = frozenset({1, 4, 12, 13, 40, 43})
SERVICES = {1: "login", 2: "framed", 3: "callback-login", 4: "callback-framed", 5: "outbound",
            6: "administrative", 7: "nas-prompt", 8: "authenticate-only", 10: "call-check",
            17: "authorize-only"}  # fmt: skip
STATUS = {1: "start", 2: "stop", 3: "interim", 7: "accounting-on", 8: "accounting-off", 15: "failed"}
CAUSES = {1: "user-request", 2: "lost-carrier", 3: "lost-service", 4: "idle-timeout", 5: "session-timeout",
          6: "admin-reset", 7: "admin-reboot", 8: "port-error", 9: "nas-error", 10: "nas-request",
          11: "nas-reboot", 15: "service-unavailable", 17: "user-error", 18: "host-request"}  # fmt: skip
PORT_TYPES = {0: "async", 5: "virtual", 15: "ethernet", 19: "wireless", 33: "pppoe"}
EAP_CODES = {1: "request", 2: "response", 3: "success", 4: "failure"}
EAP_TYPES = {1: "identity", 2: "notification", 3: "nak", 4: "md5", 5: "otp", 6: "gtc", 13: "tls", 17: "leap",
             18: "sim", 21: "ttls", 23: "aka", 25: "peap", 26: "mschapv2", 29: "mschapv2", 43: "fast",
             47: "psk", 50: "aka-prime", 52: "pwd", 55: "teap", 254: "expanded"}  # fmt: skip
VENDORS = {9: "cisco", 311: "microsoft", 2636: "juniper", 3076: "altiga", 11344: "freeradius",
           12356: "fortinet", 14122: "wifi-alliance", 14179: "airespace", 14823: "aruba", 14988: "mikrotik",
           25053: "ruckus", 29671: "meraki", 41112: "ubiquiti"}  # fmt: skip
