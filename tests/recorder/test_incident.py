"""What becomes of an incident whose disk fails, and what its head says."""

from __future__ import annotations

import json
from pathlib import Path

from procwire.recorder import clocks
from procwire.recorder.incident import HEAD, PACKETS, Incident, Reason, machine
from procwire.recorder.scribe import Scribe
from procwire.recorder.track import Block, Numbers
from procwire.recorder.vault import Vault


def test_a_disk_that_fails_loses_packets_by_name(tmp_path: Path) -> None:
    vault, scribe = Vault(tmp_path / "v", quota_bytes=10**6), Scribe()
    vault.make("one")
    incident = Incident(vault, scribe, "one", Reason(time=1, kind="signal"))
    incident.begin({})
    incident.add(Block(bytes(40), 3, 1, 2), Numbers([]))
    scribe.settle()
    assert incident.dropped == {"the disk failed": 3}
    assert incident.lacking == ["disk: File exists"]
    scribe.close()


def test_the_head_says_why_where_and_that_it_is_whole(tmp_path: Path) -> None:
    vault, scribe = Vault(tmp_path / "v", quota_bytes=10**6), Scribe()
    incident = Incident(vault, scribe, "one", Reason(time=10**18, kind="finding", name="scan", detail="d"))
    incident.begin({"since": "x"})
    scribe.settle()
    head = json.loads((tmp_path / "v" / "one" / HEAD).read_bytes())
    assert (head["state"], head["since"]) == ("recording", "x")
    incident.add(Block(b"12345678", 1, 1, 2), Numbers([]))
    incident.again(Reason(time=10**18, kind="finding", name="scan"), 9)
    incident.finish({"lines": [b"a\n", b"b\n"]}, machine(clocks.read()), [])
    scribe.close()
    head = json.loads((tmp_path / "v" / "one" / HEAD).read_bytes())
    assert (head["state"], head["triggers"], head["packets"], head["bytes"]) == ("frozen", 2, 1, 8)
    assert head["reasons"][0] == {
        "time": "2001-09-09T01:46:40.000000000Z", "kind": "finding", "name": "scan", "detail": "d",
    }  # fmt: skip
    assert head["kernel"].startswith("Linux")
    assert (tmp_path / "v" / "one" / "lines").read_bytes() == b"a\nb\n"
    assert (tmp_path / "v" / "one" / PACKETS).read_bytes().endswith(b"12345678")
