"""The policy of a run, and how another takes its place."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from procwire.cli.policing import Policing
from procwire.engine.options import EngineError

ONE = "format: 1\nprograms:\n- exe: /x\n  to:\n  - {dest: a.test}\n"


def settled(policing: Policing) -> bool:
    policing.reload()
    assert policing._thread is not None
    policing._thread.join(30)
    return policing.changed()


def test_read_anew_or_left_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "egress.yaml"
    path.write_text(ONE)
    policing = Policing(argparse.Namespace(egress=str(path), command="read"))
    assert policing.judge is not None
    assert policing.places == (str(tmp_path),)
    path.write_text(f"{ONE}  - {{dest: b.test}}\n")
    assert not policing.changed()
    assert settled(policing)
    assert policing.judge.policy.size == 2
    path.write_text("format: 9\n")
    assert not settled(policing)
    assert policing.judge.policy.size == 2
    said = capsys.readouterr().err
    assert "2 destinations read anew" in said
    assert "the policy stays as it was: " in said


def test_a_recording_is_held_against_a_named_one_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "egress.yaml"
    path.write_text(ONE)
    monkeypatch.setattr("procwire.egress.file.usual", lambda: path)
    assert Policing(argparse.Namespace(egress="", command="read")).judge is None
    assert Policing(argparse.Namespace(egress=None, command="watch")).judge is not None
    path.unlink()
    without = Policing(argparse.Namespace(egress="", command="daemon"))
    assert (without.judge, without.places) == (None, ())
    without.reload()
    assert not without.changed()
    with pytest.raises(EngineError, match="no policy here"):
        Policing(argparse.Namespace(egress=str(path), command="watch"))
