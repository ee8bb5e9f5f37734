"""One packet taken apart on the screen."""

from __future__ import annotations

from procwire.model.dissected import Field, Layer
from procwire.tui.dissected import Dissected, byte_at, hex_view, smallest, told, tree
from procwire.tui.host import Frame
from tests.tui.driving import Driver, drive
from tests.tui.fake import Recorded

FRAME = Frame(
    number=3,
    data=bytes(range(48)),
    layers=(
        Layer("eth", 0, 14, "a > b", (Field("type", 12, 14, "0x0800 ip"),)),
        Layer(
            "dns",
            14,
            40,
            "query",
            (Field("question", 20, 30, "A x"), Field("type", 26, 28, "A", 1)),
            "cut short",
        ),
    ),
)  # fmt: skip


def text_of(frame: Frame, place: tuple[int, int]) -> list[str]:
    return ["".join(piece[0] for piece in ink).rstrip() for _, ink in tree(frame, place)]


def test_the_bytes_of_a_layer_are_lit() -> None:
    lines = hex_view(bytes(range(20)), 14, 18)
    lit = ["".join(piece[0] for piece in line if piece[1] == "lit") for line in lines]
    assert lit == ["0e 0f ..", "10 11 .."]


def test_the_chosen_layer_is_open_and_the_others_a_line() -> None:
    assert text_of(FRAME, (1, -1)) == [
        " eth      0-13      a > b", " dns      14-39     cut short  query", "   question 20-29 A x",
        "     type 26-27 A",
    ]  # fmt: skip
    assert text_of(FRAME, (0, 0))[1] == "   type 12-13 0x0800 ip"


def test_a_byte_belongs_to_the_smallest_part() -> None:
    assert smallest(FRAME, 27) == (1, 1)
    assert smallest(FRAME, 21) == (1, 0)
    assert smallest(FRAME, 39) == (1, -1)
    assert smallest(FRAME, 45) is None
    assert (byte_at(9, 0), byte_at(12, 1), byte_at(58, 1), byte_at(57, 0), byte_at(2, 0)) == (
        0,
        17,
        16,
        -1,
        -1,
    )


def test_in_words_everything_is_said() -> None:
    assert told(FRAME) == [
        "packet 3, 48 bytes", "eth, bytes 0-13: a > b", "  type, bytes 12-13: 0x0800 ip",
        "dns, bytes 14-39: query", "  cut short", "  question, bytes 20-29: A x", "    type, bytes 26-27: A",
    ]  # fmt: skip


def pane(driver: Driver) -> Dissected:
    return driver.app.query_one(Dissected)


def test_keys_go_from_field_to_field_and_the_choice_stays_with_the_next_packet() -> None:
    seen = []

    async def story(driver: Driver) -> None:
        await driver.press("5", "L")
        seen.append((pane(driver).place, pane(driver).lit()))
        await driver.press("L", "J", "J")
        seen.append((pane(driver).place, pane(driver).lit()))
        await driver.press("j")
        seen.append((pane(driver).place, pane(driver).lit()))
        await driver.press("K", "K", "K")
        seen.append((pane(driver).place, pane(driver).lit()))

    drive(story, host=Recorded())
    assert seen == [((0, -1), (0, 14)), ((1, 1), (26, 30)), ((1, 1), (26, 30)), ((0, 0), (12, 14))]


def test_a_click_chooses_a_field_or_the_one_of_a_byte() -> None:
    seen = []

    async def story(driver: Driver) -> None:
        await driver.press("5")
        shown = pane(driver)
        column, line = shown._split
        await driver.pilot.click(Dissected, offset=(3, 2))
        seen.append(shown.place)
        column, line = shown._split
        await driver.pilot.click(Dissected, offset=(column + 9 + 3 * 12, line))
        seen.append(shown.place)

    drive(story, host=Recorded(), size=(160, 50))
    assert seen == [(1, -1), (0, 0)]


def test_both_sizes_show_fields_and_lit_bytes_at_once() -> None:
    for size in ((80, 24), (160, 50)):
        seen = []

        async def story(driver: Driver) -> None:
            seen.append(await driver.press("5", "z"))  # noqa: B023

        drive(story, host=Recorded(), size=size)
        assert "record: 517 bytes announced, 16 of them here" in seen[0]
        assert "000030  " in seen[0]
        assert "type 54 23 application data" in seen[0]
