"""Lines from what was seen."""

from __future__ import annotations

import pytest

from procwire.egress import learning
from procwire.egress.contact import Who
from procwire.egress.learning import Learner
from procwire.egress.verdict import Judge
from tests.egress.made import CURL, SECOND, contact


def test_counts_and_times() -> None:
    learner = Learner()
    for at in (5, 3, 9):
        learner.see(contact(at=at))
    learner.see(contact("", None, proto="icmp"))
    (entry,) = learner.entries()
    assert entry.who == Who(exe="/usr/bin/curl")
    assert [(line.dest, line.proto, line.port, line.flows) for line in entry.to] == [
        ("93.184.216.34", "icmp", "any", 1),
        ("example.com", "tcp", "443", 3),
    ]
    line = entry.to[1]
    assert (line.first, line.last, line.bytes_out) == (3 * SECOND, 9 * SECOND, 300)


@pytest.mark.parametrize(
    ("by", "pin", "who", "known"),
    [
        ("exe", False, Who(exe="/x", sha256="aa", unit="u"), Who(exe="/x")),
        ("exe", True, Who(exe="/x", sha256="aa"), Who(exe="/x", sha256="aa")),
        ("exe", False, Who(exe="/x", container="c"), Who(exe="/x", container="c")),
        ("exe", False, Who(process="p"), Who(process="p")),
        ("exe", False, Who(host="10.0.0.5"), Who(host="10.0.0.5")),
        ("unit", False, Who(exe="/x", unit="u"), Who(unit="u")),
        ("unit", False, Who(exe="/x"), Who(exe="/x")),
        ("container", False, Who(exe="/x", container="c"), Who(container="c")),
        ("container", False, Who(exe="/x", unit="u"), Who(exe="/x")),
    ],
)
def test_what_a_program_is_known_by(by: str, pin: bool, who: Who, known: Who) -> None:
    assert Learner(by=by, pin=pin).who(who) == known


def test_fewer_lines() -> None:
    learner = Learner(broad=True)
    for name in ("a.example.co.uk", "b.example.co.uk", "localhost"):
        learner.see(contact(name))
    learner.see(contact("", asn=64500))
    learner.see(contact("", address="10.1.2.3"))
    learner.see(contact("", address="2001:db8::1"))
    assert {line.dest for line in learner.entries()[0].to} == {
        "*.example.co.uk", "localhost", "AS64500", "10.1.2.0/24", "2001:db8::/64",
    }  # fmt: skip


def test_many_ports_become_one_line() -> None:
    learner = Learner()
    for port in range(30_000, 30_040):
        learner.see(contact(port=port))
        learner.see(contact("low.test", port=port - 29_999))
    lines = {line.dest: line for line in learner.entries()[0].to}
    assert (lines["example.com"].port, lines["example.com"].flows) == ("1024-65535", 40)
    assert lines["low.test"].port == "any"


def test_what_was_learned_passes() -> None:
    seen = [contact(port=port, at=port) for port in range(1, 60)] + [contact("", asn=7), contact("x.test")]
    for broad in (False, True):
        learner = Learner(broad=broad)
        for one in seen:
            learner.see(one)
        judge = Judge(learner.policy())
        assert all(judge.verdict(one).allowed for one in seen)


def test_lines_are_bounded_and_what_is_dropped_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "MAX_LINES", 2)
    learner = Learner()
    for name in ("a.test", "b.test", "c.test", "a.test"):
        learner.see(contact(name))
    assert (learner.policy().size, learner.dropped, learner.contacts) == (2, 1, 4)


def test_a_flow_that_ended_before_its_file_was_hashed_does_not_void_the_pin() -> None:
    learner = Learner(pin=True)
    hashed = Who(exe=CURL.exe, process="curl", sha256="aa")
    for who, at in ((CURL, 1), (hashed, 2), (CURL, 3)):
        learner.see(contact(at=at, who=who))
    learner.see(contact("other.example", at=4))
    (entry,) = learner.entries()
    assert entry.who == Who(exe=CURL.exe, sha256="aa")
    assert [(line.dest, line.flows) for line in entry.to] == [("example.com", 3), ("other.example", 1)]
    changed = contact(who=Who(exe=CURL.exe, process="curl", sha256="bb"))
    assert not Judge(learner.policy()).verdict(changed).allowed


def test_a_program_that_was_never_hashed_is_known_all_the_same() -> None:
    learner = Learner(pin=True)
    learner.see(contact())
    assert [entry.who for entry in learner.entries()] == [Who(exe=CURL.exe)]
