"""How a watch is, as rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from procwire.cli.condition import Condition, writer_of
from procwire.daemon.supervisor import Past
from procwire.model.health import DEGRADED, FAILED, OK
from procwire.sandbox.plan import BEST_EFFORT, ENFORCED, MISSING, Confinement, Measure
from procwire.store.keeping import Keeper


def a_watch(**more: Any) -> Any:
    counts = SimpleNamespace(active=5, lingering=3, going=2, flows=9, packets=70, bytes=7000, evicted=0)
    whole = SimpleNamespace(
        pipeline=SimpleNamespace(
            tracker=SimpleNamespace(counts=counts),
            outcome=lambda: SimpleNamespace(defects=1, defect="dns: KeyError"),
            observations=4,
        ),
        source=SimpleNamespace(counts=SimpleNamespace(dropped=3), listening=["lo"], refused={"eth9": "down"}),
        source_name="both", source_problem="", kernel_problem="", warden=SimpleNamespace(pid=77),
        resolver=SimpleNamespace(problem="", pending=1, refused=0),
        confinement=Confinement(
            BEST_EFFORT, (Measure("limits", ENFORCED), Measure("seccomp", MISSING, "no"))
        ),
    )  # fmt: skip
    for name, value in more.items():
        setattr(whole, name, value)
    return whole


DESK: Any = SimpleNamespace(
    present=1, counts=SimpleNamespace(faces=2, requests=3, events=4, lost=5, refused=0, faults=0)
)


def rows_of(watching: Any, past: Past, writer: Any = None) -> dict[tuple[str, str], Any]:
    return {(row.part, row.name): row for row in Condition(watching, DESK, past, writer).rows()}


def test_losses_are_not_well() -> None:
    rows = rows_of(a_watch(), Past(restarts=1, reason="was ended by SIGKILL", flows=3, blind=0.25))
    assert (rows["capture", "dropped"].amount, rows["capture", "dropped"].status) == (3, DEGRADED)
    assert rows["flows", "evicted"].status == OK
    assert (rows["flows", "open"].amount, rows["flows", "lingering"].amount) == (2, 3)
    assert (rows["flows", "defects"].detail, rows["flows", "defects"].status) == ("dns: KeyError", FAILED)
    assert rows["process", "restarts"].detail == "the last one was ended by SIGKILL"
    assert rows["process", "blind milliseconds"].amount == 250
    assert rows["process", "flows cut off"].amount == 3
    assert rows["sandbox", "seccomp"].status == DEGRADED
    assert rows["faces", "events lost"].amount == 5
    assert rows["store", "rows"].detail == "nothing is stored"


def test_a_store_is_told_of() -> None:
    counts = SimpleNamespace(rows=9, waiting=2, lost={"full": 3}, problem="disk full")
    writer: Any = SimpleNamespace(counts=counts, path="/x")
    past = Past()
    rows = rows_of(a_watch(resolver=None, source_problem="no BTF"), past, writer)
    assert (rows["store", "lost"].amount, rows["store", "lost"].detail) == (3, "3 full")
    assert rows["store", "problem"].status == FAILED
    assert rows["capture", "source"].status == DEGRADED
    assert ("process", "blind milliseconds") not in rows
    condition = Condition(a_watch(), DESK, past, writer)
    assert condition.waiting == 2
    assert condition.status() == "2 flows open, 9 in all, 70 packets, 3 dropped, 1 face"


def test_only_a_writer_is_one() -> None:
    assert writer_of(None) is None
    assert writer_of(Keeper(SimpleNamespace(add=lambda *_: None))) is None
