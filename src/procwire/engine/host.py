"""The tables of this host, for faces. Wiring only: the room ``processes`` reads them."""

from __future__ import annotations

import errno

from procwire.dpi.guess import PORT_GUESS, UNKNOWN
from procwire.dpi.registry import registry
from procwire.engine.options import EngineError
from procwire.processes.listing import Lives, Processes
from procwire.processes.listing import Sockets as _Sockets
from procwire.processes.pictures import Pictures
from procwire.shaping.touching import Touched

NOT_ALLOWED = 3
_NUMBERS = {"tcp": 6, "udp": 17, "sctp": 132, "udplite": 136}

__all__ = ["Processes", "lives", "pictures", "sockets"]


def sockets(*, hashes: bool = False) -> _Sockets:
    """The sockets of this host, with what usually speaks on their ports."""
    return _Sockets(_guess, hashes=hashes)


def pictures() -> Pictures:
    """Both, and what interfaces count, as rows of plain values."""
    return Pictures(_guess, impaired=Touched())


def lives() -> Lives:
    """What happens to processes. Raises EngineError where that cannot be heard."""
    try:
        return Lives()
    except OSError as error:
        code = NOT_ALLOWED if error.errno in (errno.EPERM, errno.EACCES) else 1
        raise EngineError(f"process events: {error.strerror or error}", code) from None


def _guess(proto: str, src_port: int, dst_port: int) -> tuple[str, str]:
    hinted = registry().hinted(_NUMBERS.get(proto, 0), src_port, dst_port)
    return (hinted[0].name, PORT_GUESS) if hinted else (UNKNOWN, UNKNOWN)
