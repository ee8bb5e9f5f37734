"""Settings of the ancestor become a configuration that is right, and nothing is lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.configuration.files import read_file
from procwire.configuration.procmond import converted
from procwire.configuration.reason import ConfigurationError

CONF = """\
[GENERAL]
RootPath = /proc
DatabasePath = /var/lib/procmond/procmond.db
RefreshRate = 5
HashBufferSize = 65536
ApplicationLoggingLevel = INFO
LogFile = /var/log/procmond.log
[ALERT_PROVIDERS]
Email = true
Webhook = true
[EMAIL_CONFIG]
SMTPServer = mail.example.net
Port = 587
From = procmond@example.net
To = ops@example.net; sec@example.net
Username = procmond
Password = %hunter2"
[WEBHOOK_CONFIG]
URL = https://hooks.example.net/x
Retries = 3
[ODD]
a = 1
"""


def test_every_setting_is_answered_for(tmp_path: Path) -> None:
    made, rows = converted(CONF, source="procmond.conf")
    (tmp_path / "x.toml").write_text(made)
    found, faults = read_file(tmp_path / "x.toml")
    assert faults == []
    assert found["store.directory"].value == "/var/lib/procmond"
    sinks = {sink.name: sink for sink in found["alerts.sinks"].value}
    assert sinks["procmond-smtp"].recipients == ("ops@example.net", "sec@example.net")
    assert set(sinks) == {"procmond-smtp", "procmond-webhook"}
    assert "hunter2" not in made
    settings = [line for line in CONF.splitlines() if " = " in line]
    assert len(rows) == len(settings)
    lost = {row.setting for row in rows if not row.became}
    assert lost == {
        "GENERAL.rootpath", "GENERAL.refreshrate", "GENERAL.hashbuffersize", "GENERAL.logfile",
        "GENERAL.applicationlogginglevel", "WEBHOOK_CONFIG.retries", "ODD.a",
    }  # fmt: skip
    assert all(row.reason for row in rows if not row.became)


def test_what_was_off_or_unusable_is_left_out() -> None:
    off = CONF.replace("Email = true", "Email = no").replace("https://hooks", "https://me:secret@hooks")
    made, rows = converted(off, source="x")
    assert "alerts.sinks" not in made
    assert "secret@" not in made
    assert {row.setting: row.reason for row in rows}["WEBHOOK_CONFIG.url"] == "not usable"
    assert converted("", source="x")[1] == []


@pytest.mark.parametrize(
    "text", ["no section = 1\n", "[GENERAL\n", "[A]\n" + "\n".join(f"k{n} = 1" for n in range(600))]
)
def test_what_is_no_such_file(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"x:\d+: "):
        converted(text, source="x")
