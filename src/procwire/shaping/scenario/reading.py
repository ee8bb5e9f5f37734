"""Scenarios as people write them, in TOML or JSON5, and those of tcgui. Every fault has its line. Pure.

Presets and traces are asked of who reads: this module opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from procwire.shaping.failure import InvalidError
from procwire.shaping.foreign import tcgui_words
from procwire.shaping.impairment import Effect
from procwire.shaping.loss import Loss
from procwire.shaping.preset import flat, merged
from procwire.shaping.quantities import span
from procwire.shaping.scenario.checking import bounds
from procwire.shaping.scenario.plan import (
    LEAST_UPDATE_NS,
    MAX_CHECKS,
    MAX_SPAN_NS,
    MAX_STEPS,
    MAX_TRACKS,
    MEASURES,
    NOTHING,
    RAMPS,
    USUAL_UPDATE_NS,
    Check,
    Effects,
    Scenario,
    Step,
    Track,
)
from procwire.shaping.selection import Selector, selector
from procwire.shaping.spelling import Value
from procwire.shaping.target import Target, target
from procwire.shaping.texts.located import Located, Place
from procwire.shaping.words import effects

PresetWords = Callable[[str], Mapping[str, Value]]
TraceSteps = Callable[[str], list[Step]]

_TOP = {"name", "title", "description", "loop", "update", "track", "tracks", "check", "checks", "target"}
_STEP = {
    "for",
    "duration",
    "ramp",
    "link",
    "partition",
    "clear",
    "preset",
    "trace",
    "note",
    "description",
    "tc_config",
}
_CHECK = {"target", "from", "to", *MEASURES}
_TCGUI = {"id", "name", "description", "loop_scenario", "cleanup_on_failure", "metadata", "steps"}
_SPANS = re.compile(r"(?:[0-9.]+(?:ms|us|ns|[smh]))+")
_SPAN = re.compile(r"[0-9.]+(?:ms|us|ns|[smh])")
COMMAND = Target(kind="command")


class Reader:
    """What a file needs from outside, and whose a track is that names no target."""

    def __init__(self, preset: PresetWords, trace: TraceSteps, usual: Target = COMMAND) -> None:
        self._preset = preset
        self._trace = trace
        self._usual = usual

    def read(self, file: Located) -> Scenario:
        """Raises FileError."""
        given = _table(file, (), file.values)
        if "steps" in given:
            return self._tcgui(file, given)
        _known(file, (), given, _TOP)
        usual = self._target(file, (), given, self._usual)
        tracks = [
            self._track(file, place, one, usual) for place, one in _listed(file, given, "track", MAX_TRACKS)
        ]
        if not tracks:
            raise file.error((), "a scenario has at least one track with a step")
        if len({track.meant for track in tracks}) < len(tracks):
            raise file.error((), "two tracks are of the same target: another part of it is named by match")
        made = Scenario(
            name=_text(file, ("name",), given.get("name", "")) or "scenario",
            title=_text(file, ("title",), given.get("title", given.get("description", ""))),
            tracks=tuple(tracks),
            loops=_loops(file, given.get("loop", 1)),
            update_ns=self._update(file, given),
            checks=(),
        )
        checks = [
            check
            for place, one in _listed(file, given, "check", MAX_CHECKS)
            for check in self._checks(file, place, one, made)
        ]
        return _bounded(file, made, tuple(checks))

    def _tcgui(self, file: Located, given: Mapping[str, Any]) -> Scenario:
        _known(file, (), given, _TCGUI)
        notes: list[str] = []
        steps = self._steps(file, ("steps",), given["steps"], notes)
        made = Scenario(
            name=str(given.get("id", "scenario")), title=str(given.get("name", "")),
            tracks=(Track(target=self._usual, steps=tuple(steps)),),
            loops=0 if given.get("loop_scenario") is True else 1, notes=tuple(dict.fromkeys(notes)),
        )  # fmt: skip
        return _bounded(file, made, ())

    def _track(self, file: Located, place: Place, given: Any, usual: Target) -> Track:
        table = _table(file, place, given)
        _known(file, place, table, {"target", "match", "step", "steps"})
        name = "steps" if "steps" in table else "step"
        steps = self._steps(file, (*place, name), table.get(name), [])
        whose = self._target(file, place, table, usual)
        return Track(target=whose, steps=tuple(steps), selectors=_match(file, place, table, whose))

    def _steps(self, file: Located, place: Place, given: Any, notes: list[str]) -> list[Step]:
        if not isinstance(given, list) or not given:
            raise file.error(place, "a track has a list of steps, at least one")
        found: list[Step] = []
        for number, one in enumerate(given):
            found += self._step(file, (*place, number), _table(file, (*place, number), one), notes)
            if len(found) > MAX_STEPS:
                raise file.error((*place, number), f"more than {MAX_STEPS} steps")
        return found

    def _step(self, file: Located, place: Place, given: Mapping[str, Any], notes: list[str]) -> list[Step]:
        words = {name: value for name, value in given.items() if name not in _STEP}
        try:
            if "trace" in given:
                if words or "preset" in given:
                    raise InvalidError("trace", "says what the network does: give no other words")
                return self._trace(_text(file, (*place, "trace"), given["trace"]))
            made = self._effects(file, place, given, words, notes)
            length = spans(
                given.get("for", given.get("duration", "")), "for" if "for" in given else "duration"
            )
        except InvalidError as error:
            raise file.wrong(place, error) from None
        ramp = given.get("ramp", "step")
        if ramp not in RAMPS:
            raise file.error((*place, "ramp"), f"ramp must be one of {', '.join(RAMPS)}")
        if ramp != "step" and made is None:
            raise file.error((*place, "ramp"), "a ramp leads to something: say what")
        link = given.get("link", "up")
        if link not in ("up", "down"):
            raise file.error((*place, "link"), "a link is 'up' or 'down'")
        note = _text(file, (*place, "note"), given.get("note", given.get("description", "")))
        return [
            Step(span_ns=length, effects=made, ramp=ramp, up=link == "up", note=note, line=file.line(place))
        ]

    def _effects(
        self, file: Located, place: Place, given: Mapping[str, Any], own: Mapping[str, Any], notes: list[str]
    ) -> Effects | None:
        """None where a step says nothing of it: what was before is held."""
        if given.get("partition"):
            everything = Effect(loss=Loss(1.0))
            return Effects(egress=everything, ingress=everything)
        if given.get("clear"):
            return NOTHING
        words: Mapping[str, Value] = flat(own)
        if "tc_config" in given:
            words, more = tcgui_words(file, (*place, "tc_config"), given["tc_config"])
            notes += more
            if not words:
                return NOTHING
        if "preset" in given:
            words = merged(self._preset(_text(file, (*place, "preset"), given["preset"])), words)
        if not words:
            return None
        made = effects(words)
        return Effects(egress=made.get("egress"), ingress=made.get("ingress"))

    def _checks(self, file: Located, place: Place, given: Any, scenario: Scenario) -> list[Check]:
        table = _table(file, place, given)
        _known(file, place, table, _CHECK)
        whose = self._target(file, place, table, scenario.tracks[0].target)
        found = []
        try:
            start = spans(table["from"], "from") if table.get("from", "0s") != "0s" else 0
            end = spans(table["to"], "to") if "to" in table else scenario.span_ns
            for measure in MEASURES:
                if measure in table:
                    low, high = bounds(measure, _text(file, (*place, measure), table[measure]))
                    found.append(Check(
                        target=whose, measure=measure, low=low, high=high, from_ns=start, to_ns=end,
                        text=table[measure], line=file.line((*place, measure)),
                    ))  # fmt: skip
        except InvalidError as error:
            raise file.wrong(place, error) from None
        if not found:
            raise file.error(place, f"a check says one of {', '.join(MEASURES)}")
        if not start < end <= scenario.span_ns:
            raise file.error(place, "a check ends after it begins, and within the scenario")
        return found

    def _target(self, file: Located, place: Place, given: Mapping[str, Any], usual: Target) -> Target:
        if "target" not in given:
            return usual
        text = _text(file, (*place, "target"), given["target"])
        try:
            return COMMAND if text == "command" else target(text)
        except InvalidError as error:
            raise file.wrong((*place, "target"), error) from None

    def _update(self, file: Located, given: Mapping[str, Any]) -> int:
        if "update" not in given:
            return USUAL_UPDATE_NS
        try:
            update = spans(given["update"], "update")
        except InvalidError as error:
            raise file.wrong((), error) from None
        if update < LEAST_UPDATE_NS:
            raise file.error(("update",), f"at most {10**9 // LEAST_UPDATE_NS} updates a second")
        return update


def spans(text: Any, field: str) -> int:
    """``1m30s``, ``500ms``: above 0. Raises InvalidError."""
    if not isinstance(text, str) or not _SPANS.fullmatch(text.strip()):
        raise InvalidError(field, f"{str(text)[:40]!r} is not a time span, such as 500ms, 10s or 1m30s")
    total = sum(span(part, field) for part in _SPAN.findall(text))
    if not 0 < total <= MAX_SPAN_NS:
        raise InvalidError(field, "must be above 0 and at most 7 days")
    return total


def _bounded(file: Located, scenario: Scenario, checks: tuple[Check, ...]) -> Scenario:
    if scenario.span_ns > MAX_SPAN_NS:
        raise file.error((), "a scenario takes at most 7 days")
    from dataclasses import replace

    return replace(scenario, checks=checks)


def _loops(file: Located, given: Any) -> int:
    if given is True or given is False:
        return 0 if given else 1
    if not isinstance(given, int) or not 0 <= given <= 1_000_000:
        raise file.error(("loop",), "loop is how often (0: until it is stopped), or true")
    return given


def _listed(file: Located, given: Mapping[str, Any], name: str, most: int) -> list[tuple[Place, Any]]:
    key = f"{name}s" if f"{name}s" in given else name
    listed = given.get(key, [])
    if not isinstance(listed, list) or len(listed) > most:
        raise file.error((key,), f"a list of at most {most} is wanted")
    return [((key, number), one) for number, one in enumerate(listed)]


def _match(file: Located, place: Place, given: Mapping[str, Any], whose: Target) -> tuple[Selector, ...]:
    """What of a target's traffic a track is for."""
    texts = given.get("match", [])
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise file.error((*place, "match"), "a text or a list of texts is wanted, such as 'peer=10.0.0.0/8'")
    if texts and whose.kind == "command":
        raise file.error((*place, "match"), "of a command's path all is meant")
    try:
        return tuple(selector(text) for text in texts)
    except InvalidError as error:
        raise file.wrong((*place, "match"), error) from None


def _table(file: Located, place: Place, given: Any) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise file.error(place, "a table of names and values is wanted")
    return given


def _known(file: Located, place: Place, given: Mapping[str, Any], names: set[str]) -> None:
    for name in given:
        if name not in names:
            raise file.error(
                (*place, name), f"{name[:40]!r} is not known; there are {', '.join(sorted(names))}"
            )


def _text(file: Located, place: Place, given: Any) -> str:
    if not isinstance(given, str) or len(given) > 1000:
        raise file.error(place, "text is wanted")
    return given
