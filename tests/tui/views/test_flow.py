"""One flow."""

from __future__ import annotations

from procwire.tui.host import Said, Sheet
from procwire.tui.views.flow import MAX_BYTES, conversation, facts, hex_lines
from tests.tui.driving import Driver, drive
from tests.tui.fake import TABLES, FakeHost, flow


def said(lines: list[object]) -> str:
    return "\n".join("".join(piece[0] for piece in line) for line in lines)  # type: ignore[attr-defined]


def test_facts_say_who_what_and_when() -> None:
    row = flow(0)
    seen = (("http", {"time": row["start"] + 5_000_000, "side": "out", "method": "GET"}),)
    text = said(list(facts(Sheet(flow=row, seen=seen), (), TABLES, 120, ascii_only=True)))
    assert "10.0.0.1:32768 -> 192.0.2.1:443" in text
    assert "owner_source" in text
    assert "+5.0 ms" in text
    assert "method=GET" in text


def test_a_guess_is_not_shown_as_a_fact() -> None:
    assert "tls?" in said(
        list(facts(Sheet(flow=flow(0) | {"app_confidence": "port-guess"}), (), TABLES, 80, ascii_only=True))
    )


def test_a_conversation_is_safe_on_a_terminal() -> None:
    text = said(list(conversation([Said(side="in", data=b"\x1b[2Jhi")], 80, as_hex=False)))
    assert "\x1b" not in text
    assert "hi" in text


def test_a_long_conversation_is_cut_and_says_so() -> None:
    text = said(list(conversation([Said(side="out", data=b"x" * (MAX_BYTES + 1))], 80, as_hex=True)))
    assert "cut after" in text


def test_hex_has_offsets_and_text() -> None:
    assert (
        said(list(hex_lines(b"GET / HTTP/1.1\r\n\r\n", "out"))).splitlines()[1].startswith("   000010  0d 0a")
    )


def test_follow_and_back() -> None:
    async def story(driver: Driver) -> None:
        assert "GET / HTTP/1.1" in await driver.press("2", "enter", "F")
        assert "47 45 54" in await driver.press("x")
        assert "what happened" in await driver.press("escape")
        assert "60 flows" in await driver.press("escape")

    assert drive(story, size=(120, 50)) is not None


def test_a_flow_that_is_gone_is_said() -> None:
    host = FakeHost(5)

    async def story(driver: Driver) -> None:
        await driver.press("2")
        host.data["flow"].clear()
        assert "not known any more" in await driver.press("enter")

    assert drive(story, host=host) is not None


def test_a_live_flow_is_charted_since_it_is_looked_at() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2", "enter")
        await driver.look(2)
        text = driver.text()
        assert "since it is looked at" in text
        assert "round trip" in text

    assert drive(story, size=(120, 50)) is not None


def test_certificates_stand_on_their_own_and_events_do_not_repeat_the_flow() -> None:
    row = flow(0)
    shown = {"time": row["start"], "side": "in", "src": row["src"], "subject": "CN=www.example.com"}
    text = said(
        list(facts(Sheet(flow=row, seen=(("tls_certificate", shown),)), (), TABLES, 120, ascii_only=True))
    )
    assert "certificate 1 of 1" in text
    assert "CN=www.example.com" in text
    assert "src=" not in text
