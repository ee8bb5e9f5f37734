"""Painted lines: only those that changed are drawn again; they scroll."""

from __future__ import annotations

from procwire.tui.canvas import Canvas, rule
from tests.tui.driving import Driver, drive


def test_only_changed_lines_are_drawn_again() -> None:
    counts: list[int] = []

    async def story(driver: Driver) -> None:
        canvas = driver.app.query_one("#body Canvas", Canvas)
        lines = [((f"line {number}", "text"),) for number in range(5)]
        canvas.draw(lines)
        counts.append(canvas.draw(lines))
        counts.append(canvas.draw([*lines[:4], (("other", "bad"),)]))

    drive(story)
    assert counts == [0, 1]


def test_it_scrolls_within_its_lines() -> None:
    async def story(driver: Driver) -> None:
        canvas = driver.app.query_one("#body Canvas", Canvas)
        canvas.draw([((f"line {number}", "text"),) for number in range(100)])
        canvas.focus()
        assert "line 99" in await driver.press("G")
        assert "line 0" in await driver.press("g")
        await driver.press("ctrl+d", "j", "k")
        assert canvas.top == canvas.size.height // 2

    assert drive(story) is not None


def test_a_rule_fills_the_line() -> None:
    assert len("".join(piece[0] for piece in rule("owner", 40, ascii_only=True))) == 40
