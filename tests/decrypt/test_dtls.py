"""DTLS with keys, through the analyzer."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.decrypt.conversation import UdpConversation
from procwire.decrypt.keyed import keyed
from procwire.decrypt.reasons import NO_KEY
from procwire.dpi.decryption import Decryption
from tests.decrypt.dialogue import Hand as Stranger
from tests.decrypt.dialogue import key_log
from tests.decrypt.dtls_dialogue import SAID, Spoken, converse
from tests.dpi.flows import Listener, flow
from tests.lab import need

MISSING = need("openssl")
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Spoken:
    folder: Path = tmp_path_factory.mktemp("dtls")
    return converse(folder)


def told(spoken: Spoken, keys: bytes) -> tuple[str, Decryption]:
    one, listener = flow(17, dport=4433), Listener(keyed(key_log(keys)))
    for number, (side, data) in enumerate(spoken.flights):
        listener.analyzer.data(one, side, data, number)
    listener.analyzer.ended(one, 99)
    assert not listener.analyzer.counts()["defects"], listener.analyzer.defect
    return one.app, next(each for each in listener.seen if isinstance(each, Decryption))


def test_content_is_opened_and_counted(spoken: Spoken) -> None:
    app, decryption = told(spoken, spoken.keys)
    assert app == "dtls"  # what is said inside is no protocol
    assert decryption.plaintext_out == len(SAID)
    assert decryption.shut == 0
    assert decryption.version == "DTLSv1.2"


def test_without_the_key(spoken: Spoken) -> None:
    _, decryption = told(spoken, Stranger().lines())
    assert (decryption.records, decryption.reasons) == (0, (NO_KEY,))


def test_a_conversation(spoken: Spoken) -> None:
    talk = UdpConversation(key_log(spoken.keys))
    pieces = [piece for side, data in spoken.flights for piece in talk.feed(side, data, 1)] + talk.finish(2)
    assert b"".join(piece.data for piece in pieces if piece.side == 0) == SAID
    assert {piece.layer for piece in pieces} == {"dtls"}
    assert talk.notes == []
