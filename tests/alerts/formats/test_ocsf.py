"""OCSF: what the class and its objects require is there, and nothing that they do not have."""

from __future__ import annotations

import json
from functools import cache

import jsonschema
import msgspec
from hypothesis import given, settings
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from procwire.alerts.formats import ocsf
from procwire.alerts.formats.fields import sound
from procwire.model.alert import Alert
from tests.alerts.samples import ALERTS, FULL


@cache
def published() -> jsonschema.Draft202012Validator:
    """The schema of the class as schema.ocsf.io has it, with all objects; nothing else may be in them."""
    schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=ocsf.VERSION))
    name = schemas.lookup_class_name_from_uid(class_uid=ocsf.CLASS)
    return jsonschema.Draft202012Validator(schemas.get_class_schema(class_name=name, profiles=[]))


@settings(max_examples=60)
@given(ALERTS)
def test_of_the_schema(alert: Alert) -> None:
    told = json.loads(ocsf.encode(alert))
    assert [fault.message for fault in published().iter_errors(told)] == []
    assert told["type_uid"] == 200400 + told["activity_id"]
    assert told.get("message", "") == sound(alert.finding.detail)


def test_the_schema_finds_what_is_wrong() -> None:
    told = json.loads(ocsf.encode(FULL))
    assert published().is_valid(told)
    told["evidences"][0]["process"]["colour"] = "red"
    assert not published().is_valid(told)
    del told["evidences"], told["finding_info"]
    assert not published().is_valid(told)


def test_what_it_says() -> None:
    told = json.loads(ocsf.encode(FULL))
    assert (told["class_uid"], told["category_uid"], told["severity_id"]) == (2004, 2, 4)
    assert told["evidences"][0]["process"]["file"] == {"name": "nmap", "path": "/usr/bin/nmap", "type_id": 1}
    assert told["finding_info"]["attacks"][1] == {
        "technique": {"uid": "T1071"}, "sub_technique": {"uid": "T1071.004"},
    }  # fmt: skip


def test_where_ends_are_and_what_the_program_is() -> None:
    facts = FULL.facts | {
        "dst_country": "NL", "dst_city": "Utrecht", "dst_asn": 64496, "dst_as_name": "Example",
        "exe_sha256": "ab" * 32,
    }  # fmt: skip
    told = json.loads(ocsf.encode(msgspec.structs.replace(FULL, facts=facts)))
    assert [fault.message for fault in published().iter_errors(told)] == []
    (evidence,) = told["evidences"]
    assert evidence["dst_endpoint"]["location"] == {"country": "NL", "city": "Utrecht"}
    assert evidence["dst_endpoint"]["autonomous_system"] == {"number": 64496, "name": "Example"}
    assert evidence["process"]["file"]["hashes"][0]["value"] == "ab" * 32
