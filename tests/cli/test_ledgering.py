"""``watch --ledger``: what a watch tells its ledger."""

from __future__ import annotations

import os
import signal
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from procwire.cli.detecting import Detecting
from procwire.cli.ledgering import Ledgering, ledgering
from procwire.cli.verdicts import Verdicts
from procwire.engine.options import EngineError
from procwire.ledger.chain import read
from procwire.ledger.verify import Check
from procwire.sandbox.plan import OFF, Confinement
from tests.detect.made import flow, process
from tests.extensions.test_rules import write
from tests.lab import wait_for


def asked(place: Path, **more: object) -> Namespace:
    return Namespace(**{
        "command": "watch", "ledger": str(place), "sandbox": OFF, "findings": "scan", "thresholds": [],
        "rules": [], "interface": ["eth0"], "store": None, **more,
    })  # fmt: skip


def told(place: Path) -> list[tuple[str, dict[str, Any]]]:
    lines = (place / "records.jsonl").read_bytes().splitlines()
    return [(one.kind, one.body) for one in map(read, lines)][1:]


def test_a_watch_from_its_start_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "rules" / "x.yaml", "mine")
    arguments = asked(tmp_path / "l", rules=[str(tmp_path / "rules")])
    with Ledgering(arguments) as ledger:
        found = Detecting(Namespace(**{**vars(arguments), "command": "read"}))
        lost: list[str] = []
        found.reasons = lambda: tuple(lost)
        ledger.begin(found, Confinement(OFF))
        for port in range(1, 60):
            one = flow("10.0.0.9", port, at=port / 10, answered=False, owner=process("/usr/bin/nmap"))
            found.told("open", one)
            found.told("end", one)
        lost.append("3 packets were dropped by the kernel")
        found.ticked(0)
        ledger.code = 4
    kinds = [kind for kind, _ in told(tmp_path / "l")]
    assert kinds[:4] == ["started", "sandbox", "privilege", "rule"]
    assert kinds[-3:] == ["dropped", "stopped", "stopped"]
    bodies = dict(told(tmp_path / "l")[:-1])
    assert bodies["started"]["options"] == {
        "interface": ["eth0"], "rules": [str(tmp_path / "rules")], "findings": "scan", "sandbox": "off",
    }  # fmt: skip
    assert "mine:enabled" in str(bodies["rule"])
    assert bodies["finding"]["exe"] == "/usr/bin/nmap"
    assert bodies["dropped"] == {"lost": ["3 packets were dropped by the kernel"]}
    assert bodies["stopped"] == {"code": 4, "findings": kinds.count("finding")}
    assert Check(tmp_path / "l").run().covered == len(kinds) + 1
    assert "is signed" in capsys.readouterr().err


def test_rules_that_changed_are_a_record(tmp_path: Path) -> None:
    write(tmp_path / "rules" / "x.yaml", "mine")
    arguments = asked(tmp_path / "l", rules=[str(tmp_path / "rules")])
    with Ledgering(arguments) as ledger:
        found = Detecting(Namespace(**{**vars(arguments), "command": "read"}))
        ledger.begin(found, Confinement(OFF))
        assert found.ruling is not None
        write(tmp_path / "rules" / "y.yaml", "more")
        found.ruling.reload()
        assert found.ruling._thread is not None
        found.ruling._thread.join(30)
        found.ticked(0)
        found.ticked(0)
    rules = [body["count"] for kind, body in told(tmp_path / "l") if kind == "rule"]
    assert len(rules) == 2
    assert int(str(rules[1])) == int(str(rules[0])) + 1


def test_filters_that_changed_are_a_record_and_so_is_what_was_not_heard_of(tmp_path: Path) -> None:
    file = tmp_path / "filters.yaml"
    file.write_text("filters:\n- name: mine\n  process: curl\n  action: ignore\n")
    arguments = asked(tmp_path / "l")
    with Ledgering(arguments) as ledger:
        found = Detecting(Namespace(**{**vars(arguments), "command": "read"}))
        verdicts = Verdicts(str(file))
        ledger.begin(found, Confinement(OFF), verdicts)
        found.ticked(0)
        file.write_text("filters:\n- name: mine\n  process: wget\n  action: ignore\n")
        verdicts.reload()
        file.write_text("filters: wrong")
        verdicts.reload()
        found.ticked(0)
        found.ticked(0)
        found.deaf = "9 process events were too many to be heard of"
    said = told(tmp_path / "l")
    filters = [body for kind, body in said if kind == "configuration" and body.get("filters") == str(file)]
    assert [body["in_force"]["entries"] for body in filters] == [1, 1]
    assert len({body["in_force"]["sha256"] for body in filters}) == 2
    assert [body["lost"] for kind, body in said if kind == "dropped"] == [[found.deaf]]


def test_what_became_of_alerts_and_a_policy_that_changed(tmp_path: Path) -> None:
    policy = tmp_path / "egress.yaml"
    policy.write_text("format: 1\nprograms:\n- exe: /x\n  to: [any]\n")
    arguments = asked(tmp_path / "l")
    with ledgering(arguments) as ledger:
        assert ledger is arguments.ledgering
        assert ledger is not None
        found = Detecting(Namespace(**{**vars(arguments), "command": "read", "egress": str(policy)}))
        ledger.begin(found, Confinement(OFF))
        ledger.fated({"fate": "delivered"})
        policy.write_text("format: 1\nprograms: []\n")
        found.reload()
        assert found.policing._thread is not None
        found.policing._thread.join(30)
        found.ticked(0)
        found.ticked(0)
    said = told(tmp_path / "l")
    lines = [body["in_force"]["lines"] for kind, body in said if kind == "configuration"]
    assert lines == [1, 0]
    assert {"fate": "delivered"} in [body for kind, body in said if kind == "alert"]
    (privilege,) = [body for kind, body in said if kind == "privilege"]
    assert privilege["uid"] == os.geteuid()


def test_a_place_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="ledger: "):
        Ledgering(asked(tmp_path / "file" / "x"))


def test_a_scribe_that_has_ended_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = asked(tmp_path / "l")
    with Ledgering(arguments) as ledger:
        found = Detecting(Namespace(**{**vars(arguments), "command": "read"}))
        ledger.begin(found, Confinement(OFF))
        ledger.noticed()
        assert not ledger.incomplete
        os.kill(ledger._pen.pid, signal.SIGKILL)
        wait_for(lambda: ledger._pen.gone, what="the end of the scribe")
        ledger.noticed()
        ledger.noticed()
        assert ledger.incomplete
    said = capsys.readouterr().err
    assert said.count("the scribe has ended: records are LOST from now on") == 1
    assert "was not signed at the end, 1 records lost" in said
