"""The names of risks: sound, and each said once."""

from __future__ import annotations

import re

from procwire.model import risks
from procwire.model.risks import NAMES, RISKS


def test_each_has_a_name_of_its_own_and_one_sentence() -> None:
    assert len(NAMES) == len(RISKS)
    for risk in RISKS:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", risk.name)
        assert risk.doc[0].isupper()
        assert risk.doc.endswith(".")
        assert ". " not in risk.doc


def test_names_that_code_uses_are_declared() -> None:
    used = {value for name, value in vars(risks).items() if name.isupper() and isinstance(value, str)}
    assert used <= NAMES
    assert risks.UNUSUAL_PORT in used
