"""What is in one bundle and not in the other."""

from __future__ import annotations

import json
from pathlib import Path

from procwire.recorder.comparing import differences
from procwire.recorder.container import Container


def bundle(path: Path, flows: list[dict[str, object]], findings: list[dict[str, object]]) -> Container:
    path.mkdir()
    for name, told in (("flows", flows), ("findings", findings)):
        (path / f"{name}.ndjson").write_text("".join(json.dumps(line) + "\n" for line in told))
    return Container(path)


def test_conversations_and_findings(tmp_path: Path) -> None:
    same = {"process": "a", "app": "tls", "dst": "10.0.0.1", "dst_port": 443, "bytes": 100}
    gone = {"process": "b", "app": "dns", "dst": "10.0.0.2", "dst_port": 53, "bytes": 5}
    more = same | {"bytes": 900}
    first = bundle(tmp_path / "1", [same, gone], [])
    second = bundle(tmp_path / "2", [same, more], [{"detector": "scan", "target": "x"}])
    assert [(each.state, each.what, each.process, each.bytes) for each in differences(first, second)] == [
        ("only-first", "conversation", "b", (5, 0)),
        ("only-second", "finding", "?", (0, 0)),
        ("changed", "conversation", "a", (100, 1000)),
    ]
    assert differences(first, first) == []
