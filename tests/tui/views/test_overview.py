"""Overview."""

from __future__ import annotations

from procwire.tui.history import SECOND, History
from procwire.tui.host import Health, Link
from procwire.tui.views.overview import Seen, accounted, links, painted
from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost


def said(lines: list[object]) -> str:
    return "\n".join("".join(piece[0] for piece in line) for line in lines)  # type: ignore[attr-defined]


def test_rates_come_from_the_counters() -> None:
    history = History()
    for now in (0, 1):
        history.feed(
            now * SECOND, {("eth0", "in"): now * 5000, ("eth0", "out"): 0, ("eth0", "packets"): now * 7}
        )
    text = said(list(links(Health(links=(Link(name="eth0", dropped=4),)), history, 120, ascii_only=True)))
    assert "5.0 kB/s" in text
    assert "7 pkt/s" in text
    assert "4 dropped" in text


def test_the_identity_names_what_is_unexplained() -> None:
    seen = Seen()
    seen.identity = [{"interface": "eth0", "packets": 10, "attributed": 8, "unexplained": 2}]
    lines = accounted(seen, Health(drops={"ring": 3}), 100, ascii_only=True)
    assert "10 packets, 2 unexplained: 8 attributed" in said(list(lines))
    assert "lost: ring 3" in said(list(lines))
    assert lines[1][0][1] == "warn"


def test_an_engine_without_the_identity_says_what_tries_it() -> None:
    async def story(driver: Driver) -> None:
        assert "procwire doctor --accounting" in driver.text()

    assert drive(story, host=FakeHost(tables=["flow", "group", "finding"])) is not None


def test_nothing_known_is_said() -> None:
    text = said(list(painted(Health(), History(), Seen(), (100, 30), ascii_only=True)))
    assert "no interface is watched" in text
    assert "nothing yet" in text


def test_a_click_on_a_process_shows_its_flows() -> None:
    async def story(driver: Driver) -> None:
        driver.app.action_only("process", "sshd")
        await driver.settle()
        assert 'filter process == "sshd"' in driver.text()
        assert "── interfaces" in await driver.press("escape", "escape")

    assert drive(story) is not None


def test_a_host_without_findings_says_so() -> None:
    async def story(driver: Driver) -> None:
        assert "not told by this host" in driver.text()

    assert drive(story, host=FakeHost(tables=["flow", "group"])) is not None


def test_flows_by_process_are_one_key_away() -> None:
    async def story(driver: Driver) -> None:
        assert "groups of flows by process" in await driver.press("z")

    assert drive(story) is not None
