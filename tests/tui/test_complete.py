"""Completion of filters and queries."""

from __future__ import annotations

from procwire.model.host_tables import PROCESSES
from procwire.model.tables import FLOWS
from procwire.tui.complete import Offers, accepted, beginning, sql, word_at


def offered(text: str, **values: list[str]) -> list[str]:
    offers = Offers(FLOWS)
    offers.values = dict(values)
    return offers.of(text, len(text))


def test_columns_come_first_by_their_beginning() -> None:
    assert offered("serv")[0] == "server_name"
    assert "sni" in offered("sn")


def test_behind_a_column_come_what_compares() -> None:
    assert offered("bytes ") == ["==", "!=", ">", "<", ">=", "<="]
    assert offered("process ") == ["==", "!=", "~", "in"]


def test_values_are_those_that_are_there() -> None:
    assert offered("process == c", process=["curl", "cron", "sshd"]) == ["cron", "curl"]
    assert offered("sni == ", server_name=["a.example"]) == ["a.example"]


def test_nothing_is_offered_inside_quotes() -> None:
    assert offered('cmdline ~ "serv') == []


def test_joins_are_offered_behind_something() -> None:
    assert "and" in offered("process == curl a")
    assert "or" not in offered("o")


def test_an_offer_takes_the_place_of_the_word() -> None:
    assert accepted("proto == tls and ser", 20, "server_name") == ("proto == tls and server_name ", 29)
    assert word_at("a and dst.po", 12) == "dst.po"


def test_beginnings_go_before_the_rest() -> None:
    assert beginning("po", ["src_port", "port", "pod"]) == ["port", "pod", "src_port"]


def test_a_query_completes_tables_and_columns() -> None:
    tables = [FLOWS, PROCESSES]
    assert sql("select * from pro", 17, tables) == ["process"]
    assert "server_name" in sql("select serv from flow", 11, tables)
    assert "GROUP BY" in sql("select 1 from flow GR", 21, tables)
