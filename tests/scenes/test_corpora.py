"""Agreement with other projects' captures does not fall below what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import agreement

CORPORA = agreement.shared_folder() / "corpora"
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason=f"needs the corpora at {CORPORA}")


def test_sessions_of_arkime() -> None:
    tally = agreement.arkime(CORPORA)
    assert tally.share("matched") >= 0.98, tally.differences
    assert tally.share("packets") >= 0.98, tally.differences
    assert tally.share("bytes") >= 0.98, tally.differences
    assert tally.share("community id") >= 0.99, tally.differences
    assert tally.share("ja4") >= 0.71, tally.differences


def test_protocols_of_ndpi() -> None:
    tally = agreement.ndpi(CORPORA)
    assert tally.share("dns") == 1, tally.differences
    assert tally.share("http") > 0.99, tally.differences
    assert tally.share("tls") >= 0.985, tally.differences
    assert tally.share("quic") == 1, tally.differences
    for name in ("bacnet", "kafka", "postgresql", "tds"):
        assert tally.counts[f"{name} of"] > 0
        assert tally.share(name) == 1, tally.differences
    assert tally.share("others not misclaimed") == 1, tally.differences
    assert tally.counts["wrong with content"] == 0, tally.differences
    assert agreement.macro(tally) >= 0.98, tally.differences
    assert tally.share("every protocol") >= 0.95, tally.differences


def test_claims_beside_all_of_ndpi() -> None:
    tally = agreement.misclaims(CORPORA)
    assert tally.counts["claims of"] > 800
    assert tally.share("claims") >= 0.996, tally.differences


def test_names_and_fingerprints_of_ndpi() -> None:
    tally = agreement.ndpi(CORPORA)
    for name in ("sni", "ja3", "alpn"):
        assert tally.share(name) >= 0.98, tally.differences


def test_fingerprints_of_ja4() -> None:
    tally = agreement.ja4(CORPORA)
    assert tally.share("ja4") == 1, tally.differences


def test_community_ids_of_the_specification() -> None:
    tally = agreement.community(CORPORA)
    assert tally.share("ids") == 1, tally.differences


@pytest.mark.parametrize("folder", ["robustness/tcpdump", "robustness/libpcap", "pcapng-suite"])
def test_no_capture_breaks_it(folder: str) -> None:
    tally = agreement.robustness(CORPORA / Path(folder), every=3)
    assert tally.counts["held of"] > 10
    assert tally.share("held") == 1, tally.differences
    assert tally.counts["worst ms"] < 5_000


def test_captures_cut_at_any_byte() -> None:
    tally = agreement.cuts(CORPORA, every=40, places=1)
    assert tally.share("held") == 1, tally.differences
