"""Sigma rules for tests, each written here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

PROCESS = {"product": "linux", "category": "process_creation"}


def rule(detection: dict[str, Any], logsource: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A rule; its condition is ``selection`` where it does not say."""
    return {
        "title": "Something", "id": "00000000-0000-4000-8000-000000000001", "status": "test", "level": "high",
        "author": "Somebody", "tags": ["attack.execution", "attack.t1059.004"],
        "logsource": logsource or PROCESS, "detection": {"condition": "selection", **detection}, **more,
    }  # fmt: skip


def write(path: Path, *rules: dict[str, Any]) -> Path:
    """A file of rules."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump_all(rules, sort_keys=False), encoding="utf-8")
    return path
