"""Agreement with other projects' captures does not fall below what was measured."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bench import agreement, fields, tally

CORPORA = tally.shared_folder() / "corpora"
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason=f"needs the corpora at {CORPORA}")


def test_sessions_of_arkime() -> None:
    found = agreement.arkime(CORPORA)
    assert found.share("matched") >= 0.98, found.differences
    assert found.share("packets") >= 0.98, found.differences
    assert found.share("bytes") >= 0.98, found.differences
    assert found.share("community id") >= 0.99, found.differences
    assert found.share("ja4") == 1, found.differences


def test_protocols_of_ndpi() -> None:
    found = agreement.ndpi(CORPORA)
    assert found.share("dns") == 1, found.differences
    assert found.share("http") > 0.99, found.differences
    assert found.share("tls") >= 0.985, found.differences
    assert found.share("quic") == 1, found.differences
    for name in ("bacnet", "kafka", "postgresql", "tds"):
        assert found.counts[f"{name} of"] > 0
        assert found.share(name) == 1, found.differences
    assert found.share("others not misclaimed") == 1, found.differences
    assert found.counts["wrong with content"] == 0, found.differences
    assert agreement.macro(found) >= 0.99, found.differences
    assert found.share("every protocol") >= 0.99, found.differences


def test_claims_beside_all_of_ndpi() -> None:
    found = agreement.misclaims(CORPORA)
    assert found.counts["claims of"] > 800
    assert found.share("claims") == 1, found.differences


def test_names_and_fingerprints_of_ndpi() -> None:
    found = agreement.ndpi(CORPORA)
    for name in ("sni", "ja3", "alpn"):
        assert found.share(name) >= 0.98, found.differences


def test_fingerprints_of_ja4() -> None:
    found = agreement.ja4(CORPORA)
    assert found.share("ja4") == 1, found.differences


def test_community_ids_of_the_specification() -> None:
    found = agreement.community(CORPORA)
    assert found.share("ids") == 1, found.differences


@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
def test_fields_of_tshark() -> None:
    """A few captures of each kind; ``python -m bench.fields`` reads them all."""
    wanted = {"ssh", "tls-alpn-h2", "quic_interop_V", "dns-mx", "netflix", "443-curl", "dtls", "viber"}
    found = fields.fields([path for path in tally.captures_of(CORPORA) if path.stem in wanted])
    for name in ("server name", "JA3", "JA3S", "DNS name", "DNS address", "HTTP host", "HTTP status"):
        assert found.counts[f"{name} of"] > 0, name
    for name in ("SSH banner", "certificate subject", "certificate serial", "QUIC server name"):
        assert found.counts[f"{name} of"] > 0, name
    assert min(found.shares().values()) >= 0.99, found.differences


@pytest.mark.parametrize("folder", ["robustness/tcpdump", "robustness/libpcap", "pcapng-suite"])
def test_no_capture_breaks_it(folder: str) -> None:
    found = agreement.robustness(CORPORA / Path(folder), every=3)
    assert found.counts["held of"] > 10
    assert found.share("held") == 1, found.differences
    assert found.counts["worst ms"] < 5_000


def test_captures_cut_at_any_byte() -> None:
    found = agreement.cuts(CORPORA, every=40, places=1)
    assert found.share("held") == 1, found.differences
