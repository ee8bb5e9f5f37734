"""A tap hears one flow and disturbs none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from procwire.decrypt.piece import Piece
from procwire.decrypt.tap import Tap, is_name
from procwire.engine.options import ReadOptions
from procwire.engine.reading import Reading
from procwire.flows.community import community_id
from procwire.model.flow import Flow
from procwire.model.listening import Silent
from tests.scenes.lines import seen_line

HTTP = str(Path(__file__).parents[1] / "vectors" / "http" / "pipelined.pcap")
FTP = str(Path(__file__).parents[1] / "vectors" / "ftp" / "plain.pcap")


class Ends(Silent):
    def __init__(self) -> None:
        self.flows: list[Flow] = []
        self.seen: list[Any] = []

    def ended(self, flow: Flow) -> None:
        self.flows.append(flow)

    def observed(self, flow: Flow, observation: Any) -> None:
        self.seen.append(seen_line(flow, observation))


def followed(name: str, path: str = HTTP) -> tuple[Ends, list[Piece], Tap]:
    ends = Ends()
    pieces: list[Piece] = []
    taps: list[Tap] = []

    def tapped(keys: Any, inner: Any) -> Tap:
        taps.append(Tap(inner, name, keys, lambda _, said: pieces.extend(said)))
        return taps[0]

    Reading(ReadOptions(paths=(path,)), ends, tap=tapped).run()
    return ends, pieces, taps[0]


def test_every_name_of_a_flow() -> None:
    ends, none, tap = followed("99")
    assert (none, tap.followed) == ([], 0)
    wanted = ends.flows[0]
    for name in ("1", wanted.flow_id, community_id(wanted)):
        _, pieces, tap = followed(name)
        assert tap.followed == 1
        assert tap.has_ended
        assert sum(len(piece.data) for piece in pieces if piece.side == 0) == wanted.payload_out
        assert sum(len(piece.data) for piece in pieces if piece.side == 1) == wanted.payload_in
        assert b"".join(piece.data for piece in pieces if piece.side == 0).startswith(b"GET /0 HTTP/1.1")


def test_a_number_counts_the_flows_that_speak() -> None:
    ends, pieces, tap = followed("4", FTP)  # the fourth flow there says nothing
    assert tap.followed == 1
    flows = sorted(ends.flows, key=lambda flow: flow.first)
    spoke = [flow for flow in flows if flow.payload_out or flow.payload_in]
    assert sum(len(piece.data) for piece in pieces if piece.side == 0) == spoke[3].payload_out


def test_the_parsers_see_the_same() -> None:
    silent, _, _ = followed("99")
    tapped, pieces, _ = followed("1")
    assert pieces
    assert tapped.seen == silent.seen
    assert [flow.app for flow in tapped.flows] == [flow.app for flow in silent.flows]


@pytest.mark.parametrize(
    ("text", "good"),
    [("1", True), ("0123456789abcdef", True), ("1:wCb3OG7yAFWelaUydu0D+125CLM=", True), ("", False),
     ("curl", False), ("0123456789ABCDEF", False), ("1:short", False), ("-1", False)],
)  # fmt: skip
def test_names(text: str, good: bool) -> None:
    assert is_name(text) == good
