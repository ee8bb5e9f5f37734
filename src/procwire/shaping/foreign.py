"""Presets of other programs, read as ours: tcgui (JSON5), ATC, throttle, tcconfig (JSON). Pure.

What they say and we cannot, is told in ``notes``. Correlated chances are such a thing: netem loses 0.96 % for
"8 % with 25 %". The share is taken as it is written, or with ``effective`` as netem does it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from procwire.shaping.correlation import MOST_CORRELATION, effective_share
from procwire.shaping.quantities import show_share
from procwire.shaping.spelling import Value
from procwire.shaping.texts.located import Located, Place

SIDE = {"up": "egress", "down": "ingress", "outgoing": "egress", "incoming": "ingress"}
_TCCONFIG_RATE = re.compile(r"\s*([0-9.]+)\s*([KMGT]?)(?:bps|bit/s|bit)?\s*", re.IGNORECASE)


@dataclass(slots=True)
class Foreign:
    """One preset of another program. ``words`` are flat, as ours."""

    name: str
    program: str
    title: str = ""
    words: dict[str, Value] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def preset_name(self) -> str:
        """Its name as ours may be."""
        return re.sub(r"[^a-z0-9._]+", "-", self.name.lower()).strip("-._")[:64] or "imported"


def foreign(file: Located, *, effective: bool = False) -> list[Foreign]:
    """All presets of a file, whatever program it is of. Raises FileError."""
    given = file.values
    for known, read in _READERS:
        if known(given):
            return read(_Sheet(file, effective))
    raise file.error((), "this is no preset of tcgui, ATC, throttle or tcconfig that is known")


@dataclass(frozen=True, slots=True)
class _Sheet:
    file: Located
    effective: bool

    def number(self, place: Place, given: Mapping[str, Any], name: str) -> float:
        """0 where it is not given."""
        value = given.get(name, 0)
        if isinstance(value, str):
            value = value.strip().rstrip("%").strip()
            try:
                value = float(value)
            except ValueError:
                raise self.file.error((*place, name), f"{value[:40]!r} is not a number") from None
        if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
            raise self.file.error((*place, name), "must be a number of at least 0")
        return float(value)

    def chance(self, place: Place, given: Mapping[str, Any], told: Foreign, name: str) -> str:
        """A share in percent with its correlation; empty for none."""
        share = self.number(place, given, "percentage") / 100
        alike = self.number(place, given, "correlation") / 100
        if not share:
            return ""
        if alike and share < 1:
            real = effective_share(share, min(alike, MOST_CORRELATION))
            does = f"netem does {show_share(round(real, 6))} for it, not {show_share(round(share, 6))}"
            told.notes.append(f"{name}: the correlation of {show_share(round(alike, 6))} is left out: {does}")
            share = real if self.effective else share
        return show_share(round(share, 8))


def tcgui_words(file: Located, place: Place, given: Any) -> tuple[dict[str, Value], list[str]]:
    """The words of a ``tc_config`` of tcgui, and what is to be said of them. Raises FileError."""
    if not isinstance(given, dict):
        raise file.error(place, "a tc_config is a table")
    told = _tcgui_one(_Sheet(file, effective=False), place, {"id": "step", **given})
    return told.words, told.notes


def _tcgui(sheet: _Sheet) -> list[Foreign]:
    given = sheet.file.values
    listed = given.get("presets", [given]) if isinstance(given, dict) else given
    if not isinstance(listed, list):
        raise sheet.file.error(("presets",), "presets of tcgui are a list")
    places: list[Place] = [()] if listed == [given] else [("presets", n) for n in range(len(listed))]
    if isinstance(given, list):
        places = [(n,) for n in range(len(given))]
    found = []
    for place, one in zip(places, listed, strict=True):
        if not isinstance(one, dict) or not isinstance(one.get("id"), str):
            raise sheet.file.error(place, "a preset of tcgui has an id")
        found.append(_tcgui_one(sheet, place, one))
    return found


def _tcgui_one(sheet: _Sheet, place: Place, given: Mapping[str, Any]) -> Foreign:
    told = Foreign(str(given["id"]), "tcgui", str(given.get("name", "")))
    blocks = {
        name: block
        for name in ("loss", "delay", "duplicate", "reorder", "corrupt", "rate_limit")
        if isinstance(block := given.get(name), dict) and block.get("enabled", True)
    }
    if "delay" in blocks:
        _delay(sheet, (*place, "delay"), blocks["delay"], told, ("", "base_ms", "jitter_ms"))
    for name in ("loss", "duplicate", "corrupt", "reorder"):
        if name in blocks and (share := sheet.chance((*place, name), blocks[name], told, name)):
            gap = int(blocks[name].get("gap", 5)) if name == "reorder" else 0
            told.words[name] = f"{share} gap={gap}" if gap else share
    if "reorder" in told.words and "delay" not in told.words:
        told.notes.append("reorder is left out: packets overtake by not being delayed, and there is no delay")
        del told.words["reorder"]
    if "rate_limit" in blocks and (
        rate := sheet.number((*place, "rate_limit"), blocks["rate_limit"], "rate_kbps")
    ):
        told.words["rate"] = f"{rate:g}kbit"
    told.words = {f"egress-{name}": value for name, value in told.words.items()}  # tcgui shapes nothing else
    return told


def _delay(
    sheet: _Sheet, place: Place, given: Mapping[str, Any], told: Foreign, names: tuple[str, str, str]
) -> None:
    side, base, jitter = names
    delay, vary = sheet.number(place, given, base), sheet.number(place, given, jitter)
    if not delay:
        return
    told.words[f"{side}delay"] = f"{delay:g}ms"
    if vary:
        if vary > delay:
            told.notes.append(f"delay: a jitter of {vary:g}ms is cut to the delay of {delay:g}ms")
        told.words[f"{side}jitter"] = f"{min(vary, delay):g}ms"
        if alike := sheet.number(place, given, "correlation"):
            told.words[f"{side}jitter-correlation"] = show_share(round(min(alike, 99) / 100, 6))


def _atc(sheet: _Sheet) -> list[Foreign]:
    given, place = sheet.file.values, ()
    content = given.get("content", given)
    if content is not given:
        place = ("content",)  # type: ignore[assignment]
    told = Foreign(str(given.get("name", "atc")), "ATC", str(given.get("name", "")))
    for way in ("up", "down"):
        block = content.get(way)
        if not isinstance(block, dict):
            continue
        here, side = (*place, way), SIDE[way]
        if rate := sheet.number(here, block, "rate"):
            told.words[f"{side}-rate"] = f"{rate:g}kbit"
        if isinstance(delay := block.get("delay"), dict):
            _delay(sheet, (*here, "delay"), delay, told, (f"{side}-", "delay", "jitter"))
        for theirs, ours in (("loss", "loss"), ("corruption", "corrupt"), ("reorder", "reorder")):
            part = block.get(theirs)
            if isinstance(part, dict) and (
                share := sheet.chance((*here, theirs), part, told, f"{way} {theirs}")
            ):
                told.words[f"{side}-{ours}"] = share
        if f"{side}-reorder" in told.words and f"{side}-delay" not in told.words:
            told.notes.append(f"{way} reorder is left out: there is no delay")
            del told.words[f"{side}-reorder"]
    return [told]


def _throttle(sheet: _Sheet) -> list[Foreign]:
    given = sheet.file.values
    many = {"throttle": given} if _is_throttle_one(given) else given
    found = []
    for name, one in many.items():
        place: Place = () if one is given else (name,)
        told = Foreign(str(name), "throttle", str(name))
        for way in ("up", "down"):
            if rate := sheet.number(place, one, way):
                told.words[f"{SIDE[way]}-rate"] = f"{rate:g}kbit"
        if rtt := sheet.number(place, one, "rtt"):
            told.words["rtt"] = f"{rtt:g}ms"
        if loss := sheet.number(place, one, "packetLoss"):
            told.words["loss"] = f"{loss:g}%"
        found.append(told)
    return found


def _tcconfig(sheet: _Sheet) -> list[Foreign]:
    found = []
    for device, ways in sheet.file.values.items():
        plain = Foreign(str(device), "tcconfig", f"{device} as tcshow told it")
        for way, rules in ways.items():
            for rule, given in rules.items():
                place = (device, way, rule)
                selects = not re.fullmatch(
                    r"(?:protocol=ip(?:v6)?,?\s*)?(?:dst-network=0\.0\.0\.0/0)?,?", rule.strip()
                )
                told = Foreign(f"{device}-{rule}", "tcconfig", rule) if selects else plain
                if selects:
                    told.notes.append(f"the selector is not part of a preset: --match for {rule!r}")
                    found.append(told)
                _rule(sheet, place, given, told, SIDE[way])
        if plain.words:
            found.insert(0, plain)
    return found


def _rule(sheet: _Sheet, place: Place, given: Mapping[str, Any], told: Foreign, side: str) -> None:
    for theirs, ours in (("delay", "delay"), ("delay-distro", "jitter")):
        if theirs in given:
            text = str(given[theirs]).strip()
            told.words[f"{side}-{ours}"] = f"{text}ms" if text.replace(".", "", 1).isdigit() else text
    for theirs, ours in (
        ("loss", "loss"),
        ("duplicate", "duplicate"),
        ("corrupt", "corrupt"),
        ("reordering", "reorder"),
    ):
        if share := sheet.number(place, given, theirs):
            told.words[f"{side}-{ours}"] = f"{share:g}%"
    if "rate" in given:
        found = _TCCONFIG_RATE.fullmatch(str(given["rate"]))
        if found is None:
            raise sheet.file.error((*place, "rate"), f"{str(given['rate'])[:40]!r} is no rate of tcconfig")
        told.words[f"{side}-rate"] = f"{found[1]}{found[2].lower()}bit"


def _is_tcgui(given: Any) -> bool:
    first = given[0] if isinstance(given, list) and given else given
    return isinstance(first, dict) and ("id" in first or isinstance(first.get("presets"), list))


def _is_atc(given: Any) -> bool:
    content = given.get("content", given) if isinstance(given, dict) else None
    return isinstance(content, dict) and any(isinstance(content.get(way), dict) for way in ("up", "down"))


def _is_throttle_one(given: Any) -> bool:
    return (
        isinstance(given, dict)
        and bool(given)
        and set(given) <= {"up", "down", "rtt", "packetLoss", "localhost"}
    )


def _is_throttle(given: Any) -> bool:
    return _is_throttle_one(given) or (
        isinstance(given, dict) and bool(given) and all(_is_throttle_one(one) for one in given.values())
    )


def _is_tcconfig(given: Any) -> bool:
    return isinstance(given, dict) and bool(given) and all(map(_is_tcconfig_device, given.values()))


def _is_tcconfig_device(ways: Any) -> bool:
    if not isinstance(ways, dict) or not ways or not set(ways) <= {"outgoing", "incoming"}:
        return False
    return all(
        isinstance(rules, dict) and all(isinstance(one, dict) for one in rules.values())
        for rules in ways.values()
    )


_READERS: tuple[tuple[Callable[[Any], bool], Callable[[_Sheet], list[Foreign]]], ...] = (
    (_is_tcgui, _tcgui), (_is_tcconfig, _tcconfig), (_is_atc, _atc), (_is_throttle, _throttle),
)  # fmt: skip
