"""A running engine as a host."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.api.client import Answered, ApiError
from procwire.api.messages import Whole
from procwire.cli.beside import told_of
from procwire.model.columns import Kind
from procwire.model.filter import FilterError
from procwire.model.plain import cells, readers
from procwire.tui.engine_host import EngineHost, health_of
from procwire.tui.host import Health, HostError, Link, Said, Want
from tests.tui.fake import TABLES, FakeHost, flow

FLOWS = [flow(number) for number in range(12)]


class FakeClient:
    """Answers as an engine does, with values as JSON has them."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.error: ApiError | None = None
        self.ended = False

    def tables(self) -> list[Any]:
        return [told_of(TABLES["flow"])]

    def rows(self, table: str, columns: Any, text: str, order: Any, *, limit: int, offset: int) -> Answered:
        self.asked.append((table, order, limit, offset))
        if self.error is not None:
            raise self.error
        how = readers([TABLES[table].column(name) for name in columns])
        found = [cells(row, how) for row in FLOWS[offset : offset + limit]]
        return Answered(
            columns=tuple(columns), rows=found, total=len(FLOWS), complete=False, reasons=("cut",)
        )

    def health(self) -> list[dict[str, Any]]:
        return [
            {"part": "flows", "name": "open", "amount": 4},
            {
                "part": "capture",
                "name": "dropped",
                "amount": 9,
                "status": "degraded",
                "detail": "by the kernel",
            },
            {"part": "process", "name": "engine", "amount": 77},
            {"part": "sandbox", "name": "mode", "detail": "strict"},
        ]

    def flow(self, flow_id: str) -> Whole:
        if self.error is not None:
            raise self.error
        end = {"end": "2026-11-26T00:00:00.000000000Z", "payload_in": 9} if self.ended else {}
        return Whole(id=1, flow={"flow_id": flow_id, "duration": 1.5, **end}, observations=[])

    def close(self) -> None:
        self.asked.append(("closed",))


def host() -> tuple[EngineHost, FakeClient]:
    client = FakeClient()
    return EngineHost(client, FakeHost(3), "eth0"), client  # type: ignore[arg-type]


def test_values_have_the_form_of_their_kinds() -> None:
    engine, client = host()
    names = ("flow_id", "start", "duration", "bytes")
    found = engine.rows(Want(table="flow", columns=names, order="bytes", descending=True, first=2, limit=3))
    assert found.rows == tuple(tuple(row[name] for name in names) for row in FLOWS[2:5])
    assert (found.total, found.notes) == (12, ("cut",))
    assert client.asked == [("flow", ("-bytes",), 3, 2)]
    assert TABLES["flow"].column("duration").kind is Kind.DURATION


def test_what_the_engine_does_not_tell_comes_from_beside() -> None:
    engine, client = host()
    assert engine.rows(Want(table="process", columns=("pid",))).total == 8
    assert client.asked == []
    assert {"flow", "process", "group"} <= {table.name for table in engine.tables()}


def test_groups_are_made_here_where_the_engine_has_none() -> None:
    engine, _ = host()
    found = engine.rows(Want(table="group", columns=("group", "flows"), by="protocol"))
    assert sum(row[1] for row in found.rows) == len(FLOWS)


def test_errors_keep_their_words_and_places() -> None:
    engine, client = host()
    client.error = ApiError("filter", "what is x", at=3, length=1)
    with pytest.raises(FilterError) as caught:
        engine.rows(Want(table="flow", columns=(), filter="a = x"))
    assert caught.value.at == 3
    client.error = ApiError("gone", "the daemon has ended")
    with pytest.raises(HostError, match="has ended"):
        engine.flow("x")


def test_what_is_not_kept_says_what_would_keep_it() -> None:
    engine, client = host()
    client.ended = True
    with pytest.raises(HostError) as caught:
        engine.conversation("abc")
    assert "--record" in caught.value.remedy
    assert engine.packet(1).number == 1


def test_a_flow_is_read_back() -> None:
    engine, _ = host()
    assert engine.flow("abc").flow["duration"] == 1_500_000_000


def test_health_says_what_was_lost_and_who_is_shut_in() -> None:
    health = health_of(FakeClient().health(), Health(links=(Link(name="eth0"),)))
    assert health.drops["by the kernel"] == 9
    assert (health.parts[0].pid, health.parts[0].sandbox) == (77, "strict")
    assert health.open_flows == 4
    assert "capture dropped: by the kernel" in health.notes
    assert health.links[0].name == "eth0"


def test_a_conversation_is_heard_beside_the_engine_from_now_on() -> None:
    engine, _ = host()
    assert engine.conversation("abc")[0].data.startswith(b"GET /")


def test_packets_that_an_engine_does_not_count_are_counted_beside_it() -> None:
    engine, client = host()
    engine._tables["accounting"] = TABLES["accounting"]
    beside = engine._beside
    assert isinstance(beside, FakeHost)
    client.rows = lambda *_, **__: Answered(  # type: ignore[method-assign]
        columns=("interface",), rows=[], total=0, complete=False, reasons=("not counted here",)
    )
    found = engine.rows(Want(table="accounting", columns=("interface", "packets")))
    assert found.rows
    assert beside.asked[-1].table == "accounting"


def test_what_a_flow_that_is_over_said_is_with_a_recorder() -> None:
    engine, client = host()
    client.ended = True
    with pytest.raises(HostError) as caught:
        engine.conversation("00")
    assert "F freezes" in caught.value.remedy


def test_a_flow_that_is_over_says_what_was_read_of_it_first() -> None:
    engine, client = host()
    client.ended = True
    engine._tables["beginning"] = TABLES["beginning"]
    kept = {"kept_out": 4, "kept_in": 2, "said": ["out 5 tls 7 " + b"GET ".hex()], "unread": ["no key"]}
    client.rows = lambda *_, **__: Answered(  # type: ignore[method-assign]
        columns=tuple(kept), rows=[list(kept.values())], total=1, complete=True, reasons=()
    )
    head, piece, note = engine.conversation("abc")
    assert head.note == "first bytes read: 4 of 4 bytes out, 2 of 9 bytes in; the rest was only counted"
    assert (piece.side, piece.data, piece.time, piece.clear) == ("out", b"GET ", 5, True)
    assert "7 bytes" in piece.note
    assert note.note == "no key"


def test_what_is_heard_of_a_flow_follows_what_was_read_before() -> None:
    engine, client = host()
    engine._tables["beginning"] = TABLES["beginning"]
    kept = {"kept_out": 8, "said": [f"out {time} payload 0 {b'word'.hex()}" for time in (5, 50)]}
    client.rows = lambda *_, **__: Answered(  # type: ignore[method-assign]
        columns=tuple(kept), rows=[list(kept.values())], total=1, complete=True, reasons=()
    )
    heard: tuple[Said, ...] = ()
    engine._beside.conversation = lambda flow_id: heard  # type: ignore[method-assign]
    assert [said.time for said in engine.conversation("abc")] == [0, 5, 50]
    heard = (
        Said(side="out", data=b"", time=20, note="heard from here on"),
        Said(side="in", data=b"x", time=60),
    )
    assert [said.time for said in engine.conversation("abc")] == [0, 5, 20, 60]


def test_a_flow_that_said_nothing_is_not_missed() -> None:
    engine, client = host()
    client.ended = True
    whole = client.flow("abc")
    silent = Whole(id=1, flow=whole.flow | {"payload_in": 0}, observations=[])
    client.flow = lambda flow_id: silent  # type: ignore[method-assign]
    assert engine.conversation("abc") == ()
