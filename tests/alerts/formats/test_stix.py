"""STIX 2.1, read by the OASIS committee's own library and validator, which refuse what is not in it."""

from __future__ import annotations

import json

import pytest
import stix2
import stix2validator
from hypothesis import given, settings

from procwire.alerts.formats import stix
from procwire.model.alert import Alert
from tests.alerts.samples import ALERTS, BARE, FULL, full


@settings(max_examples=25, deadline=None)
@given(ALERTS)
def test_the_library_takes_it(alert: Alert) -> None:
    bundle = stix2.parse(stix.encode(alert).decode(), allow_custom=False)
    assert bundle.type == "bundle"


@pytest.mark.parametrize("alert", [FULL, BARE, full(source="2001:db8::1", target="www.example.org")])
def test_the_published_schemas_take_it(alert: Alert) -> None:
    found = stix2validator.validate_string(
        stix.encode(alert).decode(), stix2validator.ValidationOptions(version="2.1")
    )
    assert found.is_valid, [str(each) for each in found.errors]
    # Ports are recommended, and not always known.
    assert [str(each) for each in found.warnings if "src_port" not in str(each)] == []


def test_the_validator_finds_what_is_wrong() -> None:
    told = stix.encode(FULL).decode().replace('"number_observed"', '"numbers"')
    found = stix2validator.validate_string(told, stix2validator.ValidationOptions(version="2.1"))
    assert not found.is_valid


def test_what_it_says() -> None:
    bundle = stix2.parse(stix.encode(FULL).decode(), allow_custom=False)
    kinds = [one.type for one in bundle.objects]
    assert kinds == [
        "identity", "ipv4-addr", "ipv4-addr", "domain-name", "network-traffic", "file", "process",
        "observed-data", "note", "attack-pattern", "sighting", "attack-pattern", "sighting",
    ]  # fmt: skip
    assert bundle.objects[4].protocols == ["ipv4", "tcp", "tls"]
    assert bundle.objects[7].number_observed == 3


def test_ids_of_observables_are_those_that_everybody_makes() -> None:
    objects = {one["type"]: one for one in json.loads(stix.encode(full(source="2001:db8::1")))["objects"]}
    for kind in ("ipv4-addr", "ipv6-addr", "domain-name", "file"):
        mine = objects[kind]
        named = {name: value for name, value in mine.items() if name not in ("type", "spec_version", "id")}
        theirs = stix2.parse({"type": kind, "spec_version": "2.1", **named})
        assert mine["id"] == theirs.id, kind


def test_telling_again_updates() -> None:
    one, other = (json.loads(stix.encode(each))["objects"] for each in (FULL, full(severity="low")))
    assert [each["id"] for each in one] == [each["id"] for each in other]
    assert json.loads(stix.encode(BARE))["objects"][1]["type"] == "note"
