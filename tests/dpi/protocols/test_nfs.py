"""NFS: files of a real server in versions 3 and 4, names in calls, what ends early."""

from __future__ import annotations

import struct

from procwire.dpi.protocols import nfs
from tests.dpi.rpc_messages import SYSTEM, call, marked, reply, text
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

UDP, TCP = context("udp", 2049), context("tcp", 2049)


def test_files() -> None:
    said = rows("nfs/files", "rpc")
    looked = [line for line in said if line.get("procedure") == "lookup"]
    assert [(line["path"], line.get("status")) for line in looked] == [
        ("missing.txt", None),
        ("missing.txt", "not-found"),
    ]
    opened = next(line for line in said if "open" in line.get("operations", ()))
    assert (opened["path"], opened["operations"][:2]) == ("report.txt", ["putfh", "getattr"])
    mounted = next(line for line in said if line.get("procedure") == "mnt")
    assert mounted["path"].endswith("/export")
    assert (mounted["machine"], mounted["uid"]) == ("libnfs", 0)
    assert apps("nfs/files") == {("nfs", "content"), ("rpc", "content")}


def test_version_2_and_3_names() -> None:
    second = call(100003, 2, 4, bytes(32) + text(b"a.txt"), credentials=SYSTEM)
    third = call(100003, 3, 12, text(bytes(28)) + text(b"b.txt"), ident=10)
    seen = talk(nfs, UDP, (OUT, second), (OUT, third), (IN, reply(struct.pack("!I", 13), ident=10)))
    assert [(one.procedure, one.path) for one in seen] == [
        ("lookup", "a.txt"),
        ("remove", "b.txt"),
        ("remove", "b.txt"),
    ]
    assert (seen[2].status, seen[2].latency) == ("access-denied", 100)


def test_open_that_creates() -> None:
    opening = struct.pack("!I", 18) + struct.pack("!IIIQ", 1, 2, 0, 7) + text(b"owner")
    for how in (
        struct.pack("!II", 1, 0) + struct.pack("!III", 1, 0, 0),
        struct.pack("!IIQ", 1, 2, 5),
        struct.pack("!I", 0),
    ):
        compound = (
            text(b"") + struct.pack("!II", 0, 1) + opening + how + struct.pack("!I", 0) + text(b"new.txt")
        )
        (seen,) = talk(nfs, TCP, (OUT, marked(call(100003, 4, 1, compound))))
        assert (seen.path, seen.operations) == ("new.txt", ("open",))


def test_arguments_that_end_early_say_less() -> None:
    (seen,) = talk(nfs, UDP, (OUT, call(100003, 3, 3, b"\0\0")))
    assert (seen.procedure, seen.path) == ("lookup", "")


def test_claims() -> None:
    assert claimed(nfs, call(100005, 3, 1), context("udp", 9))
    assert claimed(nfs, marked(call(100003, 4, 1)), TCP)
    assert not claimed(nfs, call(100000, 2, 3), UDP)
    assert not claimed(nfs, reply(), UDP)
