"""What a watch and a daemon share: options, and what is said of a capture."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from procwire.cli.capturing import greet, losses_of, refused_by, watch_options
from procwire.cli.main import parser
from procwire.cli.settling import parse


def parsed(*words: str) -> Any:
    found = parse(parser(), list(words))
    found.sandbox = "off"
    return found


def test_options_are_the_same_for_both() -> None:
    words = ["-i", "lo", "--snaplen", "100", "--no-owners", "--depth", "first", "--ring", "8MB"]
    watch, daemon = (
        watch_options(parsed("watch", *words)),
        watch_options(parsed("daemon", "--no-store", *words)),
    )
    assert watch == daemon
    assert (watch.interfaces, watch.snaplen, watch.owners, watch.ring_bytes) == (
        ("lo",),
        100,
        False,
        8_000_000,
    )
    assert watch_options(parsed("watch", "--for", "3s", "--every", "1s")).seconds == 3.0


def test_what_is_not_as_it_should_be_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    watching: Any = SimpleNamespace(
        source=SimpleNamespace(
            interfaces=[SimpleNamespace(name=""), SimpleNamespace(name="lo")],
            refused={"eth9": "it is down"},
            counts=SimpleNamespace(dropped=3),
        ),
        source_name="tap",
        source_problem="no BTF",
        kernel_problem="",
        resolver=None,
        pipeline=SimpleNamespace(tracker=SimpleNamespace(counts=SimpleNamespace(evicted=2))),
    )
    greet(watching)
    said = capsys.readouterr().err
    assert "watching lo\n" in said
    assert "not watching eth9: it is down\n" in said
    assert "packets from tap alone: no BTF\n" in said
    assert losses_of(watching) == (
        "3 packets were dropped by the kernel",
        "2 flows were given up: the flow table was full",
    )
    assert refused_by(watching) == 0
