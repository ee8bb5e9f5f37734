"""Pages of lines."""

from __future__ import annotations

from procwire.model.tables import FLOWS
from procwire.tui.page import Frame, Line, Page

COLUMNS = [FLOWS.column(name) for name in ("process", "app", "bytes_out")]


def test_a_line_is_found_by_its_place_and_by_its_key() -> None:
    page = Page(lines=[Line(key=str(n), values={}) for n in range(5)], first=100, total=200)
    found = page.line(102)
    assert found is not None
    assert found.key == "2"
    assert page.line(99) is None
    assert page.find("4") == 104


def test_cells_have_the_widths_of_their_columns() -> None:
    frame = Frame()
    line = Line(key=1, values={"process": "curl", "app": "tls", "bytes_out": 5000})
    frame.lay(COLUMNS, [line], 60, all_of=False)
    cells = frame.cells(line)
    assert [text.strip() for text, _, _ in cells] == ["curl", "tls", "5.0 kB"]
    assert all(len(text) == width for text, width, _ in cells)


def test_a_title_stands_over_the_first_columns() -> None:
    frame = Frame()
    line = Line(key=1, values={"bytes_out": 10}, title="> curl  3 flows")
    frame.lay(COLUMNS, [line], 60, all_of=False)
    cells = frame.cells(line)
    assert cells[0][0].startswith("> curl  3 fl")
    assert cells[-1][0].strip() == "10 B"


def test_the_order_has_a_mark() -> None:
    frame = Frame()
    frame.lay(COLUMNS, [], 60, all_of=False)
    assert any("^" in text for text, _, _ in frame.headings("app", descending=False, ascii_only=True))


def test_widths_do_not_shrink_until_they_are_forgotten() -> None:
    frame = Frame()
    frame.lay(COLUMNS, [Line(key=1, values={"process": "a" * 15})], 80, all_of=False)
    before = frame.widths[0]
    frame.lay(COLUMNS, [Line(key=1, values={"process": "a"})], 80, all_of=False)
    assert frame.widths[0] == before
    frame.forget()
    frame.lay(COLUMNS, [Line(key=1, values={"process": "a"})], 80, all_of=False)
    assert frame.widths[0] < before


def test_a_column_is_found_at_a_cell() -> None:
    frame = Frame()
    frame.lay(COLUMNS, [], 60, all_of=False)
    found = frame.column_at(frame.widths[0] + 2)
    assert found is not None
    assert found.name == "app"
