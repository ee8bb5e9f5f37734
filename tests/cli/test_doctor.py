from __future__ import annotations

import json

import pytest

from procwire.cli import doctor
from procwire.cli.main import main
from procwire.model.accounting import AccountingRow
from procwire.model.rows import Check

GOOD = Check(name="capture", status="ok", detail="can be opened")
BAD = Check(name="zstd", status="missing", detail="no\x1b[31m", remedy="install it")


def test_all_well_is_zero(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: [GOOD])
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.split() == ["ok", "capture", "can", "be", "opened"]


def test_what_is_missing_is_four_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: [GOOD, BAD])
    assert main(["doctor"]) == 4
    text = capsys.readouterr().out
    assert "MISSING" in text
    assert "mend: install it" in text
    assert "\x1b" not in text


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) in (0, 4)
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"kernel", "compiled", "capture"} <= {row["name"] for row in found}
    assert {row["status"] for row in found} <= {"ok", "degraded", "missing"}


@pytest.mark.parametrize(("unexplained", "code"), [(0, 0), (3, 4)])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_accounts_of_interfaces(
    form: list[str],
    unexplained: int,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = AccountingRow(
        interface="eth0", direction="in", seconds=10.0, packets=912, attributed=909, unexplained=unexplained
    )
    asked: list[float] = []

    def settle(seconds: float, stopped: object) -> list[AccountingRow]:
        asked.append(seconds)
        return [row]

    monkeypatch.setattr(doctor, "settle", settle)
    assert main(["doctor", "--accounting", "10s", *form]) == code
    out = capsys.readouterr().out
    assert asked == [10.0]
    assert "912" in out
    assert "909" in out
    if form:
        assert json.loads(out)["unexplained"] == unexplained
