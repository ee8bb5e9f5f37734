"""Guesses by port."""

from __future__ import annotations

from types import SimpleNamespace

from procwire.dpi.guess import guess
from procwire.dpi.registry import registry
from tests.dpi.flows import flow


def test_port_without_content() -> None:
    assert guess(registry(), flow(dport=80), None) == ("http", "port-guess")
    assert guess(registry(), flow(dport=4), None) == ("unknown", "unknown")


def test_refused_by_content() -> None:
    refused = SimpleNamespace(uncertain=False, waiting=[])
    assert guess(registry(), flow(dport=80), refused) == ("unknown", "unknown")
    waiting = SimpleNamespace(uncertain=False, waiting=[registry().by_name["http"]])
    assert guess(registry(), flow(dport=80), waiting) == ("http", "port-guess")
    unclear = SimpleNamespace(uncertain=True, waiting=[])
    assert guess(registry(), flow(dport=80), unclear) == ("http", "port-guess")
