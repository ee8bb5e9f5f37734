"""What every decoder must bear: junk, and true bytes that were cut or changed."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from procwire.shaping.codec.attributes import CodecError


def damaged(*samples: bytes) -> st.SearchStrategy[bytes]:
    """Junk, prefixes of the samples, and samples with a byte changed."""
    cut = st.sampled_from(samples).flatmap(lambda whole: st.integers(0, len(whole)).map(lambda n: whole[:n]))
    changed = st.tuples(st.sampled_from(samples), st.integers(0, 4095), st.integers(0, 255)).map(
        lambda parts: bytes(
            parts[2] if place == parts[1] % max(1, len(parts[0])) else byte
            for place, byte in enumerate(parts[0])
        )
    )
    return st.one_of(st.binary(max_size=80), cut, changed)


def is_borne(decode: Callable[[bytes], object], data: bytes) -> bool:
    """Whether it is read, or refused with the room's error."""
    try:
        decode(data)
    except CodecError as error:
        return bool(str(error))
    return True


def unwrapped(golden: str) -> bytes:
    """The payload of a golden TCA_OPTIONS attribute."""
    return bytes.fromhex(golden)[4:]
