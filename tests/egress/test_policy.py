"""Policies from documents."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.egress.contact import Who
from procwire.egress.policy import Entry, FormError, Line, Policy, described, merged

NET = {"dest": "10.0.0.0/8", "port": 53}
GOOD: dict[str, Any] = {
    "format": 1,
    "programs": [
        {"exe": "/usr/bin/curl", "note": "updates", "to": ["example.com", NET]},
        {"host": "10.0.0.0/24", "to": [{"dest": "any", "first": "2026-01-02T03:04:05Z", "flows": 3}]},
    ],
}  # fmt: skip


def test_what_is_written_by_hand() -> None:
    found = described(GOOD, head="# mine\n")
    assert found.size == 3
    assert found.unlisted == "report"
    assert found.entries[0].who == Who(exe="/usr/bin/curl")
    assert found.entries[0].to == [Line(dest="example.com"), Line(dest="10.0.0.0/8", port="53")]
    assert found.entries[1].to[0].first == 1_767_323_045 * 10**9


@pytest.mark.parametrize(
    ("values", "place", "words"),
    [
        (None, (), "here stand"),
        ({"format": 2}, ("format",), "format"),
        ({"format": 1, "unlisted": "x"}, ("unlisted",), "report or ignore"),
        ({"format": 1, "rules": []}, ("rules",), "no such name"),
        ({"format": 1, "programs": {}}, None, None),
        ({"format": 1, "programs": "x"}, ("programs",), "list"),
        ({"format": 1, "programs": [{"to": []}]}, ("programs", 0), "names one of"),
        ({"format": 1, "programs": [{"host": "x"}]}, ("programs", 0, "host"), "no address"),
        ({"format": 1, "programs": [{"exe": True}]}, ("programs", 0, "exe"), "text"),
        ({"format": 1, "programs": [{"exe": "/x", "to": [{"dest": "a b"}]}]},
         ("programs", 0, "to", 0, "dest"), "no name"),
        ({"format": 1, "programs": [{"exe": "/x", "to": [{"dest": "a", "port": "x"}]}]},
         ("programs", 0, "to", 0, "port"), "no port"),
        ({"format": 1, "programs": [{"exe": "/x", "to": [{"dest": "a", "proto": "t p"}]}]},
         ("programs", 0, "to", 0, "proto"), "no protocol"),
        ({"format": 1, "programs": [{"exe": "/x", "to": [{"dest": "a", "flows": -1}]}]},
         ("programs", 0, "to", 0, "flows"), "whole number"),
        ({"format": 1, "programs": [{"exe": "/x", "to": [{"dest": "a", "last": "soon"}]}]},
         ("programs", 0, "to", 0, "last"), "last"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_place(values: Any, place: Any, words: str | None) -> None:
    if words is None:
        assert described(values).entries == []
        return
    with pytest.raises(FormError, match=words) as caught:
        described(values)
    assert caught.value.place == place


def test_more_lines_go_beneath_their_program() -> None:
    before = described(GOOD)
    curl, wget = Who(exe="/usr/bin/curl"), Who(exe="/usr/bin/wget")
    more = [
        Entry(who=curl, to=[Line(dest="example.com"), Line(dest="example.net")]),
        Entry(who=wget, to=[Line(dest="example.org")]),
    ]
    after = merged(before, more)
    assert [len(entry.to) for entry in after.entries] == [3, 1, 1]
    assert before.size == 3
    assert after.entries[0].note == "updates"
    assert merged(Policy(entries=[]), more).size == 3


def test_what_is_pinned_stays_pinned() -> None:
    pinned = Who(exe="/usr/bin/curl", sha256="aa")
    policy = Policy(entries=[Entry(who=pinned, to=[Line(dest="a.example")])])
    more = [Entry(who=Who(exe="/usr/bin/curl"), to=[Line(dest="a.example"), Line(dest="b.example")])]
    (entry,) = merged(policy, more).entries
    assert entry.who == pinned
    assert [line.dest for line in entry.to] == ["a.example", "b.example"]
