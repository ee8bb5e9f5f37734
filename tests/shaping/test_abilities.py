from __future__ import annotations

from procwire.shaping.abilities import Abilities, unmet
from procwire.shaping.spelling import effect
from tests.shaping.stage import FULL, HERE


def test_a_kernel_with_everything_lacks_nothing() -> None:
    wanted = effect({"delay": "5ms", "loss": "1%", "rate": "1mbit"})
    assert unmet(wanted, FULL, received=True, partly=True) == ()
    assert unmet(effect({"rate": "1mbit"}), HERE, received=True, partly=True) == ()


def test_what_is_lacking_is_told_with_what_to_do() -> None:
    (reason,) = unmet(effect({"delay": "5ms"}), HERE, received=False, partly=False)
    assert reason.startswith("this kernel has no netem (CONFIG_NET_SCH_NETEM); ")
    assert "shape run" in reason
    nothing = unmet(effect({"rate": "1mbit"}), Abilities(), received=True, partly=False)
    assert len(nothing) == 5
    assert all("this kernel has no" in each for each in nothing)


def test_the_kernels_own_reason_is_kept() -> None:
    able = Abilities(reasons=(("netem", "netem: no right"),))
    assert able.lacking("netem") == "netem: no right"
    assert FULL.lacking("netem") == ""
    assert set(FULL.kinds) >= {"netem", "seed", "ifb"}
