"""A scenario on its targets: what the player wants is done, what checks want is measured. Pure.

Whatever happens, each target is cleared at the end, also where another could not be. A target that cannot be
set ends the scenario: a test on half of its network would be none.
"""

from __future__ import annotations

from typing import Any, Protocol

from procwire.shaping.failure import ShapingError
from procwire.shaping.impairment import Impairment
from procwire.shaping.scenario.checking import Meter, Sample, Verdict, judged
from procwire.shaping.scenario.plan import Check, Meant, Scenario
from procwire.shaping.scenario.player import Action, Clear, Measure, Player, Set

MAX_VERDICTS = 10_000


class Actuator(Protocol):
    """Who does it. Each raises ShapingError where it cannot."""

    def set(self, meant: Meant, impairment: Impairment, now: int) -> None:
        """Make it so."""

    def clear(self, meant: Meant, now: int) -> None:
        """Let it be as it was."""

    def link(self, meant: Meant, up: bool, now: int) -> None:
        """Take its link down, or up again."""


class Conductor:
    """One run. ``faults`` says what could not be done, ``verdicts`` what the checks found."""

    def __init__(self, scenario: Scenario, actuator: Actuator, meter: Meter, *, now: int) -> None:
        self.scenario = scenario
        self.player = Player(scenario, now=now)
        self.faults: list[str] = []
        self.verdicts: list[Verdict] = []
        self.updates = 0
        self.began = now
        self.ended = 0
        self._actuator = actuator
        self._meter = meter
        self._up = dict.fromkeys(range(len(scenario.tracks)), True)
        self._first: dict[Check, Sample | None] = {}

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.player.state in ("stopped", "finished")

    @property
    def passed(self) -> bool:
        """Whether everything was done and every check holds."""
        return not self.faults and all(verdict.passed for verdict in self.verdicts)

    def tick(self, now: int) -> int | None:
        """Do what is due; when to call again."""
        if not self.over:
            self._do(self.player.run(now), now)
            self._note_end(now)
        return self.player.due()

    def order(self, word: str, now: int) -> dict[str, Any]:
        """``pause``, ``pause-restore``, ``resume``, ``stop``, ``status``: what is told back."""
        if word in ("pause", "pause-restore"):
            self._do(self.player.pause(now, restore=word == "pause-restore"), now)
        elif word == "resume":
            self._do(self.player.resume(now), now)
        elif word == "stop":
            self.stop(now)
        elif word != "status":
            return {"error": f"{word[:40]!r} is no order"}
        return self.status(now)

    def stop(self, now: int) -> None:
        """End it; everything is cleared. A check that was not come to has failed."""
        if not self.over:
            self._missed()
        self._do(self.player.stop(), now)
        self._note_end(now)

    def status(self, now: int) -> dict[str, Any]:
        """Where it is."""
        steps = self.player.steps()
        return {
            "name": self.scenario.name, "state": self.player.state, "round": self.player.loop + 1,
            "rounds": self.scenario.loops, "elapsed": (self.ended or now) / 1e9 - self.began / 1e9,
            "updates": self.updates, "faults": self.faults,
            "checks_failed": sum(not verdict.passed for verdict in self.verdicts),
            "tracks": [
                {"target": str(track.meant), "step": steps.get(number, 0) + 1, "steps": len(track.steps)}
                for number, track in enumerate(self.scenario.tracks)
            ],
        }  # fmt: skip

    def _missed(self) -> None:
        """Of a scenario that would have gone on for ever, only the first round had to be whole."""
        loop = self.player.loop
        if loop and not self.scenario.loops:
            return
        judged_already = {verdict.check for verdict in self.verdicts if verdict.loop == loop}
        for check in self.scenario.checks:
            if check not in judged_already:
                self.verdicts.append(Verdict(check, loop, False, "nothing: it ended before"))

    def _note_end(self, now: int) -> None:
        if self.over and not self.ended:
            self.ended = now

    def _do(self, actions: list[Action], now: int) -> None:
        failed = False
        for action in actions:
            if isinstance(action, Measure):
                self._measure(action, now)
            elif isinstance(action, Clear):
                self._clear(action.track, now)
            elif not failed:
                failed = not self._set(action, now)
        if failed:
            self.stop(now)

    def _set(self, action: Set, now: int) -> bool:
        meant, made = self.scenario.tracks[action.track].meant, action.effects
        self.updates += 1
        try:
            if action.up is not self._up[action.track]:
                self._actuator.link(meant, action.up, now)
                self._up[action.track] = action.up
            if made.egress is None and made.ingress is None:
                self._actuator.clear(meant, now)
            else:
                wanted = Impairment(
                    target=meant.target, egress=made.egress, ingress=made.ingress, selectors=meant.selectors
                )
                self._actuator.set(meant, wanted, now)
        except ShapingError as error:
            self.faults.append(f"{meant}: step {action.step + 1}: {error}")
            return False
        return True

    def _clear(self, track: int, now: int) -> None:
        meant = self.scenario.tracks[track].meant
        try:
            self._actuator.clear(meant, now)
        except ShapingError as error:
            self.faults.append(f"{meant}: could not be cleared: {error}")
        try:
            if not self._up[track]:
                self._actuator.link(meant, True, now)
                self._up[track] = True
        except ShapingError as error:
            self.faults.append(f"{meant}: its link is still down: {error}")

    def _measure(self, action: Measure, now: int) -> None:
        sample = self._meter.sample(action.check.target, now)
        if not action.last:
            self._first[action.check] = sample
        elif len(self.verdicts) < MAX_VERDICTS:
            self.verdicts.append(judged(action.check, action.loop, self._first.get(action.check), sample))
