"""Names of BACnet: functions of annex J, services of clause 21, usual objects, properties, errors."""

FUNCTIONS = {
    0: "result", 1: "write-broadcast-table", 2: "read-broadcast-table", 3: "read-broadcast-table-ack",
    4: "forwarded", 5: "register-foreign-device", 6: "read-foreign-device-table",
    7: "read-foreign-device-table-ack", 8: "delete-foreign-device", 9: "distribute-broadcast", 10: "unicast",
    11: "broadcast", 12: "secure",
}  # fmt: skip

NETWORK = {0: "who-is-router", 1: "i-am-router", 2: "i-could-be-router", 3: "reject-message",
           4: "router-busy",
           5: "router-available", 6: "initialize-routing-table", 7: "initialize-routing-table-ack",
           8: "establish-connection", 9: "disconnect-connection", 0x12: "what-is-network-number",
           0x13: "network-number-is"}  # fmt: skip

CONFIRMED = dict(enumerate((
    "acknowledge-alarm", "confirmed-cov-notification", "confirmed-event-notification", "get-alarm-summary",
    "get-enrollment-summary", "subscribe-cov", "atomic-read-file", "atomic-write-file", "add-list-element",
    "remove-list-element", "create-object", "delete-object", "read-property", "read-property-conditional",
    "read-property-multiple", "write-property", "write-property-multiple", "device-communication-control",
    "confirmed-private-transfer", "confirmed-text-message", "reinitialize-device", "vt-open", "vt-close",
    "vt-data", "authenticate", "request-key", "read-range", "life-safety-operation", "subscribe-cov-property",
    "get-event-information",
)))  # fmt: skip

UNCONFIRMED = dict(enumerate((
    "i-am", "i-have", "unconfirmed-cov-notification", "unconfirmed-event-notification",
    "unconfirmed-private-transfer", "unconfirmed-text-message", "time-synchronization", "who-has", "who-is",
    "utc-time-synchronization", "write-group",
)))  # fmt: skip

OBJECTS = dict(enumerate((
    "analog-input", "analog-output", "analog-value", "binary-input", "binary-output", "binary-value",
    "calendar",
    "command", "device", "event-enrollment", "file", "group", "loop", "multi-state-input",
    "multi-state-output",
    "notification-class", "program", "schedule", "averaging", "multi-state-value", "trend-log",
    "life-safety-point", "life-safety-zone", "accumulator", "pulse-converter",
)))  # fmt: skip

PROPERTIES = {
    8: "all", 10: "binary-text", 12: "application-software-version", 25: "cov-increment", 28: "description",
    36: "event-state", 44: "firmware-revision", 62: "max-apdu-length-accepted", 70: "model-name",
    75: "object-identifier",
    76: "object-list", 77: "object-name", 79: "object-type", 80: "optional", 81: "out-of-service",
    85: "present-value", 87: "priority-array", 96: "protocol-object-types-supported",
    97: "protocol-services-supported", 98: "protocol-version", 103: "reliability", 105: "required",
    111: "status-flags", 112: "system-status", 117: "units", 120: "vendor-identifier", 121: "vendor-name",
}  # fmt: skip

ERRORS = {0: "other", 9: "invalid-data-type", 25: "operational-problem", 26: "password-failure",
          27: "read-access-denied", 29: "service-request-denied", 30: "timeout", 31: "unknown-object",
          32: "unknown-property", 37: "value-out-of-range", 40: "write-access-denied"}  # fmt: skip
