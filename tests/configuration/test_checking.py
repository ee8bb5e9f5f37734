"""Values of every kind: what fits, and what is said of what does not."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.configuration.checking import UnfitError, checked, read
from procwire.configuration.keys import BY_NAME, KEYS


@pytest.mark.parametrize(
    ("name", "value", "used"),
    [
        ("watch.interfaces", ["eth0"], ["eth0"]),
        ("watch.ring", "64MB", 64_000_000),
        ("watch.ring", 4096, 4096),
        ("watch.ring", None, None),
        ("watch.owners", False, False),
        ("watch.depth", "full", "full"),
        ("watch.source", "", ""),
        ("store.age", "2h", 7200 * 10**9),
        ("store.age", 90, 90 * 10**9),
        ("flows.timeouts", {"udp": "60s", "tcp-open": 5}, {"udp": 60 * 10**9, "tcp_open": 5 * 10**9}),
        ("query.rows", 5, 5),
    ],
)
def test_what_fits(name: str, value: Any, used: Any) -> None:
    assert checked(BY_NAME[name], value) == used


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("watch.interfaces", "eth0", "a list of text"),
        ("watch.interfaces", [1], "a list of text"),
        ("watch.ring", "64 MBs", "a size"),
        ("watch.ring", True, "a size"),
        ("watch.owners", 1, "true or false"),
        ("watch.depth", "ful", "did you mean full"),
        ("watch.fanout", 0, "between 1 and 64"),
        ("watch.fanout", "2", "a whole number"),
        ("watch.capture_filter", 5, "text in quotes"),
        ("store.age", "2 weeks", "a time span"),
        ("store.age", 0, "lies between"),
        ("flows.timeouts", {"udp": "x"}, "flows.timeouts.udp"),
        ("flows.timeouts", {"udp": 0}, "above zero"),
        ("flows.timeouts", [], "is a table"),
    ],
)
def test_what_does_not(name: str, value: Any, said: str) -> None:
    with pytest.raises(UnfitError, match=said):
        checked(BY_NAME[name], value)


@pytest.mark.parametrize(
    ("name", "text", "written"),
    [
        ("watch.interfaces", "eth0, eth1", ["eth0", "eth1"]),
        ("watch.owners", "no", False),
        ("query.rows", "5", 5),
        ("watch.ring", "64MB", "64MB"),
        ("flows.timeouts", "udp=60s,tcp=5s", {"udp": "60s", "tcp": "5s"}),
    ],
)
def test_text_is_read_as_a_file_would_have_it(name: str, text: str, written: Any) -> None:
    assert read(BY_NAME[name], text) == written


@pytest.mark.parametrize(("name", "text"), [("watch.owners", "maybe"), ("query.rows", "many")])
def test_text_that_means_nothing(name: str, text: str) -> None:
    with pytest.raises(UnfitError):
        read(BY_NAME[name], text)


def test_every_default_fits_its_key() -> None:
    for key in KEYS:
        assert checked(key, key.default) is not Ellipsis
