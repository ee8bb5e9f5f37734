"""Programs of ONC RPC, their procedures and their results (IANA "RPC Program Numbers"; RFC 1813, RFC 1833).

NFS version 4 has a single procedure of use; what it does is said by operations (RFC 7530 section 16).
"""

from __future__ import annotations

FLAVORS = {0: "none", 1: "sys", 2: "short", 3: "dh", 6: "gss", 7: "tls"}

PORTMAP, NFS, MOUNT, LOCKS, ACL = 100000, 100003, 100005, 100021, 100227
PROGRAMS = {
    100000: "portmap",
    100001: "rstat",
    100002: "rusers",
    100003: "nfs",
    100004: "ypserv",
    100005: "mount",
    100007: "ypbind",
    100008: "wall",
    100009: "yppasswd",
    100011: "rquota",
    100012: "spray",
    100017: "rex",
    100021: "nlockmgr",
    100024: "status",
    100026: "bootparam",
    100028: "ypupdate",
    100068: "calendar",
    100083: "tooltalk",
    100227: "nfs-acl",
    100300: "nis",
    300019: "automount",
    391002: "file-monitor",
    395180: "vxi11-abort",
    395183: "vxi11",
    536870913: "test",
    1073741824: "nfs-callback",
}

_PORTMAP2 = ("null", "set", "unset", "getport", "dump", "callit")
_PORTMAP3 = (
    "null",
    "set",
    "unset",
    "getaddr",
    "dump",
    "broadcast",
    "gettime",
    "uaddr2taddr",
    "taddr2uaddr",
    "getversaddr",
    "indirect",
    "getaddrlist",
    "getstat",
)
_NFS2 = (
    "null",
    "getattr",
    "setattr",
    "root",
    "lookup",
    "readlink",
    "read",
    "writecache",
    "write",
    "create",
    "remove",
    "rename",
    "link",
    "symlink",
    "mkdir",
    "rmdir",
    "readdir",
    "statfs",
)
_NFS3 = (
    "null",
    "getattr",
    "setattr",
    "lookup",
    "access",
    "readlink",
    "read",
    "write",
    "create",
    "mkdir",
    "symlink",
    "mknod",
    "remove",
    "rmdir",
    "rename",
    "link",
    "readdir",
    "readdirplus",
    "fsstat",
    "fsinfo",
    "pathconf",
    "commit",
)
_MOUNT = ("null", "mnt", "dump", "umnt", "umntall", "export")
_LOCKS = ("null", "test", "lock", "cancel", "unlock", "granted")

PROCEDURES = {
    (100000, 2): _PORTMAP2,
    (100000, 3): _PORTMAP3,
    (100000, 4): _PORTMAP3,
    (100003, 2): _NFS2,
    (100003, 3): _NFS3,
    (100003, 4): ("null", "compound"),
    (100005, 1): _MOUNT,
    (100005, 2): _MOUNT,
    (100005, 3): _MOUNT,
    (100021, 1): _LOCKS,
    (100021, 3): _LOCKS,
    (100021, 4): _LOCKS,
}

OPERATIONS4 = {
    3: "access",
    4: "close",
    5: "commit",
    6: "create",
    7: "delegpurge",
    8: "delegreturn",
    9: "getattr",
    10: "getfh",
    11: "link",
    12: "lock",
    13: "lockt",
    14: "locku",
    15: "lookup",
    16: "lookupp",
    17: "nverify",
    18: "open",
    19: "openattr",
    20: "open-confirm",
    21: "open-downgrade",
    22: "putfh",
    23: "putpubfh",
    24: "putrootfh",
    25: "read",
    26: "readdir",
    27: "readlink",
    28: "remove",
    29: "rename",
    30: "renew",
    31: "restorefh",
    32: "savefh",
    33: "secinfo",
    34: "setattr",
    35: "setclientid",
    36: "setclientid-confirm",
    37: "verify",
    38: "write",
    39: "release-lockowner",
    40: "backchannel-ctl",
    41: "bind-conn-to-session",
    42: "exchange-id",
    43: "create-session",
    44: "destroy-session",
    45: "free-stateid",
    52: "secinfo-no-name",
    53: "sequence",
    57: "destroy-clientid",
    58: "reclaim-complete",
}

RESULTS = {
    0: "ok",
    1: "not-owner",
    2: "not-found",
    5: "io-error",
    6: "no-device",
    13: "access-denied",
    17: "exists",
    18: "cross-device",
    20: "not-a-directory",
    21: "is-a-directory",
    22: "invalid",
    27: "too-big",
    28: "no-space",
    30: "read-only",
    31: "too-many-links",
    63: "name-too-long",
    66: "not-empty",
    69: "quota",
    70: "stale",
    71: "remote",
    10001: "bad-handle",
    10002: "not-synchronised",
    10003: "bad-cookie",
    10004: "not-supported",
    10005: "too-small",
    10006: "server-fault",
    10007: "bad-type",
    10008: "delay",
    10012: "denied",
    10013: "grace",
    10016: "wrong-security",
    10022: "stale-client-id",
    10052: "bad-session",
}


def program_of(number: int) -> str:
    """The program by name, or its number."""
    return PROGRAMS.get(number) or str(number)


def procedure_of(program: int, version: int, number: int) -> str:
    """The procedure by name, or its number."""
    known = PROCEDURES.get((program, version), ("null",))
    return known[number] if number < len(known) else str(number)


def result_of(number: int) -> str:
    """A result of NFS or MOUNT by name, or its number."""
    return RESULTS.get(number) or str(number)
