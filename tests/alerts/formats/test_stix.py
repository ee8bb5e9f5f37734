"""STIX 2.1, read by the OASIS committee's own library, which refuses what the standard does not have."""

from __future__ import annotations

import json

import stix2
from hypothesis import given, settings

from procwire.alerts.formats import stix
from procwire.model.alert import Alert
from tests.alerts.samples import ALERTS, BARE, FULL, full


@settings(max_examples=25, deadline=None)
@given(ALERTS)
def test_the_library_takes_it(alert: Alert) -> None:
    bundle = stix2.parse(stix.encode(alert).decode(), allow_custom=False)
    assert bundle.type == "bundle"


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
