"""IKE's messages: both versions, and what does not fit."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.ike_message import HEAD, read
from tests.dpi.samples import dialogues


def message(name: str, step: int) -> bytes:
    (talk,) = [one for one in dialogues("ike") if one.name == name]
    return talk.steps[step][1]


def test_transforms_of_both_versions() -> None:
    offered = read(message("version2", 0))
    assert offered is not None
    assert offered.proposals == 2
    assert offered.transforms[:4] == ("aes-cbc-256", "prf-sha256", "hmac-sha256-128", "modp2048")
    assert offered.notifies == ("nat-detection-source",)
    assert offered.vendors == ("strongSwan",)
    old = read(message("aggressive", 0))
    assert old is not None
    assert old.transforms == ("3des", "sha1", "pre-shared-key", "modp1024")
    assert (old.identity, old.vendors) == ("alice.example.com", ("DPD",))


def test_encrypted_message_is_not_walked() -> None:
    found = read(message("version2", 2))
    assert found is not None
    assert found.encrypted
    assert found.transforms == ()


def test_every_cut_and_every_wrong_length_is_refused() -> None:
    data = message("version2", 0)
    for size in range(len(data)):
        assert read(data[:size]) is None
    for at in range(HEAD):
        read(data[:at] + b"\xff" + data[at + 1 :])
    assert read(data[:24] + b"\xff" + data[25:]) is None


@pytest.mark.parametrize("at", [17, 18, 19])
def test_header_must_make_sense(at: int) -> None:
    data = message("version2", 0)
    assert read(data[:at] + b"\xff" + data[at + 1 :]) is None
