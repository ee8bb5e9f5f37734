from __future__ import annotations

from procwire.engine.options import EngineError, FlowOptions, ReadOptions


def test_an_error_carries_its_exit_code() -> None:
    assert (str(EngineError("no", 3)), EngineError("no", 3).code, EngineError("no").code) == ("no", 3, 1)


def test_defaults_are_those_of_the_commands() -> None:
    assert ReadOptions(paths=("x",)).flows == FlowOptions(max_flows=1_000_000, protocols=True)
