from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from procwire.model import digests


@pytest.mark.parametrize("name", digests.__all__)
@pytest.mark.parametrize("data", [b"", b"procwire", bytes(range(256)) * 17])
def test_they_are_those_of_hashlib(name: str, data: bytes) -> None:
    mine, theirs = getattr(digests, name)(data), getattr(hashlib, name)(data)
    assert mine.hexdigest() == theirs.hexdigest()
    mine.update(b"more")
    theirs.update(b"more")
    assert mine.copy().digest() == theirs.digest()


def test_what_a_watch_calls_them_with_is_taken() -> None:
    assert digests.blake2b(b"x", digest_size=8).digest() == hashlib.blake2b(b"x", digest_size=8).digest()
    for name in ("md5", "sha1"):
        mine = getattr(digests, name)(b"x", usedforsecurity=False)
        assert mine.digest() == getattr(hashlib, name)(b"x", usedforsecurity=False).digest()


def test_no_openssl_comes_with_what_reads_protocols() -> None:
    words = (
        "import sys; from procwire.dpi.registry import registry; registry(); "
        "import procwire.engine.pipeline; print(sorted({'_hashlib', '_ssl'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, check=True, timeout=30)
    assert done.stdout == b"[]\n"
