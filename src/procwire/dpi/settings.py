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
_NAME = cython.declare(cython.int, 0)  # what a step does: the server's name with its source,
_JA4 = cython.declare(cython.int, 1)  # its JA4,
_FACT = cython.declare(cython.int, 2)  # one of its facts,
_APP = cython.declare(cython.int, 3)  # or what is spoken inside
_SEALED = frozenset({"tls", "dtls", "quic", "ssh"})  # what came through these was not sent in clear
_plans: dict[type[Observation], Plan] = {}


@cython.cclass
class Plan:
    """What a class of observations writes. ``tabled``: it has a table, so somebody may want to see it."""

    columns: list[str]
    fields: list[str]
    kinds: list[int]
    signs: list[str]  # fields that state a risk where they are true,
    risks: list[str]  # and which
    tabled: cython.bint

    def __init__(self, kind: type[Observation]) -> None:
        self.columns = list(kind.SETS)
        self.fields = list(kind.SETS.values())
        own = {"server_name": _NAME, "ja4": _JA4, "app": _APP}
        self.kinds = [own.get(column, _FACT) for column in self.columns]
        self.signs = list(kind.RISKS)
        self.risks = list(kind.RISKS.values())
        self.tabled = bool(kind.TABLE)


@cython.ccall
def plan(kind: type[Observation]) -> Plan:
    """What observations of a class write."""
    found = _plans.get(kind)
    if found is None:
        found = _plans[kind] = Plan(kind)
    return found


@cython.ccall
@cython.exceptval(-1, check=True)
def settle(flow: Flow, observation: Any) -> cython.bint:
    """Write what the observation sets and the flow does not have yet, and the risks that it states.

    Says whether it has a table.
    """
    steps: Plan = plan(type(observation))
    at: cython.Py_ssize_t
    kind: cython.int
    for at in range(len(steps.columns)):
        kind = steps.kinds[at]
        if kind == _FACT:
            if steps.columns[at] not in flow.facts:
                value = getattr(observation, steps.fields[at])
                if value is not None and value != "":
                    flow.facts[steps.columns[at]] = value
        elif kind == _NAME:
            _name(flow, observation, steps.fields[at])
        elif kind == _APP:
            _carry(flow, observation)
        elif not flow.ja4:
            flow.ja4 = getattr(observation, steps.fields[at]) or ""
    for at in range(len(steps.signs)):
        if getattr(observation, steps.signs[at]):
            state(flow, steps.risks[at])
    return steps.tabled


@cython.ccall
def state(flow: Flow, risk: str) -> object:
    """Add a risk to those of the flow. Credentials inside an encrypted stream are not in clear."""
    known: Any = flow.facts.get("risks", ())
    if risk in known:
        return None
    if risk == CLEARTEXT_CREDENTIALS and not _SEALED.isdisjoint(str(flow.facts.get("via", "")).split(".")):
        return None
    flow.facts["risks"] = (*known, risk)
    return None


@cython.cfunc
@cython.exceptval(-1)
def _carry(flow: Flow, observation: Any) -> cython.int:
    """The flow becomes what is inside of what it was; a later name inside takes the place of an earlier."""
    outer: str = flow.facts.get("carrier") or flow.app
    flow.facts["carrier"] = outer
    before: str = flow.facts.setdefault("carried_by", flow.facts.get("via", ""))
    chain: list[str] = [part for part in (before, outer, observation.inside) if part]
    flow.facts["via"] = ".".join(chain)
    flow.app = observation.app
    return 0


@cython.cfunc
@cython.exceptval(-1)
def _name(flow: Flow, observation: Any, field: str) -> cython.int:
    if flow.server_name and flow.server_name_source != DNS_ANSWER:
        return 0
    name = getattr(observation, field)
    if name:
        flow.server_name = name
        flow.server_name_source = observation.NAME_SOURCE
        flow.facts.pop("name_age", None)  # of the answer that gave the former name
    return 0
