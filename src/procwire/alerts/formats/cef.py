r"""CEF, version 0 (ArcSight Common Event Format, implementation standard revision 26).

In the header ``\`` and ``|`` are escaped, in the extension ``\`` and ``=``, and ends of lines are ``\n`` and
``\r`` there; a header is one line, so that they become spaces. IPv6 addresses go to c6a2 and c6a3, as ``src``
and ``dst`` hold IPv4 alone. Custom strings carry their labels.
"""

from __future__ import annotations

from typing import Any

from procwire.alerts.formats.fields import (
    PRODUCT,
    VENDOR,
    Ends,
    known,
    milliseconds,
    number_of,
    sound,
    span,
)
from procwire.model.alert import Alert

SEVERITY = (1, 3, 5, 8, 10)  # 0-3 low, 4-6 medium, 7-8 high, 9-10 very high
MAX_NAME = 512
_DIRECTION = {"in": 0, "out": 1}


def encode(alert: Alert) -> bytes:
    """One line, without its end."""
    finding = alert.finding
    head = (
        "CEF:0", VENDOR, PRODUCT, alert.version, finding.detector, finding.title[:MAX_NAME],
        str(number_of(alert, SEVERITY)),
    )  # fmt: skip
    extension = " ".join(f"{key}={_value(value)}" for key, value in fields(alert).items())
    return "|".join((head[0], *map(_head, head[1:]), extension)).encode()


def fields(alert: Alert) -> dict[str, Any]:
    """The extension's keys and values, in order."""
    finding, facts, ends = alert.finding, alert.facts, Ends(alert)
    first, last = span(alert)
    found = {
        "rt": milliseconds(finding.time),
        "externalId": alert.id,
        "dvchost": alert.host,
        "cnt": max(finding.count, alert.count),
        "start": milliseconds(first),
        "end": milliseconds(last),
        **_addresses(ends),
        "spt": ends.source_port,
        "dpt": ends.target_port,
        "dhost": ends.target_name,
        "proto": ends.proto.upper(),
        "app": facts.get("app"),
        "deviceDirection": _DIRECTION.get(str(facts.get("direction"))),
        "in": facts.get("bytes_in"),
        "out": facts.get("bytes_out"),
        "spid": finding.pid,
        "sproc": finding.process,
        "suser": finding.user,
        "filePath": finding.exe,
        "msg": finding.detail,
        **_custom(alert),
    }
    return known(found)


def _addresses(ends: Ends) -> dict[str, str]:
    found: dict[str, str] = {}
    for address, short, long, label in (
        (ends.source, "src", "c6a2", "Source IPv6 Address"),
        (ends.target, "dst", "c6a3", "Destination IPv6 Address"),
    ):
        if ":" in address:
            found |= {long: address, f"{long}Label": label}
        elif address:
            found[short] = address
    return found


def _custom(alert: Alert) -> dict[str, Any]:
    finding = alert.finding
    labelled = (
        ("cs1", "attack", ",".join(finding.attack)),
        ("cs2", "flows", ",".join(finding.flows)),
        ("cs3", "communityId", alert.facts.get("community_id", "")),
        ("cs4", "complete", "; ".join((finding.complete, *finding.reasons))),
        ("cs5", "container", finding.container),
        ("cs6", "scores", ",".join(finding.measures)),
        ("cfp1", "score", finding.score),
    )
    found: dict[str, Any] = {}
    for key, label, value in labelled:
        if value not in ("", None):
            found |= {key: value, f"{key}Label": label}
    return found


def _head(text: str) -> str:
    plain = sound(text).replace("\r", " ").replace("\n", " ")
    return plain.replace("\\", "\\\\").replace("|", "\\|")


def _value(value: Any) -> str:
    text = sound(str(value)).replace("\\", "\\\\").replace("=", "\\=")
    return text.replace("\n", "\\n").replace("\r", "\\r")
