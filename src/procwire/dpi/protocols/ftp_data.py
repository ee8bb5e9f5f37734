"""FTP data: a file or a listing on a connection of its own (RFC 959 section 3.2, RFC 2428).

Found only by what FTP's control connection announced: the address and port of PASV, EPSV, PORT or EPRT, and
the command that it carries. Its bytes are anything, so `app_confidence` says `announced`, never `content`;
one that begins with a TLS handshake (PROT P, RFC 4217) is `tls`. Contents are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction
from procwire.dpi.guess import ANNOUNCED
from procwire.model.observation import Observation, says

NAME = "ftp_data"
PORTS = frozenset({("tcp", 20)})  # RFC 959 section 8: where the server opens it
TRANSPORTS = frozenset({"tcp"})
FIRST = None
FOLLOWS = True
ROAMS = True
CONFIDENCE = ANNOUNCED

_HANDSHAKE = b"\x16\x03"  # RFC 8446 section 5.1


class FtpTransfer(Observation, kw_only=True):
    """A data connection carries something."""

    TABLE = "ftp_data"
    command: Annotated[str, says("Command that it was opened for: RETR, STOR, LIST, ...; empty if not seen.")]
    file: Annotated[str, says("File or directory that the command names.")]


OBSERVATIONS = (FtpTransfer,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Anything but TLS, where FTP announced it."""
    if context.announced != NAME:
        return Claim.NO
    if data[:2] == _HANDSHAKE[: len(data)]:
        return Claim.MORE if len(data) < len(_HANDSHAKE) else Claim.NO
    return Claim.YES


class Parser:
    """See contract.Parser: the first bytes say who sends, and the rest is counted with the flow."""

    def __init__(self, context: Context) -> None:
        self._command, _, self._file = context.note.partition(" ")
        self._told = False

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """See contract.Parser."""
        if not self._told:
            self._told = True
            yield FtpTransfer(time=now, side=side, command=self._command, file=self._file)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Nothing is waited for."""
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._told else 0
