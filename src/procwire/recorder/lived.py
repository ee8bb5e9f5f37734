"""Of what a watch knew live, what belongs to the flows of a bundle that holds only some.

A flow is known by its id, or by its ends: packets that begin in the middle of a flow make another id of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from procwire.model.flow import Flow

End = tuple[Any, Any]


class Belonging:
    """``takes`` each line in turn, those of flows before those that name flows."""

    def __init__(self, flows: Iterable[Flow]) -> None:
        self._ids: set[str] = set()
        self._ends: set[frozenset[End]] = set()
        for flow in flows:
            self._ids.add(flow.flow_id)
            self._ends.add(frozenset(((flow.src, flow.sport), (flow.dst, flow.dport))))

    def takes(self, told: Mapping[str, Any]) -> bool:
        """Is it of one of the flows, or does it rest on one?"""
        named = told.get("flows")
        if isinstance(named, list):
            return any(each in self._ids for each in named)
        ends = ((told.get("src"), told.get("src_port")), (told.get("dst"), told.get("dst_port")))
        known = told.get("flow_id") in self._ids or frozenset(ends) in self._ends
        if known and told.get("flow_id"):
            self._ids.add(str(told["flow_id"]))
        return known
