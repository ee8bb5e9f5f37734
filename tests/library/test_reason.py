"""The room's error is the one that the package offers."""

from __future__ import annotations

import procwire
from procwire.library.reason import LibraryError


def test_it_is_offered_by_the_package() -> None:
    assert procwire.LibraryError is LibraryError
    assert str(LibraryError("x.pcap: no such file")) == "x.pcap: no such file"
