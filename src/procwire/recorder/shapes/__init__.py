"""Flows and observations in the words of others: ECS, OCSF and Suricata's EVE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Shape = Callable[[dict[str, Any]], dict[str, Any]]
OWN = "procwire"
NAMES = (OWN, "ecs", "ocsf", "eve")


def shape(name: str) -> Shape | None:
    """What makes a line of procwire's own one of another's; None for its own."""
    if name == OWN:
        return None
    from procwire.recorder.shapes import ecs, eve, ocsf

    return {"ecs": ecs.record, "ocsf": ocsf.record, "eve": eve.record}[name]
