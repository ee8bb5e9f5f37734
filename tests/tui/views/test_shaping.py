"""What is shaped: asked for against measured, put back and confirmed from the screen."""

from __future__ import annotations

from procwire.tui.views.shaping import ShapingView, compared
from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost, Recorded, shaped


def test_it_is_over_the_table_of_shaping() -> None:
    assert ShapingView.TABLE == "shaping"
    assert "procwire" in ShapingView.REMEDY


def test_a_recording_says_why_there_is_none() -> None:
    async def story(driver: Driver) -> None:
        assert "Why it does not" in await driver.press("0")
        assert "tells of no shaping" in await driver.press("s")

    app = drive(story, host=Recorded())
    assert app.view is not None
    assert app.view.NAME == "shaping"


def test_put_back_and_confirm_go_to_the_host() -> None:
    host = FakeHost()

    async def story(driver: Driver) -> None:
        await driver.press("0", "x", "C")

    drive(story, host=host)
    assert host.orders == [("clear", {"id": "a1b2c3d4"}), ("confirm", {"id": "a1b2c3d4"})]


def test_a_refusal_is_said() -> None:
    host = FakeHost()
    host.refused = {"clear"}

    async def story(driver: Driver) -> None:
        assert "clear: not here; as root" in await driver.press("0", "x")

    drive(story, host=host)
    assert [order for order, _ in host.orders] == ["clear"]


def test_asked_and_measured_stand_beside_each_other() -> None:
    flows = [{"smoothed_rtt": 201_000_000, "smoothed_rtt_before": 300_000}] * 3
    lines = [
        "".join(piece[0] for piece in line) for line in compared(shaped("egress"), flows, [None, 250_000.0])
    ]
    assert "2mbit/s" in lines[0]
    assert "2.00 Mbit/s, at most 2.00" in lines[0]
    assert "3%" in lines[1]
    assert "3.00%: 30 of 1,000 packets" in lines[1]
    assert "100ms" in lines[2]
    assert "201 ms in the middle of 3 flows; before 300 us" in lines[2]


def test_what_was_not_measured_yet_is_not_made_up() -> None:
    lines = ["".join(piece[0] for piece in line) for line in compared({"interface": "eth0 egress"}, [], [])]
    assert "not yet" in lines[0]
    assert "no packet yet" in lines[1]
    assert "no round trip was seen yet" in lines[2]


def test_the_flows_of_it_are_one_key_away() -> None:
    host = FakeHost()

    async def story(driver: Driver) -> None:
        text = await driver.press("0", "e")
        assert 'filter impairment ~ "^eth0 "' in text

    drive(story, host=host)
    assert any("impairment" in want.filter for want in host.asked)
