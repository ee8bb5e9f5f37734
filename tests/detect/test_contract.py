from __future__ import annotations

import pytest

from procwire.detect.contract import DetectError, Detector, Kept, opener, scope, shared, subject
from procwire.detect.registry import DETECTORS
from procwire.model.finding import SEVERITIES
from procwire.model.process import EXACT, Owner
from procwire.model.rows import FlowRow
from tests.detect.made import flow, process


def test_a_table_forgets_what_was_used_least_and_counts_it() -> None:
    kept: Kept[list[int]] = Kept(2)
    for key in (1, 2, 1, 3):
        kept.of(key, list).append(key)
    assert [key for key, _ in kept.items()] == [1, 3]
    assert (kept.values(), kept.forgotten, len(kept)) == ([[1, 1], [3]], 1, 2)
    kept.drop(1)
    assert kept.get(1) is None


@pytest.mark.parametrize("made", DETECTORS, ids=lambda made: made.NAME)
def test_every_detector_says_what_it_is(made: type[Detector]) -> None:
    assert made.TITLE
    assert made.CONTROLS.endswith((".", ")"))
    assert made.SEVERITY in SEVERITIES
    assert all(words.endswith((".", ":", ")")) for _, words in made.SETTINGS.values())
    assert all(name.startswith("T") and name[1:5].isdigit() for name in made.ATTACK)
    with pytest.raises(DetectError, match="no setting 'nonsense'"):
        made({"nonsense": 1})


def test_what_was_forgotten_makes_a_finding_degraded() -> None:
    detector = DETECTORS[0]()
    assert detector.found("x", now=1).complete == "complete"
    detector._sources = Kept(0)  # type: ignore[attr-defined]
    detector._sources.of(1, list)  # type: ignore[attr-defined]
    assert detector.found("x", now=1).reasons == ("1 entries were dropped for lack of room",)


def test_the_opener_is_whose_end_it_is() -> None:
    ours = process("/usr/sbin/nginx")
    assert opener(FlowRow(flow(owner=ours))) is ours
    assert opener(FlowRow(flow(owner=ours, side="dst"))) is None
    both = flow()
    both.owner = Owner(process=ours, confidence=EXACT, side="dst", peer=process("/usr/bin/curl"))
    assert subject(FlowRow(both)).exe == "/usr/bin/curl"
    assert subject(FlowRow(flow())).exe == ""


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("93.184.216.34", "global"), ("10.1.2.3", "private"), ("127.0.0.1", "loopback"),
        ("fe80::1", "link-local"),
        ("ff02::1", "multicast"), ("255.255.255.255", "multicast"), ("0.0.0.0", "special"),
        ("fd00::1", "private"),
        ("2606:2800:220:1::1", "global"), ("", "special"), ("100.64.0.1", "special"),
    ],
)  # fmt: skip
def test_scopes(address: str, kind: str) -> None:
    assert scope(address) == kind
    assert shared(address) is (kind in {"multicast", "special"})
