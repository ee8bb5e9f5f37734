from __future__ import annotations

from procwire.cli import exit


def test_the_codes_are_those_of_the_manual_page() -> None:
    from procwire.cli._manual import EXIT_STATUS

    codes = (exit.OK, exit.FAILURE, exit.USAGE, exit.PERMISSION, exit.INCOMPLETE)
    assert [int(code) for code, _ in EXIT_STATUS] == list(codes) == [0, 1, 2, 3, 4]
    assert "incomplete" in EXIT_STATUS[4][1].lower()
