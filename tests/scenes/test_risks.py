"""Each risk is stated of a capture of real programs, and of none where the same programs do it right."""

from __future__ import annotations

import json

from procwire.model.risks import NAMES
from tests.dpi.talking import rows
from tests.scenes.scenes import GOLDEN


def said(name: str) -> list[tuple[str, int, tuple[str, ...]]]:
    """(app, port, risks) of every flow of a capture."""
    flows = [line for line in rows(f"risks/{name}", "flow") if "dst_port" in line]
    return [(line["app"], line["dst_port"], tuple(line.get("risks", ()))) for line in flows]


def test_risks_are_stated_of_what_is_not_as_it_should_be() -> None:
    assert said("risky") == [
        ("tls", 443, ("certificate-expired", "certificate-self-signed", "certificate-weak-key")),
        ("tls", 8443, ("tls-no-server-name", "tls-weak-cipher", "certificate-not-yet-valid",
                       "certificate-self-signed", "certificate-weak-key")),
        ("tls", 9443, ("unusual-port", "certificate-self-signed", "certificate-name-mismatch")),
        ("dns", 53, ("dns-long-label",)),
        ("dns", 53, ("dns-random-name",)),
        ("dns", 53, ("dns-tunnel-record",)),
        ("http", 8080, ("split-banner",)),
        ("http", 8000, ("malformed-message",)),
        ("http", 4444, ("cleartext-credentials", "unusual-port")),
    ]  # fmt: skip


def test_each_fault_of_a_certificate_is_stated_alone_and_of_a_good_one_none() -> None:
    faults = [
        "expired", "not-yet-valid", "self-signed", "name-mismatch", "weak-key", "weak-signature",
        "weak-signature",
    ]  # fmt: skip
    assert said("certificates") == [
        ("tls", 4430, ("unusual-port",)),
        *[
            ("tls", 4431 + number, ("unusual-port", f"certificate-{fault}"))
            for number, fault in enumerate(faults)
        ],
    ]


def test_nothing_is_stated_of_what_is() -> None:
    seen = said("ordinary")
    assert {app for app, _, _ in seen} == {"tls", "dns", "http"}
    assert not [one for one in seen if one[2]]


def test_every_risk_is_stated_of_some_capture() -> None:
    stated = set()
    for golden in GOLDEN.glob("*.jsonl"):
        for line in golden.read_text(encoding="ascii").splitlines():
            stated.update(json.loads(line).get("risks", ()))
    assert stated == NAMES
