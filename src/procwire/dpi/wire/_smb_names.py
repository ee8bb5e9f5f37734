"""Numbers of SMB and what they are called ([MS-SMB2] 2.2, [MS-CIFS] 2.2, [MS-ERREF] 2.3)."""

from __future__ import annotations

DIALECTS = {0x0202: "2.0.2", 0x0210: "2.1", 0x02FF: "2.?", 0x0300: "3.0", 0x0302: "3.0.2", 0x0311: "3.1.1"}

COMMANDS2 = (
    "negotiate", "session-setup", "logoff", "tree-connect", "tree-disconnect", "create", "close", "flush",
    "read", "write", "lock", "ioctl", "cancel", "echo", "query-directory", "change-notify", "query-info",
    "set-info", "oplock-break",
)  # fmt: skip

COMMANDS1 = {
    0x00: "create-directory", 0x01: "delete-directory", 0x04: "close", 0x06: "delete", 0x07: "rename",
    0x24: "lock", 0x25: "transaction", 0x2B: "echo", 0x2D: "open", 0x2E: "read", 0x2F: "write",
    0x32: "transaction2", 0x34: "find-close", 0x71: "tree-disconnect", 0x72: "negotiate",
    0x73: "session-setup", 0x74: "logoff", 0x75: "tree-connect", 0xA0: "nt-transaction", 0xA2: "create",
    0xA4: "cancel",
}  # fmt: skip

SHARES = {1: "disk", 2: "pipe", 3: "print"}
DISPOSITIONS = ("supersede", "open", "create", "open-or-create", "overwrite", "overwrite-or-create")

STATUS = {
    0x00000000: "ok", 0x00000103: "pending", 0x0000010B: "notify-cleanup", 0x80000005: "buffer-overflow",
    0x80000006: "no-more-files", 0xC0000002: "not-implemented", 0xC0000008: "invalid-handle",
    0xC000000D: "invalid-parameter", 0xC000000F: "no-such-file", 0xC0000010: "invalid-device-request",
    0xC0000011: "end-of-file", 0xC0000016: "more-processing-required", 0xC0000022: "access-denied",
    0xC0000033: "invalid-name", 0xC0000034: "not-found", 0xC0000035: "name-collision",
    0xC000003A: "path-not-found", 0xC0000043: "sharing-violation", 0xC000005E: "no-logon-servers",
    0xC0000064: "no-such-user", 0xC000006A: "wrong-password", 0xC000006D: "logon-failure",
    0xC000006E: "account-restriction", 0xC000006F: "invalid-logon-hours", 0xC0000070: "invalid-workstation",
    0xC0000071: "password-expired", 0xC0000072: "account-disabled", 0xC000007F: "disk-full",
    0xC00000AC: "pipe-not-available", 0xC00000BA: "is-a-directory", 0xC00000BB: "not-supported",
    0xC00000C9: "network-name-deleted", 0xC00000CC: "bad-network-name", 0xC0000101: "directory-not-empty",
    0xC0000103: "not-a-directory", 0xC0000120: "cancelled", 0xC0000121: "cannot-delete",
    0xC0000128: "file-closed", 0xC000015B: "logon-type-not-granted", 0xC0000193: "account-expired",
    0xC0000203: "session-deleted", 0xC0000224: "password-must-change", 0xC0000225: "not-found",
    0xC0000234: "account-locked", 0xC000035C: "session-expired",
}  # fmt: skip


def status_of(number: int) -> str:
    """A status by name, or in hex."""
    return STATUS.get(number) or f"{number:#010x}"
