"""``procwire shape verify``: emulated, and between two namespaces."""

from __future__ import annotations

import json

import pytest

from procwire.cli.main import main
from procwire.cli.shape_verify import show
from procwire.shaping.measure.comparison import Figure
from tests.lab import pair
from tests.shaping.lab.place import needs_lab

Capsys = pytest.CaptureFixture[str]


@needs_lab
def test_an_emulated_network_agrees_with_itself(capsys: Capsys) -> None:
    main(["shape", "verify", "--rtt", "40ms", "--for", "500ms", "--json"])
    told = json.loads(capsys.readouterr().out)
    rows = {(each["way"], each["name"]): each for each in told["figures"]}
    assert rows["egress", "delay"]["configured"] == "20ms"
    assert rows["egress", "loss"]["measured"] == "0%, 0 of 100"


@needs_lab
def test_a_wire_that_was_not_shaped_differs(capsys: Capsys) -> None:
    with pair() as (_, left, right):
        words = ["--from", left.name, "--to", right.name, "--to-address", "10.77.0.2", "--for", "300ms"]
        assert main(["shape", "verify", *words, "--rtt", "100ms"]) == 1
        told = capsys.readouterr()
        assert "differs" in told.out
        assert "gso" in told.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--from", "a"], 2, "--to"),
        (["--from", "/no/such", "--to", "b"], 1, "/no/such"),
        (["--from", "/proc/self/ns/net", "--to", "/proc/self/ns/net"], 2, "--to-address"),
        (["--target", "namespace:nobody"], 2, "not shaped"),
        (["--loss", "3"], 2, "percent"),
    ],
)
@needs_lab
def test_wrong_words(words: list[str], code: int, said: str, capsys: Capsys) -> None:
    assert main(["shape", "verify", *words]) == code
    assert said in capsys.readouterr().err


def test_the_exit_code_is_the_verdict(capsys: Capsys) -> None:
    figure = Figure(
        way="egress", name="loss", configured="3%", measured="9%", interval="8% to 10%", verdict="differs"
    )
    assert show([figure], ["mind"], as_json=False) == 1
    told = capsys.readouterr()
    assert told.out.split() == [
        "egress",
        "loss",
        "3%",
        "measured",
        "9%",
        "(99.9%:",
        "8%",
        "to",
        "10%)",
        "differs",
    ]
    assert told.err == "warning: mind\n"
    assert show([], [], as_json=True) == 0
