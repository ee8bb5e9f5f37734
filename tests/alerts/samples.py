"""Alerts for the tests of the room: one that is full, one that is bare, and any that could be."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from procwire.model.alert import Alert, Fact
from procwire.model.finding import SEVERITIES, Finding

SECOND = 1_000_000_000
NOW = 1_790_000_000 * SECOND + 123_456_789

FINDING = Finding(
    time=NOW, detector="scan", title="Port scan", severity="high",
    detail="10.0.0.9 tried 120 ports of 192.0.2.7 | a=b \\ \"x\" ]", attack=("T1046", "T1071.004"),
    source="10.0.0.9", target="192.0.2.7", port=443, pid=4711, process="nmap", exe="/usr/bin/nmap",
    user="root", container="web",
    cmdline="nmap -p- 192.0.2.7",
    ancestors=("bash:77", "sshd:1"), score=0.75, scores=(("ports", 0.5), ("failed", 1.0)), count=120,
    first=NOW - 60 * SECOND, last=NOW, flows=("00112233445566aa", "ffeeddccbbaa9988"), reasons=("late",),
)  # fmt: skip
FACTS: dict[str, Fact] = {
    "flow_id": "00112233445566aa", "src": "10.0.0.9", "src_port": 40000, "dst": "192.0.2.7", "dst_port": 443,
    "proto": "tcp", "app": "tls", "community_id": "1:abc=", "direction": "out", "bytes_out": 1000,
    "bytes_in": 2000, "packets_out": 10, "packets_in": 20, "server_name": "www.example.org",
}  # fmt: skip
FULL = Alert(
    id="0123456789abcdef" * 2, finding=FINDING, host="sensor1", version="0.1.0", count=3, facts=FACTS
)
BARE = Alert(id="f" * 32, finding=Finding(time=0, detector="facts", title="", severity="odd", detail=""))


def full(**changes: Any) -> Alert:
    """FULL with another finding."""
    return msgspec.structs.replace(FULL, finding=msgspec.structs.replace(FINDING, **changes))


NASTY = st.text(
    st.one_of(st.characters(), st.sampled_from("=+-@|\\\"]['\t\r\n\0\x1b,;^\ud800\u202e{}<> ")), max_size=20
)
_MOMENTS = st.integers(0, 4_000_000_000 * SECOND)
_PORTS = st.none() | st.integers(0, 65535)
_ENDS = st.one_of(NASTY, st.ip_addresses().map(str))

FINDINGS = st.builds(
    Finding, time=_MOMENTS, detector=NASTY, title=NASTY, severity=st.sampled_from([*SEVERITIES, "odd"]),
    detail=NASTY, attack=st.lists(st.sampled_from(["T1046", "T1071.004"]), max_size=2).map(tuple),
    source=_ENDS, target=_ENDS, port=_PORTS, pid=st.none() | st.integers(0, 1 << 22), process=NASTY,
    exe=NASTY, user=NASTY, container=NASTY, cmdline=NASTY,
    ancestors=st.lists(NASTY, max_size=2).map(tuple),
    score=st.none() | st.floats(0, 1), count=st.integers(0, 1 << 40),
    first=_MOMENTS, last=_MOMENTS, flows=st.lists(st.text("0123456789abcdef", min_size=16, max_size=16),
                                                  max_size=3).map(tuple),
    reasons=st.lists(NASTY, max_size=2).map(tuple),
)  # fmt: skip
ALERTS = st.builds(
    Alert, id=st.text("0123456789abcdef", min_size=32, max_size=32), finding=FINDINGS, host=NASTY,
    version=NASTY, count=st.integers(1, 1 << 40), again=st.booleans(),
    facts=st.one_of(
        st.just({}),
        st.just(FACTS),
        st.dictionaries(st.sampled_from(["server_name", "app", "src", "proto"]), NASTY),
    ),
)  # fmt: skip
