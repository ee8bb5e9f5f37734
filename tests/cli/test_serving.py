"""The face that answers others, and the orders that it gets (a real one runs in tests/scenes/test_daemon)."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from procwire.api.line import BEAT, Line, unpack
from procwire.cli import serving
from procwire.cli.serving import Orders, Serving, serve
from procwire.daemon.supervisor import Beat, Past
from procwire.store.contents import contents
from procwire.store.keeping import Keeper
from procwire.store.writer import Writer
from tests.api.serving import flow_of


def test_each_turn_hears_answers_and_beats() -> None:
    ours, gate = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    past = Past(restarts=1, ended=1.0)
    face = Serving(Line(ours), past)
    face.ticked(0)  # before there is a watch
    stops: list[int] = []
    counts = SimpleNamespace(active=4)
    watching: Any = SimpleNamespace(
        pipeline=SimpleNamespace(tracker=SimpleNamespace(counts=counts)),
        stop=lambda: stops.append(1),
        tick=9,
        warden=SimpleNamespace(gallery=None),
    )
    condition: Any = SimpleNamespace(status=lambda: "well", waiting=2)
    face.watching, face.condition = watching, condition
    face.ticked(0)
    kind, _, data = unpack(gate.recv(1000))
    assert kind == BEAT
    assert msgspec.msgpack.decode(data, type=Beat) == Beat(status="well", flows=4, waiting=2)
    assert watching.tick == serving.REST_SECONDS
    assert past.ended == 0.0
    assert past.blind > 0
    face.told("end", flow_of(1))
    assert len(list(face.desk.catalogue.now("flow"))) == 1
    gate.close()
    face.ticked(0)
    assert stops == [1]
    face.finish()


def test_orders_change_what_can_change(tmp_path: Path) -> None:
    read: list[str | None] = []
    recorded: list[dict[str, int]] = []
    verdicts: Any = SimpleNamespace(reload=read.append)
    ledger: Any = SimpleNamespace(configured=recorded.append)
    with Writer(tmp_path / "h.db", contents(())) as writer:
        keeper = Keeper(writer)
        kept = serving._Kept(keeper, None, ledger)
        data = msgspec.msgpack.encode(Orders(filters="x", store_age=5, store_size=6))
        for _ in range(2):
            serving._obey(data, verdicts, kept)
        assert (writer.limits.age_ns, writer.limits.size_bytes) == (5, 6)
        serving._obey(b"junk", verdicts, kept)
    assert recorded == [{"store.age": 5, "store.size": 6}]
    assert read == ["x", "x"]


def test_what_cannot_be_opened_is_an_exit_code(capsys: Any) -> None:
    from procwire.cli.main import parser
    from procwire.cli.settling import parse

    arguments = parse(parser("daemon"), ["daemon", "--no-store", "--no-findings", "-i", "none0"])
    arguments.sandbox = "off"
    ours, gate = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    assert serve(arguments, ours, Past()) in (1, 3)
    assert capsys.readouterr().err.startswith("procwire: ")
    gate.close()


def test_a_file_of_another_engine_is_not_written_over() -> None:
    assert serving.anew("/x/all.pcapng", 0) == "/x/all.pcapng"
    assert serving.anew("/x/all.pcapng", 2) == "/x/all.2.pcapng"
    assert serving.anew("", 2) == ""
