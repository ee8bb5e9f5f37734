"""What a query of a rule asks: of a row, or of windows."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.detect.fields import RuleError
from procwire.detect.rule import Rule, described
from procwire.hunting.wall import Wall
from tests.detect.test_rule import TABLES

COUNTED = "SELECT src, count(*) AS n FROM dns WHERE rcode = 'nxdomain' GROUP BY src HAVING n > 3"
ASKED: dict[str, Any] = {"src": "10.0.0.5", "rcode": "nxdomain"}
RULE: dict[str, Any] = {
    "id": "many", "title": "Many", "severity": "low", "sql": COUNTED, "window": "10m", "dedup": ["src"],
    "tests": {"fires": [{"dns": [ASKED | {"repeat": 4}]}], "silent": [{"dns": [ASKED | {"repeat": 3}]}]},
}  # fmt: skip


def made(**more: Any) -> Rule:
    values = {key: value for key, value in (RULE | more).items() if value is not None}
    with Wall(TABLES) as wall:
        return described(values, TABLES, wall=wall)


def test_a_query_over_windows() -> None:
    rule = made()
    assert (rule.table, rule.window, rule.every) == ("dns", 600 * 10**9, 150 * 10**9)
    assert (rule.keys, rule.fires, rule.silent, rule.keep) == (("src",), 1, 1, None)
    assert made(every="1s").every == 5 * 10**9
    joined = "SELECT f.src FROM flow AS f JOIN dns AS d ON d.flow_id = f.flow_id WHERE f.bytes_out > 5"
    rows = [{"flow": [{"flow_id": "a", "bytes_out": 9}], "dns": [{"flow_id": "a"}]}]
    assert made(sql=joined, tests={"fires": rows, "silent": [{"flow": []}]}).table == "dns, flow"


@pytest.mark.parametrize(
    ("change", "words", "place"),
    [
        ({"window": None}, "needs a window, as it has GROUP", ("sql",)),
        ({"sql": "SELECT src FROM dns WHERE qr = 'x'", "table": "dns"}, "table goes with match", ("table",)),
        ({"sql": "DELETE FROM dns"}, "only SELECT", ("sql",)),
        ({"sql": "SELECT load_extension('x') FROM dns"}, "load_extension is not allowed", ("sql",)),
        ({"sql": "SELECT nonsense FROM dns"}, "no such column", ("sql",)),
        ({"sql": "SELECT src FROM store.dns"}, "names its tables alone", ("sql",)),
        ({"sql": "SELECT src FROM dns WHERE src = :x"}, "parameters|no value", ("sql",)),
        ({"window": "40d"}, "31 days", ("window",)),
        ({"suppress": ["src == 10.0.0.1"]}, "suppress goes with", ("suppress",)),
        ({"match": "rcode == x"}, "either match or sql", ("sql",)),
        ({"tests": {"fires": [{"dns": []}], "silent": [{}]}}, "finds nothing", ("tests", "fires", 0)),
        (
            {"tests": {"fires": [{"nix": []}], "silent": [{}]}},
            "names of their tables", ("tests", "fires", 0, "nix"),
        ),
        (
            {"tests": {"fires": [{"dns": [{"nix": 1}]}], "silent": [{}]}},
            "not a column", ("tests", "fires", 0, "dns", 0, "nix"),
        ),
        (
            {"tests": {"fires": [{"dns": [ASKED | {"repeat": 0}]}], "silent": [{}]}},
            "whole number", ("tests", "fires", 0, "dns", 0, "repeat"),
        ),
        ({"sql": "SELECT source FROM finding WHERE port = 1", "window": None}, "looked back at", ("sql",)),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(change: dict[str, Any], words: str, place: tuple[Any, ...]) -> None:
    with pytest.raises(RuleError, match=words) as error:
        made(**change)
    assert error.value.place == place
