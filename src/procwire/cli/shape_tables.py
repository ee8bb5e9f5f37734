"""Networks that have names, and scenarios: those in the usual directories and those that run, as tables."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Table
from procwire.model.declare import count, items, span, text
from procwire.tui.host import HostError

IDLE, WRONG = "idle", "wrong"  # a scenario that does not run; one whose file is no scenario


class PresetRow(msgspec.Struct, frozen=True, kw_only=True):
    """One preset."""

    name: str
    title: str
    basis: str
    source: str
    words: tuple[str, ...]
    origin: str


class ScenarioRow(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario, of a file, or one that runs and whose file is elsewhere."""

    name: str
    state: str
    path: str = ""
    title: str = ""
    length: int | None = None
    elapsed: int | None = None
    round: int | None = None
    steps: tuple[str, ...] = ()
    detail: str = ""


PRESETS = Table(
    name="preset",
    doc="Networks that have names: what procwire shape --preset makes of a target, and where that is from.",
    columns=(
        text("name", "Name, for --preset.", attrgetter("name"), shown=True),
        text("title", "What it is.", attrgetter("title"), shown=True),
        items("words", "What it does: word=value.", attrgetter("words"), shown=True),
        text("basis", "Whether published, derived, an estimate, imported or your own.",
             attrgetter("basis"), shown=True),
        text("source", "Where the figures are from.", attrgetter("source")),
        text("origin", "Its file.", attrgetter("origin")),
    ),
    key=("name",),
)  # fmt: skip

SCENARIOS = Table(
    name="scenario",
    doc="Networks that change: scenarios in the usual directories, and those that run.",
    columns=(
        text("name", "Name of the scenario.", attrgetter("name"), shown=True),
        text("state", "Whether running, paused, idle, or wrong where the file is no scenario.",
             attrgetter("state"), shown=True),
        span("length", "How long one round takes.", attrgetter("length"), shown=True),
        span("elapsed", "How far it is.", attrgetter("elapsed"), shown=True),
        count("round", "Which round it is in.", attrgetter("round")),
        items("steps", "Where each track is: target=step/steps.", attrgetter("steps"), shown=True),
        text("title", "What it is.", attrgetter("title"), shown=True),
        text("detail", "What is wrong with its file.", attrgetter("detail"), shown=True),
        text("path", "Its file.", attrgetter("path")),
    ),
    key=("name", "path"),
)  # fmt: skip


def named_networks() -> list[PresetRow]:
    """All presets, by the order of their files."""
    from procwire.shaping.library import Library

    return [
        PresetRow(
            name=each.name, title=each.title, basis=each.basis, source=each.source, origin=each.origin,
            words=tuple(f"{name}={value}" for name, value in each.words.items()),
        )
        for each in Library().presets.values()
    ]  # fmt: skip


def scenarios() -> list[ScenarioRow]:
    """Those that run first. Raises HostError."""
    from procwire.shaping.failure import ShapingError
    from procwire.shaping.scenario.control import ask, running

    going: dict[str, dict[str, object]] = {}
    try:
        for name in running():
            going[name] = ask(name, "status")
    except (OSError, ShapingError) as error:
        raise HostError(f"scenarios: {error}") from None
    found = list(_files())
    places = {row.name: place for place, row in enumerate(found)}
    rows = []
    for name, told in going.items():
        place = places.get(str(told.get("name")), places.get(name))
        known = found[place] if place is not None else ScenarioRow(name=name, state="")
        rows.append(_going(name, known, told))
    busy = {row.name for row in rows}
    return [*rows, *(row for row in found if row.name not in busy)]


def _going(name: str, known: ScenarioRow, told: dict[str, object]) -> ScenarioRow:
    tracks = told.get("tracks")
    known_tracks = tracks if isinstance(tracks, list) else []
    steps = [f"{each['target']}={each['step']}/{each['steps']}" for each in known_tracks]
    elapsed, number = told.get("elapsed"), told.get("round")
    return msgspec.structs.replace(
        known, name=name, state=str(told.get("state") or "running"), steps=tuple(steps),
        elapsed=round(elapsed * 1e9) if isinstance(elapsed, int | float) else None,
        round=number if isinstance(number, int) else None,
    )  # fmt: skip


def _files() -> list[ScenarioRow]:
    from procwire.cli.shape_scenario import load
    from procwire.shaping.failure import ShapingError
    from procwire.shaping.library import directories, files

    rows: dict[str, ScenarioRow] = {}
    for folder in directories("scenarios"):
        for path in files(folder):
            try:
                made = load(str(path), [])
            except ShapingError as error:
                rows[path.stem] = ScenarioRow(name=path.stem, state=WRONG, path=str(path), detail=str(error))
                continue
            rows[made.name] = ScenarioRow(
                name=made.name, state=IDLE, path=str(path), title=made.title, length=made.span_ns
            )
    return list(rows.values())
