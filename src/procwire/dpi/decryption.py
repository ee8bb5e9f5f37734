"""How much of an encrypted flow was read, and why the rest was not: told once, at the flow's end."""

from __future__ import annotations

from typing import Annotated

from procwire.model.columns import Kind
from procwire.model.observation import Observation, says


class Decryption(Observation, kw_only=True):
    """An encrypted flow was read, or was to be read, with keys from a key log."""

    TABLE = "decryption"
    version: Annotated[str, says("Protocol version in use.")]
    cipher: Annotated[str, says("Cipher suite.")]
    app: Annotated[str, says("What was spoken inside; unknown where that was not recognised, empty unread.")]
    records: Annotated[int, says("Records or packets that were opened.")]
    plaintext_out: Annotated[int, says("Bytes of application data opened, from src.", kind=Kind.SIZE)]
    plaintext_in: Annotated[int, says("Bytes of application data opened, from dst.", kind=Kind.SIZE)]
    shut: Annotated[int, says("Records or packets that could not be opened.")]
    reasons: Annotated[tuple[str, ...], says("Why not, most frequent first.")]
