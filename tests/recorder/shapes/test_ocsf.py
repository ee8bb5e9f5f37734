"""OCSF 1.4.0: every line is valid by the schema of its class as schema.ocsf.io publishes it."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from procwire.recorder.shapes import ocsf
from tests.recorder.shapes.samples import golden, lines


@cache
def published(number: int, profiles: tuple[str, ...]) -> jsonschema.Draft202012Validator:
    """The schema of a class with all objects; nothing else may be in them."""
    schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=ocsf.VERSION))
    name = schemas.lookup_class_name_from_uid(class_uid=number)
    return jsonschema.Draft202012Validator(schemas.get_class_schema(class_name=name, profiles=list(profiles)))


def faults(made: dict[str, Any]) -> list[str]:
    validator = published(made["class_uid"], tuple(made["metadata"].get("profiles", ())))
    return [fault.message for fault in validator.iter_errors(made)]


def test_every_line_is_of_its_class() -> None:
    kinds = set()
    for told in lines():
        made = ocsf.record(told)
        assert faults(made) == []
        assert made["type_uid"] == made["class_uid"] * 100 + made["activity_id"]
        assert ("actor" in made) == (made["metadata"].get("profiles") == ["host"])
        kinds.add(made["class_uid"])
    assert kinds == {4001, 4002, 4003}


def test_every_golden_line_of_every_capture_is_of_its_class() -> None:
    seen = set()
    for told in golden():
        columns = (told["schema"], *sorted(told))
        if columns not in seen:  # each kind of line once: the schema is large
            seen.add(columns)
            assert faults(ocsf.record(told)) == [], told
    assert len(seen) > 80


def test_who_logs_in_is_not_the_user_of_the_process() -> None:
    told = {"schema": "procwire.ftp/1", "time": "2026-11-26T00:00:00Z", "src": "192.0.2.1", "user": "alice"}
    made = ocsf.record(told | {"pid": 7, "process": "curl"})
    assert faults(made) == []
    assert made["actor"] == {"process": {"pid": 7, "name": "curl"}}
    assert made["unmapped"]["user"] == "alice"
    made = ocsf.record(told | {"pid": "77"})
    assert "actor" not in made
    assert made["unmapped"]["pid"] == "77"


def test_the_schema_finds_what_is_wrong() -> None:
    made = next(made for made in map(ocsf.record, lines()) if "actor" in made)
    assert faults(made) == []
    assert faults(made | {"colour": "red"}) != []
    assert faults(made | {"severity_id": "low"}) != []
    assert faults(made | {"actor": {"process": {"pid": 1, "colour": "red"}}}) != []
    assert faults({name: value for name, value in made.items() if name != "time"}) != []


def test_who_and_how_much() -> None:
    told = next(line for line in lines() if "process" in line and line["event"] == "end")
    made = ocsf.record(told)
    assert made["actor"]["process"]["file"] == {"name": "curl", "path": "/usr/bin/curl", "type_id": 1}
    assert made["traffic"]["bytes"] == told["bytes"]
    assert made["activity_id"] == 2
    assert made["unmapped"]["owner_confidence"] == "exact"
