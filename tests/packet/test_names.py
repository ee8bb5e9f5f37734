"""The tables of names, and the numbers that the compiled modules share."""

from __future__ import annotations

import re
from pathlib import Path

from procwire.model import frames, packets
from procwire.packet import _codes, _names


def numbers(path: Path) -> dict[str, int]:
    return {
        name: int(value)
        for name, value in re.findall(r"^ *([A-Z]\w*) = (\d+)$", path.read_text(), re.MULTILINE)
    }


def test_the_c_twin_has_the_same_names_and_numbers() -> None:
    source = Path(_codes.__file__)
    assert numbers(source) == numbers(source.with_suffix(".pxd"))
    assert len(numbers(source)) > 100


def test_marks_and_flags_are_those_of_the_model() -> None:
    for name, value in vars(_codes).items():
        if name.startswith("MARK_"):
            assert getattr(packets, name.removeprefix("MARK_")) == value
    for name in ("INBOUND", "OUTBOUND", "FOREIGN"):
        assert getattr(frames, name) == getattr(_codes, name)


def test_no_code_is_given_twice() -> None:
    for prefix in ("LAYER_", "STEP_", "FAULT_", "PROTO_"):
        values = [value for name, value in vars(_codes).items() if name.startswith(prefix)]
        assert len(values) == len(set(values))


def test_names_are_lower_case_and_differ() -> None:
    for table in (_names.ETHERTYPES, _names.PROTOCOLS, _names.LAYERS):
        words = list(table.values())
        assert len(words) == len(set(words))
        assert all(word == word.lower() and " " not in word for word in words)
