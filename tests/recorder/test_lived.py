"""What goes with flows that were chosen."""

from __future__ import annotations

from procwire.model import address
from procwire.model.flow import Flow
from procwire.recorder.lived import Belonging


def test_lines_of_the_same_ends_and_findings_that_rest_on_them() -> None:
    flow = Flow()
    flow.family, flow.src_hi, flow.src_lo = address.split("10.0.0.1")
    _, flow.dst_hi, flow.dst_lo = address.split("10.0.0.2")
    flow.sport, flow.dport, flow.proto, flow.first = 1000, 80, 6, 5
    belonging = Belonging([flow])
    turned = {"src": "10.0.0.2", "src_port": 80, "dst": "10.0.0.1", "dst_port": 1000, "flow_id": "earlier"}
    assert not belonging.takes({"flows": ["earlier"]})
    assert belonging.takes(turned)  # begun before the packets, and the other way round
    assert belonging.takes({"flows": ["x", "earlier"]})
    assert belonging.takes({"flow_id": flow.flow_id})
    assert not belonging.takes(turned | {"dst_port": 1001, "flow_id": "other"})
    assert not belonging.takes({})
    assert not belonging.takes({"flows": []})
