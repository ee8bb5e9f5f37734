"""Names learned from DNS answers."""

from __future__ import annotations

from typing import Any

from procwire.dpi.names import GRACE_NS, NameBook, is_answer
from procwire.dpi.protocols.dns import DnsQuery, DnsResponse
from procwire.model.observation import Upgraded
from procwire.model.streams import Direction
from tests.dpi.flows import flow

CLIENT = "198.51.100.1"
SECOND = 10**9


def answer(name: str = "www.example.com", *addresses: str, at: int = 0, **more: Any) -> DnsResponse:
    fields: dict[str, Any] = {"rcode": "NOERROR", "ttl": 60, "aliases": ()} | more
    return DnsResponse(
        time=at, side=Direction.IN, ident=1, opcode="query", query=name, query_type="A", query_class="IN",
        size_bytes=1, addresses=addresses, **fields,
    )  # fmt: skip


def test_later_flow_is_labelled_with_its_age() -> None:
    book, one = NameBook(), flow()
    book.learn(answer("www.example.com", "192.0.2.1"), CLIENT)
    assert book.label(one, 5 * SECOND)
    assert (one.server_name, one.server_name_source) == ("www.example.com", "dns-answer")
    assert one.facts["name_age"] == 5 * SECOND


def test_a_name_of_its_own_stays() -> None:
    book, one = NameBook(), flow()
    book.learn(answer("www.example.com", "192.0.2.1"), CLIENT)
    one.server_name, one.server_name_source = "sni.example", "sni"
    assert not book.label(one, 5)
    assert one.server_name == "sni.example"


def test_a_name_is_not_used_before_or_long_after() -> None:
    book = NameBook()
    book.learn(answer("a.org", "192.0.2.1", at=100), CLIENT)
    assert book.name("192.0.2.1", CLIENT, 99) is None
    last = 100 + 60 * SECOND + GRACE_NS
    assert book.name("192.0.2.1", CLIENT, last) is not None
    assert book.name("192.0.2.1", CLIENT, last + 1) is None


def test_the_clients_own_answer_comes_first() -> None:
    book = NameBook()
    book.learn(answer("mine.org", "192.0.2.1", at=1), CLIENT)
    book.learn(answer("theirs.org", "192.0.2.1", at=2), "198.51.100.9")
    mine, other = book.name("192.0.2.1", CLIENT, 3), book.name("192.0.2.1", "198.51.100.8", 3)
    assert mine is not None
    assert other is not None
    assert (mine.name, other.name) == ("mine.org", "theirs.org")


def test_alias_that_is_asked_for_apart() -> None:
    book = NameBook()
    book.learn(answer("www.example.com", aliases=("edge.example.net",)), CLIENT)
    book.learn(answer("edge.example.net", "192.0.2.1", at=1), CLIENT)
    found = book.name("192.0.2.1", CLIENT, 2)
    assert found is not None
    assert found.name == "www.example.com"


def test_errors_teach_nothing() -> None:
    book = NameBook()
    book.learn(answer("a.org", "192.0.2.1", rcode="NXDOMAIN"), CLIENT)
    assert len(book) == 0


def test_bounded_and_counted() -> None:
    book = NameBook(limit=10)
    for number in range(20):
        book.learn(answer("a.org", f"192.0.2.{number}"), CLIENT)
    assert len(book) == 10
    assert book.forgotten == 30
    assert book.name("192.0.2.0", CLIENT, 1) is None
    assert book.name("192.0.2.19", CLIENT, 1) is not None


def test_reversed_flow_whose_start_was_not_seen() -> None:
    book = NameBook()
    book.learn(answer("a.org", CLIENT), "192.0.2.1")
    seen, unseen = flow(), flow(opener_seen=False)
    assert not book.label(seen, 1)
    assert book.label(unseen, 1)


def test_names_are_learned_from_answers_alone() -> None:
    query = DnsQuery(
        time=1, side=Direction.OUT, ident=1, opcode="query", query="a.org", query_type="A",
        query_class="IN", size_bytes=1,
    )  # fmt: skip
    assert is_answer(answer("a.org"))
    assert not is_answer(query)
    assert not is_answer(Upgraded(time=1, side=Direction.OUT, hint="dns"))
