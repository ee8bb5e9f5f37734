from __future__ import annotations

import argparse

import pytest

from procwire.cli import arguments


@pytest.mark.parametrize(("text", "ns"), [("30s", 30e9), ("1.5h", 5400e9), ("2", 2e9), ("80ms", 80e6)])
def test_durations(text: str, ns: float) -> None:
    assert arguments.duration(text) == ns
    assert arguments.seconds(text) == ns / 1e9


@pytest.mark.parametrize("text", ["", "soon", "-1s", "0s", "1 parsec"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.duration(text)


def test_sizes_whole_numbers_and_timeouts() -> None:
    assert arguments.size("8MiB") == 8 << 20
    assert arguments.whole(1, 9)("7") == 7
    assert arguments.timeout("tcp-open=5m") == ("tcp_open", 300_000_000_000)
    for reader, text in ((arguments.size, "much"), (arguments.whole(1, 9), "10"), (arguments.timeout, "udp")):
        with pytest.raises(argparse.ArgumentTypeError):
            reader(text)


def test_the_engines_options_come_from_the_words() -> None:
    parser = argparse.ArgumentParser()
    arguments.add_outputs(parser)
    arguments.add_flows(parser)
    words = parser.parse_args(
        ["--max-flows", "9", "--timeout", "udp=1s", "--no-protocols", "--group", "unit"]
    )
    options = arguments.flow_options(words)
    assert (options.max_flows, options.timeouts, options.protocols) == (9, {"udp": 10**9}, False)
    with pytest.raises(SystemExit):
        parser.parse_args(["--json", "--csv"])
