"""STIX 2.1 (OASIS Standard, 10 June 2021): one bundle an alert.

Observed data with the objects that were seen (addresses, names, traffic, process, file), a note with what it
means, and a sighting of each ATT&CK technique. Ids are made from content, so that telling again updates
instead of doubling: those of observables as section 2.9 says; processes and the rest, which shall have random
ones (version 4), have them by chance of their content.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from procwire.alerts.formats.fields import PRODUCT, Ends, known, moment, packed, sound, span
from procwire.model.alert import Alert

OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # section 2.9
MOST_OBSERVED = 999_999_999  # number_observed, section 4.14
_BORN = "2026-01-01T00:00:00.000Z"  # of what never changes: procwire itself, techniques


def encode(alert: Alert) -> bytes:
    """One bundle, without an end of line."""
    objects = [*_observed(alert)]
    return packed({"type": "bundle", "id": _id("bundle", alert.id, alert.count), "objects": objects})


def _observed(alert: Alert) -> list[dict[str, Any]]:
    finding = alert.finding
    seen = _observables(alert)
    creator = _object("identity", PRODUCT, _BORN, name=PRODUCT, identity_class="system")
    first, last = span(alert)
    modified = moment(max(finding.time, last))
    refs = [one["id"] for one in seen] or [creator["id"]]
    common = {"created_by_ref": creator["id"]}
    found = [creator, *seen]
    data = ""
    if seen:
        observed = _object(
            "observed-data", alert.id, moment(finding.time), modified=modified, first_observed=moment(first),
            last_observed=moment(last), number_observed=_bounded(alert), object_refs=refs, **common,
        )  # fmt: skip
        found.append(observed)
        data = observed["id"]
    found.append(_object(
        "note", alert.id, moment(finding.time), modified=modified, abstract=finding.title or finding.detector,
        content=finding.detail or finding.title or finding.detector or "-",
        object_refs=[data] if data else refs,
        labels=[f"severity:{finding.severity}", f"detector:{finding.detector}", finding.complete], **common,
    ))  # fmt: skip
    for name in dict.fromkeys(finding.attack):
        found += _sighting(alert, name, data, common)
    return found


def _sighting(alert: Alert, name: str, data: str, common: dict[str, str]) -> list[dict[str, Any]]:
    cited = [{"source_name": "mitre-attack", "external_id": name}]
    pattern = _object("attack-pattern", name, _BORN, name=name, external_references=cited)
    first, last = span(alert)
    made = moment(alert.finding.time)
    sighting = _object(
        "sighting", f"{alert.id} {name}", made, modified=moment(max(alert.finding.time, last)),
        sighting_of_ref=pattern["id"], where_sighted_refs=[common["created_by_ref"]],
        first_seen=moment(first), last_seen=moment(last), count=_bounded(alert),
        observed_data_refs=[data] if data else [], **common,
    )  # fmt: skip
    return [pattern, sighting]


def _bounded(alert: Alert) -> int:
    return min(max(1, alert.count), MOST_OBSERVED)


def _observables(alert: Alert) -> list[dict[str, Any]]:
    ends = Ends(alert)
    found = [_address(one) for one in dict.fromkeys((ends.source, ends.target)) if one]
    by_value = {one["value"]: one["id"] for one in found}
    if ends.target_name:
        found.append(_seen("domain-name", {"value": ends.target_name}))
    traffic = _traffic(alert, ends, by_value)
    return [*found, *([traffic] if traffic else []), *_program(alert)]


def _address(text: str) -> dict[str, Any]:
    return _seen("ipv6-addr" if ":" in text else "ipv4-addr", {"value": text})


def _traffic(alert: Alert, ends: Ends, by_value: dict[str, str]) -> dict[str, Any] | None:
    if not by_value:
        return None
    protocols = [f"ipv{min(ends.versions)}", ends.proto, str(alert.facts.get("app", ""))]
    named = {
        "src_ref": by_value.get(ends.source), "dst_ref": by_value.get(ends.target),
        "src_port": ends.source_port, "dst_port": ends.target_port,
        "protocols": [one for one in protocols if one and one != "unknown"],
    }  # fmt: skip
    return _seen("network-traffic", known(named))


def _program(alert: Alert) -> list[dict[str, Any]]:
    finding = alert.finding
    found: list[dict[str, Any]] = []
    image = ""
    if finding.exe:
        file = _seen("file", {"name": finding.exe.rpartition("/")[2] or finding.exe})
        found.append(file)
        image = file["id"]
    if finding.pid is not None or finding.exe:
        named = known({
            "pid": finding.pid, "image_ref": image, "command_line": finding.cmdline,
        })  # fmt: skip
        made = _id("process", alert.host, finding.pid, finding.exe, finding.process)
        found.append({"type": "process", "spec_version": "2.1", "id": made, **named})
    return found


def _seen(kind: str, named: dict[str, Any]) -> dict[str, Any]:
    """An observable with the id that its properties give it (RFC 8785 over what contributes to it)."""
    text = json.dumps(_sound(named), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {
        "type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid.uuid5(OBSERVABLES, text)}", **named,
    }  # fmt: skip


def _sound(named: dict[str, Any]) -> dict[str, Any]:
    return {name: sound(value) if isinstance(value, str) else value for name, value in named.items()}


def _object(kind: str, of: str, created: str, **named: Any) -> dict[str, Any]:
    return {
        "type": kind, "spec_version": "2.1", "id": _id(kind, of), "created": created,
        "modified": named.pop("modified", created), **known(named),
    }  # fmt: skip


def _id(kind: str, *of: object) -> str:
    words = sound(" ".join(map(str, ("procwire.stix", kind, *of))))
    made = uuid.UUID(bytes=hashlib.sha256(words.encode()).digest()[:16], version=4)
    return f"{kind}--{made}"
