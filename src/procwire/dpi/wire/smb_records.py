"""What is told of SMB, whichever version: one record an operation that a user of file shares would look for.

Declared here, filled in by ``smb1`` and ``smb2``. Reads and writes are summed up in the close of their file.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from procwire.dpi.wire.ntlm import find, mechanism
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says


class SmbMessage(Observation, kw_only=True):
    """A dialect, a login, a share or a file, mostly when the server has answered."""

    TABLE = "smb"
    SETS: ClassVar = {"server_name": "server"}
    NAME_SOURCE = "smb"
    RISKS: ClassVar = {"obsolete": "obsolete-protocol"}

    message: Annotated[
        str, says("negotiate, dialect, login, challenge, session, logoff, share, open, close, call, ...")
    ]
    version: Annotated[str, says("1 or 2; the latter stands for 3 too, see the dialect.")]
    dialect: Annotated[str, says("Dialect that the server chose.")] = ""
    dialects: Annotated[tuple[str, ...], says("Dialects that the client offers.")] = ()
    signing: Annotated[str, says("Whether messages must be signed: enabled or required.")] = ""
    mechanism: Annotated[str, says("How the login is proven: ntlm or kerberos.")] = ""
    user: Annotated[str, says("User who logs in, as NTLM says.")] = ""
    domain: Annotated[str, says("Domain of the user or of the server, as NTLM says.")] = ""
    host: Annotated[str, says("Host that logs in, as NTLM says.")] = ""
    server: Annotated[str, says("Name of the server: in the share's path, or as it names itself.")] = ""
    system: Annotated[str, says("Version of the sender's system, as NTLM or SMB 1 says.")] = ""
    share: Annotated[str, says("Share that is connected to, or that the file is on.")] = ""
    share_type: Annotated[str, says("disk, pipe or print.")] = ""
    path: Annotated[str, says("File, within its share.")] = ""
    action: Annotated[
        str,
        says("How it is opened: open, create, ...; delete; the new name; what a pipe is asked."),
    ] = ""
    bytes_read: Annotated[int | None, says("Bytes read from the file.", kind=Kind.SIZE)] = None
    bytes_written: Annotated[int | None, says("Bytes written to the file.", kind=Kind.SIZE)] = None
    size_bytes: Annotated[int | None, says("Size of the file when it was opened.", kind=Kind.SIZE)] = None
    status: Annotated[str, says("Status that the server answered.")] = ""
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None

    @property
    def obsolete(self) -> bool:
        """Whether the server agreed to version 1."""
        return self.version == "1" and self.message == "dialect"


def logged_in(seen: SmbMessage, blob: bytes) -> None:
    """Fill in what a security blob tells of a login."""
    seen.mechanism = mechanism(blob)
    found = find(blob)
    if found is None:
        return
    seen.user, seen.domain, seen.host = found.user, found.domain, found.host
    seen.system = found.version
    if found.kind == "challenge":
        seen.message = "challenge"
        seen.server = found.dns_name or found.server
        seen.domain = found.dns_domain or found.domain
