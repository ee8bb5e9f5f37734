from __future__ import annotations

import os

from procwire.model.process import EXACT
from procwire.processes.claims import Claim, Origin
from procwire.processes.keys import Key, key_from
from procwire.processes.owners import Owners
from procwire.processes.table import ProcessTable

KEY = key_from(6, "192.0.2.1", 1000, "192.0.2.2", 443)


class Told:
    """A kernel source that saw one socket."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.asked: list[Key] = []

    def knows(self, cookie: int) -> bool:
        return False

    def lookup(self, key: Key) -> Claim | None:
        self.asked.append(key)
        return self.claim if key == KEY else None


def test_an_origin_is_asked_before_sock_diag_and_for_both_ends() -> None:
    origin = Told(Claim(os.getpid(), 0, EXACT, "bpf"))
    sources: list[Origin] = [origin]
    with Owners(origins=sources) as owners:
        found = owners.owner(KEY)
    assert found.process == ProcessTable().get(os.getpid())
    assert (found.confidence, found.source, found.side) == (EXACT, "bpf", "src")
    assert origin.asked == [KEY, KEY.turned()]


def test_a_claim_outlives_its_process() -> None:
    gone = Claim(99_999_999, 5, EXACT, "bpf", name="curl", uid=0)
    with Owners(origins=[Told(gone)]) as owners:
        found = owners.owner(KEY).process
    assert found is not None
    assert (found.pid, found.start, found.name, found.user) == (99_999_999, 5, "curl", "root")


def test_a_claim_for_a_pid_that_is_used_again_is_not_given_to_the_new_one() -> None:
    with Owners(origins=[Told(Claim(os.getpid(), 5, EXACT, "bpf", name="old"))]) as owners:
        found = owners.owner(KEY).process
    assert found is not None
    assert found.name == "old"
