"""Every modifier: what it matches, what it does not, and what is refused by name."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from procwire.detect.single import single
from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.translation import meant, proofs
from procwire.model.columns import Table
from tests.detect.test_rule import TABLES
from tests.extensions.sigma.sigma import rule

NETWORK = {"product": "linux", "category": "network_connection"}


def written(table: Table) -> Table:
    columns = [
        msgspec.structs.replace(column, get=lambda row, name=column.name: row.get(name)) for column in table
    ]
    return msgspec.structs.replace(table, columns=tuple(columns))


def matches(selection: Any, row: dict[str, Any], logsource: dict[str, str] | None = None) -> bool:
    made = meant(
        rule({"selection": selection}, logsource), TABLES, placeholders={"Servers": ["srv1", "srv2"]}
    )
    table = TABLES[made.table]
    return single(made.sql, {made.table: written(table)}).matches({"action": "exec", **row})


NIGHT = 1_767_323_045 * 10**9  # 2026-01-02T03:04:05Z, a Friday of the first week
COMMAND = [
    ("CommandLine", "curl -x", "CURL -X", "curl -xx"),
    ("CommandLine", "curl*x?", "curl abc xy", "curl abc x"),
    ("CommandLine", "a\\*b", "A*B", "axb"),
    ("CommandLine", "100%_", "100%_", "100ab"),
    ("CommandLine|contains", "é", "xÉx", "xex"),
    ("CommandLine|contains", "{}", "find -exec {} x", "find -exec x"),
    ("CommandLine|contains", "it's", "it's me", "its me"),
    ("CommandLine|startswith", "curl", "Curl -s", "a curl"),
    ("CommandLine|endswith", ".sh", "run.SH", "run.sh x"),
    ("CommandLine|contains|all", ["-a", "-b"], "x -b -a", "x -b"),
    ("CommandLine|contains", ["-a", "-b"], "x -b", "x -c"),
    ("CommandLine|contains|cased", "AbC", "xAbCx", "xabcx"),
    ("CommandLine|startswith|cased", "A%", "A%b", "Axb"),
    ("CommandLine|re", "cu.l\\s+-[a-z]", "x curl  -q", "x CURL -q"),
    ("CommandLine|re|i", "^cu.l", "CURL", "a curl"),
    ("CommandLine|re|i|s", "^cu.+l$", "CU\nL", "CU"),
    ("CommandLine|re|m", "^b$", "a\nb", "a b"),
    ("CommandLine|base64|contains", "foobar", "echo Zm9vYmFy | sh", "echo zm9vymfy | sh"),
    ("CommandLine|base64offset|contains", "foobar", "x IGZvb2Jhc", "x foobar"),
    ("CommandLine|base64offset|contains", "foobar", "x Zm9vYmFy", "x Zm9"),
    ("CommandLine|wide|base64offset|contains", "ab", "x YQBiA", "x YWI"),
    ("CommandLine|utf16be|base64|contains", "ab", "x AGEAYg==", "x YWI="),
    ("CommandLine|utf16|base64|contains", "a", "x //5hAA==", "x YQ=="),
    ("CommandLine|windash|contains", " -enc ", "p /enc x", "p +enc x"),
    ("CommandLine|windash|contains", " -enc ", "p \u2013enc x", "penc x"),
    ("CommandLine|exists", True, "x", None),
    ("CommandLine|exists", False, None, "x"),
    ("CommandLine", None, None, "x"),
    ("CommandLine", "", None, "x"),
    ("CommandLine|neq", "x", "y", "x"),
    ("CommandLine|neq|contains", "x", "y", "axb"),
    ("CommandLine|neq|startswith", ["x", "y"], "axy", "yx"),
    ("CommandLine|windash|contains", " -a -b", "p /a \u2015b", "p +a -b"),
    ("CommandLine|windash|contains", "\u2013a*-b?", "/a x -b-", "-a -b"),
    ("CommandLine|windash|contains", "x-y", "x-y", "x/y"),
    ("CommandLine|windash|contains|all", ["-a ", " -b"], "/a \u2014b", "/a"),
    ("CommandLine|expand|contains", "on %Servers%", "x on SRV2", "x on %Servers%"),
    ("CommandLine|expand", "\\%Servers%Servers%", "%Serverssrv1", "%Servers%Servers%"),
    ("CommandLine|contains", "%Servers%", "x %servers% y", "x srv1 y"),
    ("UtcTime|hour", 3, ("time", NIGHT), ("time", NIGHT + 3600 * 10**9)),
    ("UtcTime|hour|gte", 22, ("time", NIGHT - 4 * 3600 * 10**9), ("time", NIGHT)),
    ("UtcTime|minute", [4, 5], ("time", NIGHT), ("time", NIGHT + 120 * 10**9)),
    ("UtcTime|day|lt", 3, ("time", NIGHT), ("time", NIGHT + 86_400 * 10**9)),
    ("UtcTime|week", 1, ("time", NIGHT), ("time", NIGHT + 7 * 86_400 * 10**9)),
    ("UtcTime|month|neq", 2, ("time", NIGHT), ("time", NIGHT + 31 * 86_400 * 10**9)),
    ("UtcTime|year", 2026, ("time", NIGHT), ("time", NIGHT - 5 * 86_400 * 10**9)),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "fits", "not_"), COMMAND)
def test_text(field: str, value: Any, fits: Any, not_: Any) -> None:
    assert matches({field: value}, dict([fits]) if isinstance(fits, tuple) else {"cmdline": fits})
    assert not matches({field: value}, dict([not_]) if isinstance(not_, tuple) else {"cmdline": not_})


@pytest.mark.parametrize(
    ("field", "value", "fits", "not_"),
    [
        ("DestinationIp|cidr", "10.0.0.0/8", {"dst": "10.1.2.3"}, {"dst": "11.1.2.3"}),
        ("DestinationIp|cidr", ["fe80::/10", "10.0.0.0/8"], {"dst": "fe80::1"}, {"dst": "::1"}),
        ("DestinationPort", 443, {"dst_port": 443}, {"dst_port": 4430}),
        ("DestinationPort", ["80", 443], {"dst_port": 80}, {"dst_port": 8}),
        ("DestinationPort", "44*", {"dst_port": 445}, {"dst_port": 80}),
        ("DestinationPort|lt", 5, {"dst_port": 4}, {"dst_port": 5}),
        ("DestinationPort|lte", 5, {"dst_port": 5}, {"dst_port": 6}),
        ("DestinationPort|gt", 5, {"dst_port": 6}, {"dst_port": 5}),
        ("DestinationPort|gte", 5, {"dst_port": 5}, {"dst_port": 4}),
        ("User|fieldref", "Image", {"user": "A", "exe": "a"}, {"user": "b", "exe": "a"}),
        (
            "DestinationHostname|fieldref|contains", "User",
            {"server_name": "x-root-y", "user": "root"}, {"server_name": "xy", "user": "root"},
        ),
        (
            "DestinationHostname|fieldref|endswith", "User",
            {"server_name": "x.Root", "user": "root"}, {"server_name": "root.x", "user": "root"},
        ),
        (
            "DestinationHostname|fieldref|startswith", "User",
            {"server_name": "root.x", "user": "Root"}, {"server_name": "x.root", "user": "root"},
        ),
        ("User|fieldref|neq", "Image", {"user": "b", "exe": "a"}, {"user": "A", "exe": "a"}),
        ("DestinationPort|neq", [80, 443], {"dst_port": 22}, {"dst_port": 443}),
        ("DestinationPort|gte", 4.5, {"dst_port": 5}, {"dst_port": 4}),
        ("UtcTime|hour", "3", {"start": NIGHT}, {"start": NIGHT - 4 * 3600 * 10**9}),
        ("Initiated", "true", {"direction": "out"}, {"direction": "in"}),
        ("Initiated", False, {"direction": "in"}, {"direction": "out"}),
    ],
)  # fmt: skip
def test_flows(field: str, value: Any, fits: dict[str, Any], not_: dict[str, Any]) -> None:
    assert matches({field: value}, fits, NETWORK)
    assert not matches({field: value}, not_, NETWORK)


def test_members_of_a_list() -> None:
    zeek = {"product": "zeek", "service": "dns"}
    row = {"message": "response", "query": "a.b", "answers": ("a.b 0 TXT evil", "a.b 0 A 192.0.2.1")}
    assert matches({"answers|endswith": "evil"}, row, zeek)
    assert matches({"answers": "192.0.2.1"}, row, zeek)
    assert not matches({"answers": "192.0.2"}, row, zeek)


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        ({"CommandLine|expand": "%x%"}, "no values are given for the placeholder %x%"),
        ({"CommandLine|windash": "-a -b -c -d -e"}, "5 flags in one value, at most 4"),
        ({"UtcTime": "2026"}, "a time is asked for a part of it"),
        ({"CommandLine|hour": 3}, "it is no time"),
        ({"UtcTime|hour": "noon"}, "is no hour"),
        ({"CommandLine|fieldref": "Nonsense"}, "no column of process_event is Nonsense"),
        ({"CommandLine|nonsense": "x"}, "the modifier nonsense is not known"),
        ({"CommandLine|wide": "x"}, "wide text is found only inside base64"),
        ({"CommandLine|base64": "a*"}, "wildcard cannot be encoded"),
        ({"CommandLine|re": "(a+)+$"}, "very long"),
        ({"CommandLine|lt": 5}, "compares no numbers"),
        ({"ParentProcessId|lt": "x"}, "compares no numbers"),
        ({"User|cidr": "nonsense"}, "is no network"),
        ({"LogonId": 5}, "LogonId: the log-on session of a process is not recorded"),
        ({"Nonsense": 5}, "no column of process_event is Nonsense"),
        ({"CommandLine": []}, "no values"),
        ({}, "selection is empty"),
    ],
)
def test_what_cannot_be_is_refused_by_name(selection: Any, words: str) -> None:
    with pytest.raises(SigmaError, match=words) as error:
        matches(selection, {})
    assert error.value.kind


def test_every_modifier_that_is_proved_by_rows_finds_them_in_a_rule_of_its_own() -> None:
    for number, (field, value, *_) in enumerate(COMMAND):
        made = meant(rule({"selection": {field: value}}), TABLES, placeholders={"Servers": ["srv1", "srv2"]})
        if "exists" not in field and value not in (None, ""):
            assert proofs(made, TABLES)["fires"], (number, field)
