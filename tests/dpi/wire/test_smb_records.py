"""What a login tells, whichever version carries it."""

from __future__ import annotations

from procwire.dpi.contract import Direction
from procwire.dpi.wire.smb_records import SmbMessage, logged_in
from tests.dpi.wire.test_ntlm import authenticate


def test_login() -> None:
    seen = SmbMessage(time=1, side=Direction.OUT, message="login", version="2")
    logged_in(seen, authenticate())
    assert (seen.user, seen.host, seen.mechanism, seen.obsolete) == ("User", "COMPUTER", "ntlm", False)
    logged_in(seen, b"")
    assert seen.mechanism == ""


def test_first_version_is_obsolete_once_agreed() -> None:
    seen = SmbMessage(time=1, side=Direction.IN, message="dialect", version="1")
    assert seen.obsolete
