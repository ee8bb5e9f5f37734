"""What observations write to their flow."""

from __future__ import annotations

from typing import Annotated

from procwire.dpi.settings import settle
from procwire.model.observation import Observation, says
from procwire.model.streams import Direction
from tests.dpi.flows import flow


class Hello(Observation, kw_only=True):
    """A greeting."""

    TABLE = "hello"
    SETS = {"server_name": "name", "ja4": "mark", "mood": "mood"}  # noqa: RUF012
    NAME_SOURCE = "sni"
    name: Annotated[str, says("Name.")] = ""
    mark: Annotated[str, says("Mark.")] = ""
    mood: Annotated[str | None, says("Mood.")] = None


def hello(**fields: str) -> Hello:
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
        {"mood": "good"},
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
