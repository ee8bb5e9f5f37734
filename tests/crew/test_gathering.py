"""Parts are put together in order, and never where they do not fit."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.capture.source import Counts, Interface
from procwire.crew.gathering import CHANGED, Gathering, StrainedError
from procwire.crew.parcel import wrap
from procwire.crew.shift import Result, Stretch
from procwire.model.flow import Flow
from tests.crew.script import Pipe

UNSAID, ETH = Interface(), Interface(name="eth0")


class Rounds:
    """A crew whose workers have said all."""

    def __init__(self, *rounds: list[Stretch]) -> None:
        self.rounds = list(rounds)

    def round(self) -> list[Stretch]:
        return self.rounds.pop(0)


def stretch(frames: int, *ended: tuple[int, int], **more: Any) -> Stretch:
    kept = []
    for turn, number in ended:
        flow = Flow()
        flow.number = number
        kept.append(((turn, 9, 0), wrap(flow)))
    more.setdefault("interfaces", [UNSAID])
    return Stretch(frames=frames, progress=(frames, 100), ended=kept, **more)


def result(**more: Any) -> Result:
    return Result(outcome=Pipe().outcome(), counts=Counts(frames=9), **more)


def gathered(*rounds: list[Stretch]) -> tuple[Gathering, list[int]]:
    heard: list[int] = []
    crew: Any = Rounds(*rounds)
    gathering = Gathering(crew, [UNSAID], lambda flow: heard.append(flow.number))
    return gathering, heard


def test_flows_come_in_the_order_in_which_they_ended() -> None:
    error = ("x.pcap", 7, "cut", "")
    gathering, heard = gathered(
        [stretch(5, (2, 1), (8, 4)), stretch(5, (4, 3), interfaces=[UNSAID, ETH])],
        [stretch(9, (12, 6), interfaces=[UNSAID, ETH], result=result(error=error, harvest=1)),
         stretch(9, (10, 5), result=result(error=error, harvest=2))],
    )  # fmt: skip
    steps: list[tuple[int, int | None]] = []
    gathering.run(lambda done, total: steps.append((done, total)))
    assert heard == [1, 3, 4, 5, 6]
    assert gathering.given == 5
    assert steps == [(5, 100), (9, 100)]
    assert gathering.interfaces == [UNSAID, ETH]
    assert (str(gathering.error), gathering.counts.frames) == ("x.pcap: offset 7: cut", 9)
    assert gathering.harvests == [1, 2]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (stretch(5, strained="full"), "full"),
        (stretch(6), CHANGED),
        (stretch(5, result=result()), CHANGED),
    ],
)
def test_what_does_not_fit_is_not_put_together(other: Stretch, words: str) -> None:
    gathering, heard = gathered([stretch(4, (2, 1)), stretch(4)], [stretch(5, (6, 3)), other])
    with pytest.raises(StrainedError, match=words):
        gathering.run(None)
    assert (heard, gathering.given) == ([1], 1)
