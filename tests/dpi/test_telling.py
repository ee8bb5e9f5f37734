"""What is handed on, to whom."""

from __future__ import annotations

from typing import Any

from procwire.dpi.expected import Expected
from procwire.dpi.protocols.dns import DnsQuery, DnsResponse
from procwire.dpi.registry import registry
from procwire.dpi.telling import Telling
from procwire.model.observation import Announced, Carried, Enclosed, Observation, Upgraded
from procwire.model.streams import Direction
from tests.dpi.flows import flow

OUT, IN = Direction.OUT, Direction.IN
QUERY = bytes.fromhex("0000010000010000000000000377777707657861 6d706c6503636f6d0000010001".replace(" ", ""))
SAID = Announced(time=5, side=OUT, app="rtp", transport="udp", port=5004)


class Quiet(Observation, kw_only=True):
    """Nothing but a fact."""


def telling(*, told: bool, announced: Any = None) -> tuple[Any, list[Any], Expected]:
    seen: list[Any] = []
    expected = Expected()
    return (
        Telling(
            lambda _, one: seen.append(type(one)),
            registry(),
            told,
            expected,
            named=False,
            announced=announced,
        ),
        seen,
        expected,
    )


def test_an_upgrade_is_answered_with_its_hint() -> None:
    made, seen, _ = telling(told=True)
    assert made.tell(flow(), [Upgraded(time=1, side=OUT, hint="tls")], 1) == "tls"
    assert made.tell(flow(), [Carried(time=1, side=OUT, app="http", inside="")], 1) is None
    assert seen == [Upgraded, Carried]


def test_where_nobody_reads_only_what_has_a_table_goes_on() -> None:
    for told, wanted in ((True, [Quiet]), (False, [])):
        made, seen, _ = telling(told=told)
        made.tell(flow(), [Quiet(time=1, side=OUT)], 1)
        assert seen == wanted


def test_an_announcement_is_expected_here_and_told_to_others() -> None:
    events: list[Any] = []
    made, seen, expected = telling(told=False, announced=lambda now, one: events.append((now, one.port)))
    made.tell(flow(), [SAID], 7)
    assert (len(expected), events, seen) == (1, [(7, 5004)], [Announced])


def test_an_enclosed_message_is_told_as_what_it_is() -> None:
    made, seen, _ = telling(told=True)
    readers: dict[str, Any] = {}
    answer = QUERY[:2] + b"\x81\x80" + QUERY[4:]
    for side, data in ((OUT, QUERY), (OUT, b"junk"), (IN, answer)):
        made.tell(flow(), [Enclosed(time=1, side=side, hint="dns", data=data, readers=readers)], 1)
    made.tell(flow(), [Enclosed(time=1, side=OUT, hint="nobody", data=b"x", readers=readers)], 1)
    assert seen == [DnsQuery, DnsResponse]
    assert list(readers) == ["dns"]
