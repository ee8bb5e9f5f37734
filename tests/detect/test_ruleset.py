from __future__ import annotations

import random
from typing import Any

import msgspec

from procwire.detect.needs import of_filter
from procwire.detect.rule import Rule, described
from procwire.detect.ruleset import RuleSet
from procwire.dpi.protocols.dns import DnsQuery
from procwire.model.filter import compile_filter
from procwire.model.finding import Finding
from procwire.model.lives import LifeRow
from procwire.model.observed import ObservationRow
from procwire.model.rows import FlowRow
from procwire.model.streams import Direction
from procwire.model.tables import FLOWS
from tests.detect.made import START, flow, process
from tests.detect.test_rule import TABLES


def rule(match: str, fires: dict[str, Any], silent: dict[str, Any], **more: Any) -> Rule:
    tests = {"fires": [fires], "silent": [silent]}
    values = {"id": "one", "title": "One", "severity": "low", "match": match, "tests": tests} | more
    return described(values, TABLES)


PORT = rule("dst_port == 443", {"dst_port": 443}, {"dst_port": 80})


def ended(rules: list[Rule], flows: list[Any]) -> list[Finding]:
    ruleset = RuleSet(rules, TABLES)
    return [found for one in flows for found in ruleset.ended(FlowRow(one), one.first)]


def test_a_match_is_told_once_for_who_and_where() -> None:
    found = ended([PORT], [flow(at=at, owner=process("/usr/bin/curl")) for at in range(5)])
    assert [(one.detector, one.process, one.port) for one in found] == [("one", "curl", 443)]
    assert len(ended([PORT], [flow(at=at * 4000) for at in range(3)])) == 3


def test_rows_of_a_protocol() -> None:
    onion = rule("query contains onion", {"query": "a.onion"}, {"query": "a.com"}, table="dns")
    query = DnsQuery(
        time=0, side=Direction.OUT, ident=1, opcode="query", query="x.onion", query_type="A",
        query_class="in", size_bytes=9,
    )  # fmt: skip
    ruleset = RuleSet([onion], TABLES)
    (found,) = ruleset.observed(ObservationRow(flow(port=53), query), START)
    assert found.port == 53
    assert list(ruleset.ended(FlowRow(flow()), START)) == []


def test_several_rows_within_a_span() -> None:
    counted = rule("dst_port == 443", {"dst_port": 443}, {"dst_port": 80}, dedup=["src"], quiet="1s",
                   count={"least": 3, "over": "10s", "by": ["src"]})  # fmt: skip
    assert [one.count for one in ended([counted], [flow(at=at) for at in range(7)])] == [3, 3]
    assert ended([counted], [flow(at=at * 8) for at in range(7)]) == []
    mixed = [flow(at=at, src=f"10.0.0.{at}") for at in range(7)]
    assert ended([counted], mixed) == []


def test_what_is_suppressed_or_disabled_is_silent() -> None:
    quiet = rule("dst_port == 443", {"dst_port": 443}, {"dst_port": 80}, suppress=["src == 10.0.0.5"])
    assert ended([quiet], [flow()]) == []
    assert ended([msgspec.structs.replace(PORT, state="disabled")], [flow()]) == []


def test_one_that_fails_is_stopped_and_the_others_go_on() -> None:
    def fails(_: Any) -> bool:
        raise KeyError("x")

    keep = msgspec.structs.replace(compile_filter("dst_port == 443", FLOWS), matches=fails)
    broken = msgspec.structs.replace(PORT, id="broken", keep=keep)
    ruleset = RuleSet([broken, PORT], TABLES)
    assert [one.detector for one in ruleset.ended(FlowRow(flow()), START)] == ["one"]
    assert ruleset.stopped == {"broken": "KeyError: 'x'"}


def test_looking_up_finds_what_asking_each_finds() -> None:
    draw = random.Random(4)
    texts = [
        "dst_port == {}", "dst_port in {{{}, 22}}", "app == tls and dst_port == {}", "bytes_out > {}",
        "risks == a{} and dst_port > 3", "risks in {{a1, a{}}}", "not dst_port == {}",
        "app == a{} or app == http", "risks contains a{}", "app ~ a{}", "src contains 0.{}",
        "app contains tls or risks contains a{}", "app ~ '^(tls|a{})$'",
    ]  # fmt: skip
    rules = []
    for number in range(60):
        text = draw.choice(texts).format(draw.randint(0, 9))
        keep = compile_filter(text, FLOWS, now=0)
        needs = of_filter(keep.tree, FLOWS)
        rules.append(msgspec.structs.replace(PORT, id=f"r{number}", match=text, keep=keep, needs=needs))
    for number in range(200):
        risks = tuple(f"a{draw.randint(0, 9)}" for _ in range(draw.randint(0, 3)))
        app = draw.choice(["tls", "http", "a3", "unknown"])
        one = flow(port=draw.randint(0, 9), app=app, bytes_out=number % 10, facts={"risks": risks})
        wanted = sorted(made.id for made in rules if made.keep and made.keep.matches(FlowRow(one)))
        assert sorted(found.detector for found in ended(rules, [one])) == wanted


def test_a_process_that_is_started() -> None:
    fires = {"action": "exec", "exe": "/tmp/x", "cmdline": "/tmp/x -q"}
    query = "SELECT * FROM process_event WHERE action = 'exec' AND exe LIKE '/tmp/%'"
    tests = {"fires": [fires], "silent": [fires | {"action": "exit"}]}
    values = {"id": "tmp", "title": "From tmp", "severity": "low", "sql": query, "tests": tests}
    ruleset = RuleSet([described(values, TABLES)], TABLES)
    row = LifeRow(time=START, action="exec", pid=7, exe="/tmp/x", cmdline="/tmp/x -q", ancestors=("sh:1",))
    (found,) = ruleset.lived(row, START)
    assert (found.pid, found.exe, found.ancestors, found.rows) == (
        7, "/tmp/x", ("sh:1",), (f"process_event:{START}",),
    )  # fmt: skip
    assert found.detail == "From tmp: /tmp/x -q"
    assert list(ruleset.lived(row, START + 1)) == []
    assert list(RuleSet(ruleset.rules, TABLES, before=ruleset).lived(row, START + 2)) == []
    assert ruleset.tables == {"process_event"}
