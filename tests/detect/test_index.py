"""Rules are found by what rows hold."""

from __future__ import annotations

from procwire.detect.index import Index
from procwire.detect.needs import Need
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from tests.detect.made import flow, process


def test_candidates_are_those_whose_needs_a_row_has() -> None:
    index = Index(
        [
            None,
            frozenset({Need("dst_port", 443, exact=True)}),
            frozenset({Need("exe", "/curl")}),
            frozenset({Need("risks", "weak", exact=True), Need("risks", "clear")}),
            frozenset({Need("app", "dns", exact=True)}),
        ],
        FLOWS,
    )
    made = flow(port=443, owner=process("/usr/bin/CURL"), facts={"risks": ("old", "cleartext")})
    assert index.candidates(FlowRow(made)) == [0, 1, 2, 3]
    assert index.candidates(FlowRow(flow(port=80, facts={"risks": ("weak",)}))) == [0, 3]
    assert index.candidates(FlowRow(flow(port=80))) == [0]
