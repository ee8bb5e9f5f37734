from __future__ import annotations

from procwire.detect.spread import Spread
from tests.detect.made import flow, lived, process


def test_one_program_reaches_many() -> None:
    ssh = process("/usr/bin/ssh")
    found = lived(Spread(), [flow(f"10.0.1.{at}", 22, at=at * 5, owner=ssh) for at in range(1, 20)])
    assert [one.target for one in found] == ["8 hosts", "16 hosts"]
    assert (found[0].port, found[0].process, found[0].attack) == (22, "ssh", ("T1021",))


def test_what_is_harmless_is_left_alone() -> None:
    for flows in (
        [flow(f"10.0.1.{at}", 443, at=at) for at in range(1, 40)],
        [flow(f"93.184.216.{at}", 22, at=at) for at in range(1, 40)],
        [flow(f"10.0.1.{at}", 22, at=at, answered=False) for at in range(1, 40)],
        [flow(f"10.0.1.{at}", 22, at=at * 300) for at in range(1, 40)],
        [flow("10.0.1.1", 22, at=at) for at in range(1, 40)],
    ):
        assert lived(Spread(), flows) == []
