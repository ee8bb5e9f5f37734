"""What a policy does not let pass."""

from __future__ import annotations

from procwire.egress.contact import Who
from procwire.egress.drift import Drift, named
from procwire.egress.policy import described, merged
from procwire.egress.verdict import Judge
from tests.egress.made import contact

POLICY = described({"format": 1, "programs": [{"exe": "/usr/bin/curl", "to": ["example.com", "never.test"]}]})


def test_rows_and_what_was_never_used() -> None:
    drift = Drift(Judge(POLICY))
    for one in (contact(), contact("new.test", at=4), contact("new.test", at=2)):
        drift.see(one)
    assert (drift.allowed, drift.found, drift.dropped) == (1, 2, 0)
    (row,) = drift.rows()
    assert (row.verdict, row.to, row.flows, row.program) == (
        "new-destination",
        "new.test",
        2,
        "/usr/bin/curl",
    )
    assert [one.verdict for one in drift.rows(all_of_it=True)] == ["new-destination", "allowed"]
    (unused,) = drift.unused()
    assert (unused.verdict, unused.to) == ("unused", "never.test")


def test_promoted_drift_is_none_any_more() -> None:
    drift = Drift(Judge(POLICY))
    seen = [contact("new.test"), contact("other.test")]
    for one in seen:
        drift.see(one)
    wanted = next(row.id for row in drift.rows() if row.to == "new.test")
    entries, missing = drift.chosen({wanted, "none"})
    assert missing == {"none"}
    judge = Judge(merged(POLICY, entries))
    assert [judge.verdict(one).allowed for one in seen] == [True, False]
    entries, missing = drift.chosen(set())
    assert not missing
    assert all(Judge(merged(POLICY, entries)).verdict(one).allowed for one in seen)


def test_the_same_drift_has_the_same_name() -> None:
    key = ("a.test", "tcp", "443")
    assert named(Who(exe="/x"), key) == named(Who(exe="/x"), key)
    assert named(Who(exe="/x"), key) != named(Who(exe="/y"), key)
