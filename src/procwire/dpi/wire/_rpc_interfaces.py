"""Interfaces of DCE/RPC by their identifiers, and the operations that are worth a name.

From Microsoft's open specifications: [MS-RPCE] C706, [MS-SRVS], [MS-SAMR], [MS-LSAD], [MS-NRPC], [MS-WKST],
[MS-SCMR], [MS-RRP], [MS-TSCH], [MS-DRSR], [MS-RPRN], [MS-EVEN6], [MS-DCOM], [MS-WMI], [MS-EFSR], [MS-DFSNM].
"""

from __future__ import annotations

INTERFACES = {
    "e1af8308-5d1f-11c9-91a4-08002b14a0fa": "epmapper",
    "afa8bd80-7d8a-11c9-bef4-08002b102989": "mgmt",
    "4b324fc8-1670-01d3-1278-5a47bf6ee188": "srvsvc",
    "12345778-1234-abcd-ef00-0123456789ac": "samr",
    "12345778-1234-abcd-ef00-0123456789ab": "lsarpc",
    "12345678-1234-abcd-ef00-01234567cffb": "netlogon",
    "6bffd098-a112-3610-9833-46c3f87e345a": "wkssvc",
    "367abb81-9844-35f1-ad32-98f038001003": "svcctl",
    "338cd001-2244-31f1-aaaa-900038001003": "winreg",
    "1ff70682-0a51-30e8-076d-740be8cee98b": "atsvc",
    "86d35949-83c9-4044-b424-db363231fd0c": "task-scheduler",
    "378e52b0-c0a9-11cf-822d-00aa0051e40f": "sasec",
    "e3514235-4b06-11d1-ab04-00c04fc2dcd2": "drsuapi",
    "3919286a-b10c-11d0-9ba8-00c04fd92ef5": "dssetup",
    "12345678-1234-abcd-ef00-0123456789ab": "spoolss",
    "76f03f96-cdfd-44fc-a22c-64950a001209": "remote-print",
    "82273fdc-e32a-18c3-3f78-827929dc23ea": "eventlog",
    "f6beaff7-1e19-4fbb-9f8f-b89e2018337c": "eventlog6",
    "4d9f4ab8-7d1c-11cf-861e-0020af6e7c57": "dcom-activation",
    "000001a0-0000-0000-c000-000000000046": "dcom-system-activator",
    "99fcfec4-5260-101b-bbcb-00aa0021347a": "dcom-object-exporter",
    "00000131-0000-0000-c000-000000000046": "dcom-remote-unknown",
    "00000143-0000-0000-c000-000000000046": "dcom-remote-unknown2",
    "9556dc99-828c-11cf-a37e-00aa003240c7": "wmi-services",
    "f309ad18-d86a-11d0-a075-00c04fb68820": "wmi-login",
    "027947e1-d731-11ce-a357-000000000001": "wmi-enumerate",
    "d4781cd6-e5d3-44df-ad94-930efe48a887": "wmi-login-client",
    "c681d488-d850-11d0-8c52-00c04fd90f7e": "efsrpc",
    "df1941c5-fe89-4e79-bf10-463657acf44d": "efsrpc",
    "4fc742e0-4a10-11cf-8273-00aa004ae673": "dfsnm",
    "50abc2a4-574d-40b3-9d66-ee4fd5fba076": "dnsserver",
    "6b5bdd1e-528c-422c-af8c-a4079be4fe48": "firewall",
    "8f09f000-b7ed-11ce-bbd2-00001a181cad": "rras",
    "5a7b91f8-ff00-11d0-a9b2-00c04fb6e6fc": "messenger",
    "a8e0653c-2744-4389-a61d-7373df8b2292": "volume-shadow-copy",
    "3faf4738-3a21-4307-b46c-fdda9bb8c0d5": "audio-service",
    "dea00001-6c97-11d1-8271-00a02442df7d": "profinet-device",
    "dea00002-6c97-11d1-8271-00a02442df7d": "profinet-controller",
}

OPERATIONS = {
    "epmapper": {2: "lookup", 3: "map", 4: "lookup-handle-free"},
    "srvsvc": {
        8: "connection-enum",
        9: "file-enum",
        12: "session-enum",
        15: "share-enum",
        16: "share-info",
        21: "server-info",
        28: "remote-time",
        36: "share-enum-sticky",
    },
    "samr": {
        0: "connect",
        1: "close",
        5: "lookup-domain",
        6: "enumerate-domains",
        7: "open-domain",
        13: "enumerate-users",
        17: "lookup-names",
        18: "lookup-ids",
        34: "open-user",
        36: "query-user",
        37: "set-user",
        50: "create-user",
        55: "change-password",
        57: "connect2",
        58: "set-user2",
        62: "connect4",
        64: "connect5",
    },
    "lsarpc": {
        0: "close",
        6: "open-policy",
        7: "query-policy",
        14: "lookup-names",
        15: "lookup-sids",
        44: "open-policy2",
        46: "query-policy2",
        57: "lookup-sids2",
        58: "lookup-names2",
        68: "lookup-names3",
        76: "lookup-sids3",
        77: "lookup-names4",
    },
    "netlogon": {
        2: "sam-logon",
        4: "server-request-challenge",
        5: "server-authenticate",
        6: "server-password-set",
        15: "server-authenticate2",
        20: "get-domain-controller",
        26: "server-authenticate3",
        29: "get-domain-info",
        30: "server-password-set2",
        34: "get-domain-controller-ex2",
        39: "sam-logon-ex",
        45: "sam-logon-with-flags",
    },
    "svcctl": {
        0: "close",
        1: "control-service",
        2: "delete-service",
        12: "create-service",
        14: "enumerate-services",
        15: "open-manager",
        16: "open-service",
        19: "start-service",
        24: "create-service-ansi",
    },
    "winreg": {
        0: "open-classes",
        2: "open-local-machine",
        4: "open-users",
        6: "create-key",
        8: "delete-value",
        9: "enumerate-key",
        15: "open-key",
        17: "query-value",
        20: "save-key",
        22: "set-value",
    },
    "atsvc": {0: "add-job", 1: "delete-job", 2: "enumerate-jobs"},
    "task-scheduler": {1: "register-task", 12: "run-task", 13: "delete-task"},
    "drsuapi": {
        0: "bind",
        1: "unbind",
        3: "replicate-changes",
        12: "crack-names",
        16: "domain-controller-info",
    },
    "spoolss": {
        1: "open-printer",
        65: "remote-find-first-change-ex",
        69: "open-printer-ex",
        89: "add-driver",
    },
    "efsrpc": {0: "open-file-raw", 4: "encrypt-file"},
    "wkssvc": {0: "workstation-info", 2: "user-enum"},
    "dcom-activation": {0: "remote-activation"},
    "dcom-system-activator": {3: "get-class-object", 4: "create-instance"},
    "dcom-object-exporter": {
        0: "resolve-oxid",
        1: "simple-ping",
        3: "server-alive",
        4: "resolve-oxid2",
        5: "server-alive2",
    },
    "wmi-services": {6: "get-object", 20: "exec-query", 24: "exec-method"},
    "wmi-login": {6: "ntlm-login"},
}

FAULTS = {
    5: "access-denied",
    0x6F7: "bad-stub-data",
    0x6D1: "procedure-not-found",
    0x6E4: "cannot-support",
    0x1C010002: "operation-out-of-range",
    0x1C010003: "unknown-interface",
    0x1C010014: "server-too-busy",
    0x1C00001A: "context-mismatch",
    0x1C00001B: "remote-no-memory",
}
REFUSALS = {0: "accepted", 1: "refused by user", 2: "refused", 3: "negotiated"}
"""Results of a presentation context (C706 section 12.6.3.1, [MS-RPCE] 2.2.2.4)."""


def interface_of(uuid: str) -> str:
    """The interface by name, or its identifier."""
    return INTERFACES.get(uuid) or uuid


def operation_of(interface: str, number: int) -> str:
    """The operation by name, or its number."""
    return OPERATIONS.get(interface, {}).get(number) or str(number)
