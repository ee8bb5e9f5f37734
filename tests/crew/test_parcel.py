"""Every value of a flow comes out of its parcel as it went in."""

from __future__ import annotations

import pickle
from typing import Any

from procwire.crew.parcel import LEFT, unwrap, wrap
from procwire.model.flow import Flow

# The declarations of Flow, which its compiled form does not keep.
NAMES = [name for name in dir(Flow) if not name.startswith("_") and not callable(getattr(Flow, name))]


def filled() -> tuple[Flow, dict[str, Any]]:
    flow = Flow()
    values: dict[str, Any] = {}
    for number, name in enumerate(n for n in NAMES if n not in LEFT and n not in {"src", "dst", "flow_id"}):
        old = getattr(flow, name)
        value = {str: f"text {number}", dict: {"a": number}, bool: True}.get(type(old), 100 + number)
        setattr(flow, name, value)
        values[name] = value
    return flow, values


def test_nothing_is_left_out_but_what_is_named() -> None:
    flow, values = filled()
    again = unwrap(pickle.loads(pickle.dumps(wrap(flow))))
    assert len(values) > 50
    assert {name: getattr(again, name) for name in values} == values
    assert {name: getattr(again, name) for name in LEFT} == {name: getattr(Flow(), name) for name in LEFT}
