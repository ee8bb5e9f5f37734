"""Conditions over selections, and where log sources are found."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.extensions.sigma.condition import sql_of
from procwire.extensions.sigma.detection import source_of
from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.translation import meant
from tests.detect.test_rule import TABLES
from tests.extensions.sigma.sigma import rule

NAMED = {
    "sel_a": {"Image": "a"}, "sel_b": {"Image": "b"}, "filter": {"User": "u"}, "_off": {"Image": "off"},
    "both": [{"Image": "c"}, {"Image": "d"}], "keywords": ["x", "y"],
}  # fmt: skip
A, B, U = "exe LIKE 'a'", "exe LIKE 'b'", "user LIKE 'u'"


def condition(text: Any) -> str:
    made = meant(rule({**NAMED, "condition": text}), TABLES)
    return sql_of(made.node).removeprefix("(action = 'exec' AND ").removesuffix(")")


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("sel_a", A),
        ("sel_a and sel_b", f"({A} AND {B})"),
        ("sel_a or sel_b and filter", f"({A} OR ({B} AND {U}))"),
        ("(sel_a or sel_b) and not filter", f"(({A} OR {B}) AND NOT coalesce({U}, 0))"),
        ("not (sel_a or sel_b)", f"NOT coalesce(({A} OR {B}), 0)"),
        ("1 of sel_*", f"({A} OR {B})"),
        ("all of sel_*", f"({A} AND {B})"),
        ("any of sel_* AND NOT 1 of filter*", f"(({A} OR {B}) AND NOT coalesce({U}, 0))"),
        ("2 of sel_*", f"(({A} AND {B}))"),
        ("both", "(exe LIKE 'c' OR exe LIKE 'd')"),
        (["sel_a", "sel_b"], f"({A} OR {B})"),
    ],
)
def test_conditions(text: Any, sql: str) -> None:
    assert condition(text).replace("((", "(").replace("))", ")") == sql.replace("((", "(").replace("))", ")")


def test_them_leaves_out_what_begins_with_an_underscore() -> None:
    assert "off" not in condition("1 of them")
    assert "cmdline LIKE '%x%'" in condition("keywords")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "no selection is called"), ("sel_a and", "ends too early"), ("(sel_a", "ends too early"),
        ("(sel_a sel_b)", "not closed"), ("sel_a sel_b", "does not end"), ("1 of x*", "no selection fits"),
        ("9 of sel_*", "1, any, all or a number"), ("sel_a | count() > 5", "old Sigma"),
        ("not " * 500 + "sel_a", "nested too deeply"),
    ],
)  # fmt: skip
def test_what_is_no_condition(text: str, words: str) -> None:
    with pytest.raises(SigmaError, match=words):
        condition(text)


def test_log_sources() -> None:
    assert source_of({"category": "dns"}).table == "dns"
    assert source_of({"product": "zeek", "service": "rdp"}).base == "app = 'rdp'"
    assert source_of({"category": "process_creation"}).table == "process_event"
    for source, words in (
        ({"product": "windows", "category": "process_creation"}, "for windows"),
        ({"product": "windows", "category": "dns_query"}, "for windows"),
        ({"product": "linux", "service": "sshd"}, "what a service writes into its own log"),
        ({"product": "linux", "category": "file_event"}, "files that are opened or written"),
        ({"product": "cisco", "service": "aaa"}, "the log of a network device"),
        ({"product": "linux", "service": "nonsense"}, "no table holds its logs"),
        ({}, "log source nothing"),
    ):
        with pytest.raises(SigmaError, match=words):
            source_of(source)


def test_what_is_seen_of_auditd_firewalls_and_all_of_linux() -> None:
    audit = {"product": "linux", "service": "auditd"}
    made = meant(rule({"selection": {"type": "SYSCALL", "SYSCALL": "execve", "euid": 33}}, audit), TABLES)
    assert "uid = 33" in made.sql
    assert made.reading.left_out == ()
    made = meant(rule({"selection": {"type": "SYSCALL", "comm": "split"}}, audit), TABLES)
    assert "only execve" in made.reading.left_out[0]
    two = {"a": {"type": "PATH", "name": "/etc/issue"}, "b": {"type": "EXECVE", "a0": "uname"}}
    made = meant(rule({**two, "condition": "1 of them"}, audit), TABLES)
    assert made.reading.left_out == ("files that are opened or written are not watched",)
    assert "LIKE 'uname'" in made.sql
    for selection, words in (
        ({"type": "SYSCALL", "SYSCALL": "personality", "a0": 40000}, "only execve"),
        ({"type": "SYSCALL", "a0": "tar"}, "arguments of system calls"),
        ({"type": "SERVICE_STOP", "unit": "ufw"}, "services that are started"),
        ({"key": "x"}, "auditd's own configuration"),
    ):
        with pytest.raises(SigmaError, match=words):
            meant(rule({"selection": selection}, audit), TABLES)
    with pytest.raises(SigmaError, match="not watched"):  # an exception that cannot be seen
        meant(rule({**two, "condition": "b and not a"}, audit), TABLES)
    made = meant(rule({"selection": ["history -c"]}, {"product": "linux"}), TABLES)
    assert made.reading.left_out == (
        "of all that Linux logs, the command lines of programs that are started are seen here",
    )
    firewall = {"selection": {"dst_port": 23, "action": ["accept", "deny"]}}
    made = meant(rule(firewall, {"category": "firewall"}), TABLES)
    assert "packets_in > 0" in made.sql
    assert made.reading.left_out
