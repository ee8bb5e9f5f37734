"""A body as people read it: out of its coding, within a hard limit.

A body without a coding is shown as it comes. A coded one is held until it has ended, at most MAX_CODED_BYTES
of it, and unfolds to at most MAX_BODY_BYTES. What could not be undone is shown as it was, and says so.
"""

from __future__ import annotations

from procwire.dpi.wire.content_coding import decoded

MAX_CODED_BYTES = 1 << 20
MAX_BODY_BYTES = 1 << 20


class Body:
    """One body. ``codings``: its Content-Encoding."""

    def __init__(self, codings: str = "") -> None:
        self._codings = codings.strip()
        self._held = bytearray()
        self._plain = not self._codings or self._codings.lower() == "identity"

    @property
    def coded(self) -> bool:
        """Whether it is held to be undone."""
        return not self._plain

    def add(self, data: bytes) -> bytes:
        """What can be shown now."""
        if self._plain:
            return data
        self._held += data
        if len(self._held) <= MAX_CODED_BYTES:
            return b""
        self._plain = True
        return self._note(f"more than {MAX_CODED_BYTES} bytes, shown as they are") + bytes(self._held)

    def end(self) -> bytes:
        """The rest: a coded body, undone."""
        if self._plain or not self._held:
            return b""
        data, held = bytes(self._held), len(self._held)
        self._held = bytearray()
        out, fault = decoded(data, self._codings, MAX_BODY_BYTES)
        if fault:
            return self._note(f"{held} bytes, {fault}") + out
        return self._note(f"{held} bytes, unfolded to {len(out)}") + out

    def _note(self, text: str) -> bytes:
        return f"[{self._codings[:64]}: {text}]\n".encode("ascii", "backslashreplace")
