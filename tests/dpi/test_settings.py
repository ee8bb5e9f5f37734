"""What observations write to their flow."""

from __future__ import annotations

from typing import Annotated, Any

from procwire.dpi.settings import settle, state
from procwire.model.observation import Observation, says
from procwire.model.streams import Direction
from tests.dpi.flows import flow


class Hello(Observation, kw_only=True):
    """A greeting."""

    TABLE = "hello"
    SETS = {"server_name": "name", "ja4": "mark", "mood": "mood"}  # noqa: RUF012
    NAME_SOURCE = "sni"
    RISKS = {"rude": "malformed-message", "mark": "tls-ech"}  # noqa: RUF012
    rude: Annotated[bool, says("Rude.")] = False
    name: Annotated[str, says("Name.")] = ""
    mark: Annotated[str, says("Mark.")] = ""
    mood: Annotated[str | None, says("Mood.")] = None


def hello(**fields: Any) -> Hello:
    return Hello(time=1, side=Direction.OUT, **fields)


def test_first_value_stays() -> None:
    one = flow()
    settle(one, hello(mark="", mood=""))
    assert (one.ja4, one.facts) == ("", {})
    settle(one, hello(name="a", mark="m", mood="good"))
    settle(one, hello(name="b", mark="n", mood="bad"))
    assert (one.server_name, one.server_name_source, one.ja4, one.facts) == (
        "a",
        "sni",
        "m",
        {"mood": "good", "risks": ("tls-ech",)},
    )


def test_learned_name_gives_way() -> None:
    one = flow()
    one.server_name, one.server_name_source = "learned", "dns-answer"
    one.facts["name_age"] = 5
    settle(one, hello())
    assert (one.server_name, one.facts) == ("learned", {"name_age": 5})
    settle(one, hello(name="said"))
    assert one.facts == {}
    assert (one.server_name, one.server_name_source) == ("said", "sni")


def test_risks_are_gathered_once() -> None:
    one = flow()
    settle(one, hello())
    assert "risks" not in one.facts
    settle(one, hello(rude=True))
    settle(one, hello(rude=True, mark="m"))
    assert one.facts["risks"] == ("malformed-message", "tls-ech")


def test_credentials_within_encryption_are_not_in_clear() -> None:
    one, sealed = flow(), flow()
    sealed.facts["via"] = "http.tls"
    for each in (one, sealed):
        state(each, "cleartext-credentials")
    assert one.facts["risks"] == ("cleartext-credentials",)
    assert "risks" not in sealed.facts
