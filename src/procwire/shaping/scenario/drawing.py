"""A scenario drawn as a timeline, before anything is done. Pure."""

from __future__ import annotations

from procwire.shaping.quantities import show_span
from procwire.shaping.scenario.plan import Effects, Scenario, Step, Track, called
from procwire.shaping.spelling import words_of

WIDTH = 60  # characters of a bar
_MOST = 200  # steps that are told one by one
_MARKS = {"step": "=", "linear": "/", "exponential": "/", "sine": "~"}


def drawn(scenario: Scenario) -> str:
    """Lines for people: a bar and the steps of each track, and the checks."""
    often = (
        "until it is stopped"
        if not scenario.loops
        else "once"
        if scenario.loops == 1
        else f"{scenario.loops} times"
    )
    lines = [f"{scenario.name}: {show_span(scenario.span_ns)}, {often}"]
    if scenario.title:
        lines.append(f"  {scenario.title}")
    for track in scenario.tracks:
        lines += ["", called(track.target, track.selectors)]
        lines.append(f"  |{bar(track, scenario.span_ns)}|")
        at = 0
        for number, step in enumerate(track.steps):
            if number == _MOST:
                lines.append(f"  and {len(track.steps) - number} steps more")
                break
            lines.append(f"  {show_span(at) if at else '0s':>9}  +{show_span(step.span_ns):<9} {told(step)}")
            at += step.span_ns
    if scenario.checks:
        lines.append("")
    for check in scenario.checks:
        start = f"from {show_span(check.from_ns)} " if check.from_ns else ""
        when = f"{start}to {show_span(check.to_ns)}"
        lines.append(f"check {check.measure} {check.text} of {called(check.target)} {when}")
    lines += [f"note: {note}" for note in scenario.notes]
    lines.append("then everything is as it was")
    return "\n".join(lines)


def bar(track: Track, whole_ns: int) -> str:
    """= what is held, / and ~ on the way, x down, . nothing wrong, and nothing after the end."""
    made = []
    for place in range(WIDTH):
        at, step = whole_ns * place // WIDTH, None
        for one in track.steps:
            if at < one.span_ns:
                step = one
                break
            at -= one.span_ns
        made.append(" " if step is None else mark(step))
    return "".join(made)


def mark(step: Step) -> str:
    """One character of a bar."""
    if not step.up or _dead(step.effects):
        return "x"
    if step.effects is not None and not _any(step.effects):
        return "."
    return _MARKS[step.ramp]


def told(step: Step) -> str:
    """One step in words."""
    if not step.up:
        words = "link down"
    elif step.effects is None:
        words = "as before"
    elif _dead(step.effects):
        words = "nothing passes"
    elif not _any(step.effects):
        words = "nothing is wrong"
    else:
        words = in_words(step.effects)
    ramp = f"{step.ramp} to " if step.ramp != "step" else ""
    return f"{ramp}{words}{f'  ({step.note})' if step.note else ''}"


def in_words(effects: Effects) -> str:
    """Both directions, told once where they are the same."""
    sides = {"sent": effects.egress, "received": effects.ingress}
    said = {
        side: ", ".join(
            f"{name} {value}" if value is not True else name for name, value in words_of(one).items()
        )
        for side, one in sides.items()
        if one is not None and not one.is_nothing
    }
    if len(said) == 2 and len(set(said.values())) == 1:
        return f"each way {next(iter(said.values()))}"
    return "; ".join(f"{side} {words}" for side, words in said.items())


def _dead(effects: Effects | None) -> bool:
    if effects is None:
        return False
    both = (effects.egress, effects.ingress)
    return all(one is not None and one.loss is not None and one.loss.mean >= 1.0 for one in both)


def _any(effects: Effects) -> bool:
    return any(one is not None and not one.is_nothing for one in (effects.egress, effects.ingress))
