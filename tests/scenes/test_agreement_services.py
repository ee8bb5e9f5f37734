"""The golden lines of databases, messaging and industry against tshark, field by field."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from procwire.dpi.wire._iec104_names import TYPES
from tests.scenes import tshark
from tests.scenes.lines import Line
from tests.scenes.scenes import VECTORS, golden_of

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")

Ours = Callable[[Line], Any]


def column(name: str, **wanted: Any) -> Ours:
    """A column of the lines that have these values."""

    def value(line: Line) -> Any:
        return line.get(name) if all(line.get(key) == one for key, one in wanted.items()) else None

    return value


def hidden(text: str) -> str:
    """Theirs with the secret of the scenario masked, as ours has it."""
    return text.replace("'secret!'", "***").replace("'hush'", "***").strip()


def plain(text: str) -> str:
    return text


def dotted(text: str) -> str:
    return f"{int(text) >> 5}.{int(text) & 31:02}"


def newer(text: str) -> str:
    return text.removeprefix("5.5.5-")


def keyed(line: Line) -> Any:
    """Routing keys are of 0-9-1 only, whose methods have a dot in their name."""
    return line.get("key") if "." in line["message"] else None


def changed(line: Line) -> Any:
    """What a master writes or controls, one object a message in the scenario."""
    return line["objects"][0] if line["write"] and line["function"] != "cold-restart" else None


def grouped(text: str) -> str:
    """Group and variation of 0x0c01, in our words."""
    return f"{int(text[2:4], 16)}:{int(text[4:], 16)}"


def indicated(line: Line) -> str:
    return "+".join(line.get("indications", ()))


# Function codes of DNP3 (IEEE 1815-2012 section 4.2.2.5) in the scenario
DNP3_FUNCTIONS = {
    0: "confirm", 1: "read", 2: "write", 3: "select", 4: "operate", 5: "direct-operate", 13: "cold-restart",
    20: "enable-unsolicited", 21: "disable-unsolicited", 129: "response", 130: "unsolicited-response",
}  # fmt: skip
DNP3_INDICATIONS = {"0x8000": "device-restart", "0x0004": "parameter-error"}  # section 4.2.2.6
# capture, tshark's field (and filter), what of ours is the same, and what theirs must be made into
CASES: list[tuple[str, str, Ours, Callable[[str], str]]] = [
    ("postgresql", "pgsql.query", column("query", message="query"), hidden),
    ("postgresql", "pgsql.tag", column("tag", message="result"), plain),
    ("mysql", "mysql.user", column("user", message="login"), plain),
    ("mysql", "mysql.query", column("query", message="command"), hidden),
    ("mysql", "mysql.version", column("version", message="greeting"), newer),
    ("mqtt", "mqtt.clientid", column("client_id", message="connect"), plain),
    ("mqtt", "mqtt.username", column("user", message="connect"), plain),
    ("mqtt", "mqtt.topic | mqtt.msgtype == 3", column("topic", message="publish"), plain),
    ("kafka", "kafka.client_id", column("client_id", message="request"), plain),
    ("kafka", "kafka.correlation_id", column("correlation"), plain),
    ("modbus", "mbtcp.trans_id", column("transaction"), plain),
    ("modbus", "mbtcp.unit_id", column("unit"), plain),
    ("modbus", "modbus.exception_code", column("exception"), {"2": "illegal-data-address"}.__getitem__),
    ("s7comm", "s7comm.header.pduref", column("reference"), plain),
    ("iec104", "iec60870_asdu.typeid", column("type"), lambda text: TYPES[int(text)]),
    ("iec104", "iec60870_asdu.ioa", column("object"), plain),
    ("iec104", "iec60870_asdu.addr", column("station"), plain),
    ("dnp3", "dnp3.al.func", column("function"), lambda text: DNP3_FUNCTIONS[int(text)]),
    ("dnp3", "dnp3.al.seq", column("sequence"), plain),
    ("dnp3", "dnp3.src | dnp3.al.func", column("source"), plain),
    ("dnp3", "dnp3.al.obj | dnp3.al.func in {2..5}", changed, grouped),
    ("dnp3", "dnp3.al.iin | dnp3.al.iin > 0", indicated, DNP3_INDICATIONS.__getitem__),
    ("esp", "esp.spi | esp.sequence == 1", column("spi"), lambda text: text.removeprefix("0x")),
    ("bacnet", "bacapp.invoke_id", column("invoke"), plain),
    ("opcua", "opcua.transport.endpoint", column("endpoint", message="hello"), plain),
    ("opcua", "opcua.security.rqid | opcua.transport.type == MSG", column("request"), plain),
    ("coap", "coap.code | coap.code > 31 and not icmp", column("code", message="response"), dotted),
    ("amqp", "amqp.method.arguments.routing_key", keyed, plain),
]  # fmt: skip


@functools.cache
def lines_of(name: str) -> list[Line]:
    golden = golden_of(VECTORS / name / "session.pcap").read_text(encoding="ascii").splitlines()
    return [line for line in map(json.loads, golden) if line["table"] == name]


@pytest.mark.parametrize(
    ("name", "field", "ours", "made"), CASES, ids=[f"{one[0]}-{one[1]}" for one in CASES]
)
def test_same_values(name: str, field: str, ours: Ours, made: Callable[[str], str]) -> None:
    field, _, only = field.partition(" | ")
    rows = tshark.fields(VECTORS / name / "session.pcap", (field,), only)
    theirs = [made(value) for row in rows for value in row[field] if value]
    own = [str(value) for line in lines_of(name) if (value := ours(line)) not in {None, ""}]
    assert own
    assert sorted(own) == sorted(theirs)
