"""The schedule: absolute, bounded in its updates, restored at the end."""

from __future__ import annotations

from procwire.shaping.scenario.plan import NOTHING, Check, Scenario, Step, Track
from procwire.shaping.scenario.player import Action, Clear, Measure, Player, Set
from tests.shaping.scenario.scenes import COMMAND, ETH0, MS, SECOND, both, of


def played(player: Player) -> list[tuple[int, Action]]:
    """Everything, each at its time."""
    found: list[tuple[int, Action]] = []
    while (at := player.due()) is not None:
        found += [(at, action) for action in player.run(at)]
    return found


def test_steps_come_at_their_times_and_everything_is_cleared() -> None:
    made = of(
        Step(span_ns=SECOND, effects=both(10)), Step(span_ns=2 * SECOND), Step(span_ns=SECOND, up=False)
    )
    player = Player(made, now=7 * SECOND)
    found = played(player)
    assert found == [
        (7 * SECOND, Set(0, both(10), True, 0)),
        (8 * SECOND, Set(0, both(10), True, 1)),
        (10 * SECOND, Set(0, both(10), False, 2)),
        (11 * SECOND, Clear(0)),
        (11 * SECOND, Clear(0)),
    ]
    assert player.state == "finished"
    assert player.elapsed(11 * SECOND) == 4 * SECOND


def test_a_ramp_is_bounded_in_its_updates_and_reaches_its_goal() -> None:
    made = of(Step(span_ns=SECOND, effects=both(100), ramp="linear"))
    found = [(at, one.effects) for at, one in played(Player(made, now=0)) if isinstance(one, Set)]
    assert len(found) == 10
    assert found[0] == (0, both(10))
    assert found[-1] == (900 * MS, both(100))


def test_a_ramp_begins_where_the_step_before_it_was() -> None:
    made = of(
        Step(span_ns=SECOND, effects=both(50)), Step(span_ns=200 * MS, effects=both(100), ramp="linear"),
        Step(span_ns=200 * MS, effects=NOTHING, ramp="linear"),
    )  # fmt: skip
    told = [one.effects for _, one in played(Player(made, now=0)) if isinstance(one, Set)]
    delays = [one.egress.delay.latency_ns // MS if one.egress and one.egress.delay else 0 for one in told]
    assert delays == [50, 75, 100, 50, 0]


def test_rounds_begin_again_without_drift() -> None:
    player = Player(of(Step(span_ns=SECOND, effects=both(1)), loops=3), now=0)
    assert [at for at, one in played(player) if isinstance(one, Set)] == [0, SECOND, 2 * SECOND]
    forever = Player(of(Step(span_ns=SECOND, effects=both(1)), loops=0), now=0)
    assert len(forever.run(10_000 * SECOND)) == 1
    assert forever.due() == 10_001 * SECOND


def test_of_what_was_missed_the_last_is_done() -> None:
    made = of(
        Step(span_ns=SECOND, effects=both(1)), Step(span_ns=SECOND, effects=both(2)), Step(span_ns=SECOND)
    )
    player = Player(made, now=0)
    assert player.run(1500 * MS) == [Set(0, both(2), True, 1)]
    assert player.due() == 2 * SECOND


def test_tracks_are_parallel() -> None:
    tracks = (
        Track(
            target=ETH0, steps=(Step(span_ns=SECOND, effects=both(1)), Step(span_ns=SECOND, effects=both(2)))
        ),
        Track(
            target=COMMAND,
            steps=(Step(span_ns=500 * MS, effects=both(3)), Step(span_ns=SECOND, effects=both(4))),
        ),
    )
    found = played(Player(Scenario(name="x", tracks=tracks), now=0))
    assert [(at // MS, one.track) for at, one in found if isinstance(one, Set)] == [
        (0, 0),
        (0, 1),
        (500, 1),
        (1000, 0),
    ]
    assert {one.track for _, one in found if isinstance(one, Clear)} == {0, 1}


def test_a_pause_holds_or_restores() -> None:
    for restore in (False, True):
        player = Player(of(Step(span_ns=SECOND, effects=both(1)), Step(span_ns=SECOND)), now=0)
        player.run(0)
        assert player.pause(300 * MS, restore=restore) == ([Clear(0)] if restore else [])
        assert player.due() is None
        assert player.run(5 * SECOND) == []
        assert player.elapsed(5 * SECOND) == 300 * MS
        assert player.resume(10 * SECOND) == ([Set(0, both(1), True, 0)] if restore else [])
        assert player.due() == 10 * SECOND + 700 * MS
        assert player.resume(10 * SECOND) == []


def test_a_stop_clears_once() -> None:
    player = Player(of(Step(span_ns=SECOND, effects=both(1))), now=0)
    player.run(0)
    assert player.stop() == [Clear(0)]
    assert player.stop() == []
    assert player.pause(1) == []
    assert player.steps() == {0: 0}


def test_a_measurement_ends_before_the_next_step_and_begins_after_its_own() -> None:
    check = Check(target=COMMAND, measure="loss", low=None, high=1.0, from_ns=SECOND, to_ns=2 * SECOND)
    track = Track(target=COMMAND, steps=(Step(span_ns=SECOND), Step(span_ns=SECOND), Step(span_ns=SECOND)))
    made = Scenario(name="x", tracks=(track,), checks=(check,))
    kinds = [(at // SECOND, type(one).__name__) for at, one in played(Player(made, now=0))]
    assert kinds[1:5] == [(1, "Set"), (1, "Measure"), (2, "Measure"), (2, "Set")]
    assert Measure(check, last=True, loop=0) in [one for _, one in played(Player(made, now=0))]
