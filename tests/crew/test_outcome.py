"""What parts count together: what only one has seen is added, what all have seen is not."""

from __future__ import annotations

from procwire.crew.outcome import ALL_SEE, Outcome, joined
from procwire.flows.limits import Counts


def outcome(number: int, **more: str) -> Outcome:
    names = [name for name in Counts.__struct_fields__ if name != "ended"]
    counts = Counts(**{name: 10 if name in ALL_SEE else number for name in names}, ended={"fin": number})
    return Outcome(first=1, last=9, tracked=counts, decoded={"fault.x": 7}, analysed={"held": number}, **more)


def test_parts_are_added() -> None:
    whole = joined([outcome(1), outcome(2, defect="tls: KeyError"), outcome(4)])
    assert (whole.first, whole.last, whole.decoded) == (1, 9, {"fault.x": 7})
    assert whole.analysed == {"held": 7}
    assert whole.tracked.ended == {"fin": 7}
    assert {whole.tracked.flows, whole.tracked.gap_bytes, whole.tracked.evicted} == {7}
    assert {getattr(whole.tracked, name) for name in ALL_SEE} == {10}
    assert whole.defect == "tls: KeyError"


def test_defects_are_those_of_parsers_and_of_the_sink() -> None:
    one = outcome(3)
    one.analysed["defects"] = 2
    assert one.defects == 5
