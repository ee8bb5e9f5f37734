"""Values as cells."""

from __future__ import annotations

import pytest

from procwire.model.finding import FINDINGS
from procwire.model.tables import FLOWS, INTERFACES
from procwire.tui import cells


def test_a_guess_is_marked_as_one() -> None:
    app = FLOWS.column("app")
    assert cells.mark(app, "tls", {"app_confidence": "port-guess"}) == "tls?"
    assert cells.mark(app, "tls", {"app_confidence": "content"}) == "tls"
    assert cells.mark(FLOWS.column("process"), "curl", {"owner_confidence": "recently-closed"}) == "curl?"


def test_a_missing_owner_has_a_sign_and_other_gaps_are_empty() -> None:
    assert cells.words(FLOWS.column("process"), None) == "-"
    assert cells.words(FLOWS.column("server_name"), None) == ""


def test_settings_are_not_rounded() -> None:
    assert cells.words(INTERFACES.column("mtu"), 1500) == "1500"
    assert cells.words(FLOWS.column("bytes"), 1500) == "1.5 kB"


def test_hostile_text_is_made_safe() -> None:
    assert "\x1b" not in cells.words(FLOWS.column("server_name"), "\x1b[2Jx")


@pytest.mark.parametrize(
    ("text", "width", "right", "found"),
    [("abc", 5, False, "abc  "), ("abc", 5, True, "  abc"), ("abcdef", 4, False, "abc…"),
     ("日本語", 4, False, "日 …"),
     ("abc", 0, False, "")],
)  # fmt: skip
def test_a_text_has_exactly_its_width(text: str, width: int, right: bool, found: str) -> None:
    assert cells.fit(text, width, right=right) == found


def test_roles_follow_meaning() -> None:
    severity = FINDINGS.column("severity")
    assert cells.role(severity, "critical", {}) == "bad"
    assert cells.role(FLOWS.column("bytes_in"), 5, {}) == "in"
    assert cells.role(FLOWS.column("server_name"), None, {}) == "dim"
    assert cells.role(FLOWS.column("retransmissions"), 3, {}) == "warn"


def test_a_column_is_as_wide_as_its_widest_cell_up_to_a_bound() -> None:
    name = FLOWS.column("server_name")
    assert cells.wanted(name, ["x" * 30]) == 30
    assert cells.wanted(name, ["x" * 300]) == cells.WIDEST
