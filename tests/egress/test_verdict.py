"""Contacts held against policies."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.egress.contact import Who
from procwire.egress.policy import described
from procwire.egress.verdict import Judge
from tests.egress.made import CURL, contact


def judge(*programs: dict[str, Any], **more: Any) -> Judge:
    return Judge(described({"format": 1, "programs": list(programs), **more}))


ONE = {"exe": "/usr/bin/curl", "to": [{"dest": "*.example.com", "proto": "tcp", "port": "443"}]}


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        (contact(), "allowed"),
        (contact("www.example.com"), "allowed"),
        (contact("example.net"), "new-destination"),
        (contact(port=80), "new-port"),
        (contact(proto="udp"), "new-port"),
        (contact(who=Who(exe="/usr/bin/wget")), "new-program"),
        (contact(who=Who(process="curl")), "allowed"),
        (contact(who=Who(process="wget")), "new-program"),
        (contact(who=Who(host="10.0.0.5")), "allowed"),
        (contact("example.net", who=Who(host="10.0.0.5")), "new-destination"),
    ],
)
def test_verdicts(seen: Any, word: str) -> None:
    made = judge(ONE)
    assert made.verdict(seen).word == word
    assert made.verdict(seen).word == word  # as it is remembered


def test_all_that_is_named_must_fit_and_patterns_do() -> None:
    made = judge({"exe": "/opt/*/bin/x", "container": "web-*", "to": ["any"]})
    assert made.verdict(contact(who=Who(exe="/opt/a/bin/x", container="web-1"))).allowed
    assert not made.verdict(contact(who=Who(exe="/opt/a/bin/x"))).allowed
    assert not made.verdict(contact(who=Who(exe="/opt/a/bin/xy", container="web-1"))).allowed


def test_a_pinned_file_that_changed() -> None:
    made = judge({**ONE, "sha256": "aa"})
    other = Who(exe=CURL.exe, sha256="bb")
    assert made.verdict(contact(who=Who(exe=CURL.exe, sha256="aa"))).allowed
    assert made.verdict(contact(who=CURL)).allowed
    assert made.verdict(contact(who=other)).word == "changed-program"
    both = judge({**ONE, "sha256": "aa"}, {**ONE, "sha256": "bb"})
    assert both.verdict(contact(who=other)).allowed


def test_programs_that_nobody_lists_may_be_ignored() -> None:
    assert judge(ONE, unlisted="ignore").verdict(contact(who=Who(exe="/x"))).allowed
    assert not judge(ONE, unlisted="ignore").verdict(contact("example.net")).allowed


def test_hosts_of_recordings() -> None:
    made = judge({"host": "10.0.0.0/24", "to": ["example.com"]}, {"host": "10.9.0.0/16", "to": ["any"]})
    assert made.verdict(contact(who=Who(host="10.0.0.9"))).allowed
    assert made.verdict(contact("x.test", who=Who(host="10.9.0.9"))).allowed
    assert not made.verdict(contact("x.test", who=Who(host="10.0.0.9"))).allowed
    assert not made.verdict(contact(who=Who(host="fe80::1", exe="/x"))).allowed
    assert not made.verdict(contact(who=Who(host="no address", exe="/x"))).allowed
