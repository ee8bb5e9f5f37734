# cython: language_level=3
"""What an observation tells about its whole flow, written to the flow: see ``Observation.SETS``.

The first value stays. A name that was only learned from DNS answers gives way to one that the flow itself
carried.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.model.observation import Observation

if cython.compiled:
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.model.flow import Flow

DNS_ANSWER = "dns-answer"
_OWN = frozenset({"server_name", "ja4"})
_plans: dict[type[Observation], tuple[tuple[str, str], ...]] = {}


def plan(kind: type[Observation]) -> tuple[tuple[str, str], ...]:
    """(flow column, field) pairs of an observation class."""
    found = _plans.get(kind)
    if found is None:
        found = _plans[kind] = tuple(kind.SETS.items())
    return found


def settle(flow: Flow, observation: Any) -> None:
    """Write what the observation sets and the flow does not have yet."""
    found = _plans.get(type(observation))
    for column, field in plan(type(observation)) if found is None else found:
        if column == "server_name":
            _name(flow, observation, field)
        elif column == "app":
            _carry(flow, observation)
        elif column in _OWN:
            if not getattr(flow, column):
                setattr(flow, column, getattr(observation, field) or "")
        elif column not in flow.facts:
            value = getattr(observation, field)
            if value is not None and value != "":
                flow.facts[column] = value


def _carry(flow: Flow, observation: Any) -> None:
    """The flow becomes what is inside of what it was; a later name inside takes the place of an earlier."""
    outer: str = flow.facts.get("carrier") or flow.app
    flow.facts["carrier"] = outer
    before = flow.facts.setdefault("carried_by", flow.facts.get("via", ""))
    chain = [part for part in (before, outer, observation.inside) if part]
    flow.facts["via"] = ".".join(chain)
    flow.app = observation.app


def _name(flow: Flow, observation: Any, field: str) -> None:
    if flow.server_name and flow.server_name_source != DNS_ANSWER:
        return
    name = getattr(observation, field)
    if name:
        flow.server_name = name
        flow.server_name_source = observation.NAME_SOURCE
        flow.facts.pop("name_age", None)  # of the answer that gave the former name
