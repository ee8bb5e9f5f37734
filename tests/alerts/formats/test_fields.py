"""What formats share."""

from __future__ import annotations

import json

from hypothesis import given

from procwire.alerts.formats import fields
from tests.alerts.samples import BARE, FULL, NASTY, NOW, full


@given(NASTY)
def test_one_line_is_one_and_reads_back(text: str) -> None:
    line = fields.one_line(text)
    assert not set(line) & set("\t\n\r\0\x1b")
    assert unescaped(line) == fields.sound(text)


def unescaped(line: str) -> str:
    found, rest = [], iter(line)
    for char in rest:
        if char != "\\":
            found.append(char)
            continue
        found.append({"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}[next(rest)])
    return "".join(found)


def test_sound_text_can_be_carried() -> None:
    assert fields.sound("a\ud800\x1b[2J\n") == "a\\ud800\\x1b[2J\n"


def test_json_of_anything() -> None:
    told = json.loads(fields.packed({"a\ud800": ["\x00", float("nan"), {"b": ("c",)}]}))
    assert told == {"a\\ud800": ["\\x00", None, {"b": ["c"]}]}


def test_ends_come_from_the_finding_then_from_the_flow() -> None:
    ends = fields.Ends(FULL)
    assert (ends.source, ends.source_port, ends.target, ends.target_port) == (
        "10.0.0.9", 40000, "192.0.2.7", 443,
    )  # fmt: skip
    named = fields.Ends(full(target="evil.example", source="10.0.0.8"))
    assert (named.target, named.target_name, named.source_port) == ("192.0.2.7", "evil.example", None)
    assert fields.Ends(BARE).versions == set()


def test_moments_and_numbers() -> None:
    assert fields.moment(NOW) == "2026-09-21T14:13:20.123Z"
    assert fields.moment(1 << 70, 9) == "1970-01-01T00:00:00.000000000Z"
    assert fields.day(NOW) == "2026.09.21"
    assert fields.number_of(FULL, (1, 2, 3, 4, 5)) == 4
    assert fields.number_of(BARE, (1, 2, 3, 4, 5)) == 3
    assert fields.technique("T1071.004") == ("T1071", "T1071.004")
    assert fields.span(full(first=9, last=3)) == (3, 9)
    assert fields.known({"a": None, "b": "", "c": 0, "d": [], "e": {}}) == {"c": 0}
