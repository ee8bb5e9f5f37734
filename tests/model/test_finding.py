from __future__ import annotations

from procwire.model.finding import FINDINGS, Finding


def test_what_is_not_known_is_left_out() -> None:
    bare = Finding(time=1, detector="scan", title="Port scan", severity="low", detail="x")
    row = {column.name: column.get(bare) for column in FINDINGS}
    absent = {name for name, value in row.items() if value is None}
    assert absent >= {"source", "target", "port", "pid", "score"}
    assert (row["complete"], row["count"]) == ("complete", 1)


def test_a_reason_makes_it_degraded() -> None:
    made = Finding(
        time=1, detector="scan", title="x", severity="low", detail="x", reasons=("y",), scores=(("a", 0.123),)
    )
    assert (made.complete, made.measures) == ("degraded", ("a=0.12",))
