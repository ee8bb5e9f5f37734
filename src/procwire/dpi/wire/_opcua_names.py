"""Numeric ids of OPC UA's service messages in binary encoding, and usual status codes (OPC 10000-6)."""

_REQUESTS = {
    422: "FindServers", 428: "GetEndpoints", 437: "RegisterServer", 446: "OpenSecureChannel",
    452: "CloseSecureChannel", 461: "CreateSession", 467: "ActivateSession", 473: "CloseSession",
    479: "Cancel",
    488: "AddNodes", 494: "AddReferences", 500: "DeleteNodes", 506: "DeleteReferences", 527: "Browse",
    533: "BrowseNext", 554: "TranslateBrowsePaths", 560: "RegisterNodes", 566: "UnregisterNodes",
    615: "QueryFirst", 621: "QueryNext", 631: "Read", 664: "HistoryRead", 673: "Write", 700: "HistoryUpdate",
    712: "Call", 751: "CreateMonitoredItems", 763: "ModifyMonitoredItems", 769: "SetMonitoringMode",
    775: "SetTriggering", 781: "DeleteMonitoredItems", 787: "CreateSubscription", 793: "ModifySubscription",
    799: "SetPublishingMode", 826: "Publish", 832: "Republish", 841: "TransferSubscriptions",
    847: "DeleteSubscriptions",
}  # fmt: skip

SERVICES = {
    397: "ServiceFault",
    **{number: f"{name}Request" for number, name in _REQUESTS.items()},
    **{number + 3: f"{name}Response" for number, name in _REQUESTS.items()},
}

STATUS = {
    0: "Good", 0x80010000: "BadUnexpectedError", 0x80020000: "BadInternalError",
    0x80080000: "BadEncodingLimitsExceeded",
    0x800A0000: "BadTimeout", 0x800B0000: "BadServiceUnsupported", 0x80130000: "BadSecurityChecksFailed",
    0x801F0000: "BadUserAccessDenied", 0x80200000: "BadIdentityTokenInvalid",
    0x80210000: "BadIdentityTokenRejected",
    0x80220000: "BadSecureChannelIdInvalid", 0x80250000: "BadSessionIdInvalid",
    0x80260000: "BadSessionClosed",
    0x80270000: "BadSessionNotActivated", 0x80280000: "BadSubscriptionIdInvalid",
    0x80340000: "BadNodeIdUnknown",
    0x80540000: "BadSecurityModeRejected", 0x80550000: "BadSecurityPolicyRejected",
    0x807D0000: "BadTcpServerTooBusy",
    0x807E0000: "BadTcpMessageTypeInvalid", 0x80800000: "BadTcpMessageTooLarge",
    0x80830000: "BadTcpEndpointUrlInvalid",
}  # fmt: skip
