"""Packets of a recording."""

from __future__ import annotations

from procwire.tui.host import Frame
from procwire.tui.views.packets import dissected, hex_view
from tests.tui.driving import Driver, drive
from tests.tui.fake import Recorded


def test_the_bytes_of_a_layer_are_lit() -> None:
    lines = hex_view(bytes(range(20)), 14, 18)
    lit = ["".join(piece[0] for piece in line if piece[1] == "lit") for line in lines]
    assert lit == ["0e 0f ..", "10 11 .."]


def test_layers_have_their_ranges() -> None:
    frame = Frame(number=3, data=bytes(40), layers=(("eth", 0, 14, (("type", "ip"),)), ("ip", 14, 34, ())))
    text = "\n".join("".join(piece[0] for piece in line) for line in dissected(frame, 0, 80, ascii_only=True))
    assert "packet 3, 40 bytes" in text
    assert "0-13" in text
    assert "type=ip" in text


def test_the_packet_under_the_cursor_is_shown_marked_and_found_again() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("5", "j", "j")
        assert "── packet 3," in await driver.press("m")
        await driver.press("g")
        assert "── packet 3," in await driver.press("n")
        assert "── packet" not in await driver.press("x")

    assert drive(story, host=Recorded()) is not None


def test_a_packet_leads_to_its_flow() -> None:
    async def story(driver: Driver) -> None:
        text = await driver.press("5", "F")
        assert "filter proto == tcp and addr == 10.0.0.5 and port == 40000" in text

    assert drive(story, host=Recorded(), size=(160, 40)) is not None
