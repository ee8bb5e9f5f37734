"""Each way to make traffic, under ``procwire watch --json``: its author is named, its bytes are counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from procwire.bpf import probe
from tests.kernel.judge import Flow, Watcher, judge
from tests.kernel.stage import FAR, SCENARIOS, SHORT_PORT, Played, Scenario, Stage, Truth, built
from tests.lab import need, wait_for, why_not

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.timeout(400),  # all of it is played at once, before the first test
]
SHORT = Scenario("short-lived", "c:short", FAR, 200)
PLAYS = [scenario for scenario in SCENARIOS if scenario.kind != "slow"]  # which is for peers that poll


class Evening(NamedTuple):
    """All that was played, and all that was said."""

    played: dict[str, Played]
    counted: dict[str, tuple[int, int]]
    flows: list[Flow]
    others: list[Flow]
    notes: str

    def near(self, port: int) -> list[Flow]:
        """All that was said of a port, whoever was meant."""
        return [
            flow
            for flow in [*self.flows, *self.others]
            if port in (flow.get("src_port"), flow.get("dst_port"))
        ]


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    missing = need("gcc", "nft") or probe.obstacle()
    if missing or not Path("/usr/include/liburing.h").exists():
        pytest.skip(f"needs {missing or 'liburing-dev'}")
    with Stage(built(tmp_path_factory.mktemp("generator"))) as stage:
        stage.ports[SHORT.name] = SHORT_PORT
        watcher = Watcher(stage)
        played = {scenario.name: stage.play(scenario) for scenario in [*PLAYS, SHORT]}
        wait_for(lambda: watcher.told(SHORT_PORT) >= SHORT.number, what="the last flows")
        flows = watcher.stop()
        counted = {name: stage.counted(each.port) for name, each in played.items() if name != SHORT.name}
        yield Evening(played, counted, flows, watcher.others, "".join(watcher.notes))


@pytest.mark.parametrize("scenario", PLAYS, ids=lambda scenario: scenario.name)
def test_its_author_is_named_and_its_bytes_are_counted(evening: Evening, scenario: Scenario) -> None:
    played = evening.played[scenario.name]
    if played.absent:
        pytest.skip(played.absent)
    score = judge(played, evening.flows, evening.counted[scenario.name])
    assert played.truths
    assert score.seen >= len({truth.port for truth in played.truths}), (
        evening.notes,
        evening.near(played.port),
    )
    assert (score.right, score.wrong) == (score.seen, 0), score.words
    assert score.off < 0.01, evening.near(played.port)  # by nftables


def test_processes_that_are_gone_at_once_are_named(evening: Evening) -> None:
    truths: list[Truth] = evening.played[SHORT.name].truths
    assert len(truths) == SHORT.number
    assert sorted(truth.lived for truth in truths)[len(truths) // 2] < 5_000_000
    by_port = {flow["src_port"]: flow for flow in evening.flows if flow.get("dst_port") == SHORT_PORT}
    for truth in truths:
        flow = by_port[truth.port]
        assert (flow.get("pid"), flow.get("process")) == (truth.pid, "generator"), flow
        assert Path(flow.get("exe", "")).name == "generator", flow


def test_nothing_is_unknown_without_a_reason(evening: Evening) -> None:
    for flow in evening.flows:
        if flow.get("owner_confidence") == "unknown":
            assert flow.get("owner_reason"), flow


def test_the_author_is_known_while_the_flow_is_young(evening: Evening) -> None:
    """The answer has a time, and it lies after the first packet and before the end of the run."""
    delays = [flow["owner_delay"] for flow in evening.flows if flow.get("pid")]
    assert delays
    assert all(0 <= delay < 60 for delay in delays)
