"""``procwire shape``: its actions, and how faults are told."""

from __future__ import annotations

import argparse
from importlib import import_module

import pytest

from procwire.cli import exit
from procwire.cli.main import main
from procwire.cli.shape import ACTIONS, guarded
from procwire.engine.options import EngineError
from procwire.shaping.failure import InvalidError, ShapingError


def test_every_action_can_be_helped(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ACTIONS:
        assert callable(import_module(f"procwire.cli.{name}").add)
        with pytest.raises(SystemExit) as ended:
            main(["shape", name.removeprefix("shape_"), "--help"])
        assert ended.value.code == 0
    assert "example" in capsys.readouterr().out


def test_without_an_action_it_is_a_fault_of_the_words() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["shape"])
    assert ended.value.code == exit.USAGE


@pytest.mark.parametrize(("fault", "code"), [(InvalidError("loss", "x"), 2), (ShapingError("x"), 1)])
def test_faults_of_the_room_have_exit_codes(fault: Exception, code: int) -> None:
    def run(_: argparse.Namespace) -> int:
        raise fault

    with pytest.raises(EngineError) as told:
        guarded(run)(argparse.Namespace())
    assert told.value.code == code
