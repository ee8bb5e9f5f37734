# cython: language_level=3
"""What an observation tells about its whole flow, written to the flow: ``Observation.SETS`` and ``RISKS``.

The first value stays. A name that was only learned from DNS answers gives way to one that the flow itself
carried. Risks are gathered, each once, in order of appearance.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.model.observation import Observation
from procwire.model.risks import CLEARTEXT_CREDENTIALS

if cython.compiled:
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.model.flow import Flow

DNS_ANSWER = "dns-answer"
_OWN = frozenset({"server_name", "ja4"})
_SEALED = frozenset({"tls", "dtls", "quic", "ssh"})  # what came through these was not sent in clear
_Pairs = tuple[tuple[str, str], ...]
_plans: dict[type[Observation], tuple[_Pairs, _Pairs]] = {}


def plan(kind: type[Observation]) -> tuple[_Pairs, _Pairs]:
    """(flow column, field) pairs of an observation class, and its (field, risk) pairs."""
    found = _plans.get(kind)
    if found is None:
        found = _plans[kind] = (tuple(kind.SETS.items()), tuple(kind.RISKS.items()))
    return found


def settle(flow: Flow, observation: Any) -> None:
    """Write what the observation sets and the flow does not have yet, and the risks that it states."""
    found = _plans.get(type(observation))
    sets, risks = plan(type(observation)) if found is None else found
    for column, field in sets:
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
    for field, risk in risks:
        if getattr(observation, field):
            state(flow, risk)


def state(flow: Flow, risk: str) -> None:
    """Add a risk to those of the flow. Credentials inside an encrypted stream are not in clear."""
    known: tuple[str, ...] = flow.facts.get("risks", ())
    if risk in known:
        return
    if risk == CLEARTEXT_CREDENTIALS and not _SEALED.isdisjoint(str(flow.facts.get("via", "")).split(".")):
        return
    flow.facts["risks"] = (*known, risk)


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
