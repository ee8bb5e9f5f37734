"""comcast's lines and rows."""

from __future__ import annotations

import pytest

from procwire.shaping.comcast import comcast
from procwire.shaping.texts.located import FileError
from procwire.shaping.words import effects

TEXT = """
| Name | Latency | Bandwidth | Packet-loss |
|---|---|---|---|
| GPRS (good) | 500 | 50 | 2 |
| WIFI (good) | 40 | 30000 | 0 |

$ comcast --device=eth0 --latency=250 --target-bw=1000 --packet-loss=10% --target-addr=8.8.8.8
"""


def test_rows_and_lines() -> None:
    gprs, wifi, line = comcast(TEXT, "README.md")
    assert gprs.words == {"egress-delay": "500ms", "egress-rate": "50kbit", "egress-loss": "2%"}
    assert gprs.preset_name == "gprs-good"
    assert wifi.words == {"egress-delay": "40ms", "egress-rate": "30000kbit"}
    assert line.words == {"egress-delay": "250ms", "egress-rate": "1000kbit", "egress-loss": "10%"}
    assert "target-addr" in line.notes[0]
    assert all(effects(each.words) for each in (gprs, wifi, line))


@pytest.mark.parametrize(
    ("text", "line"),
    [("\n", 1), ("\ncomcast --device=x\n", 2), ("comcast --latency=fast", 1), ("comcast 'x", 1)],
)
def test_faults_have_lines(text: str, line: int) -> None:
    with pytest.raises(FileError) as wrong:
        comcast(text, "f")
    assert wrong.value.line == line
