"""An incident or a bundle on the terminal: read down the same road as a capture file, with who owned what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from procwire.engine.options import EngineError
from procwire.model.values import clean

if TYPE_CHECKING:
    from procwire.recorder.opening import Opened

SUFFIX = ".tar.zst"


def opened_of(word: str) -> Opened | None:
    """What a word names: the name of an incident, its directory, or a bundle; None for a capture file.

    Raises EngineError for a directory or a bundle that is none.
    """
    from procwire.recorder.listing import directory_of
    from procwire.recorder.opening import opened
    from procwire.recorder.reason import RecorderError

    path = Path(word)
    if not path.exists() and "/" not in word:
        path = directory_of(word)
    if not path.is_dir() and not path.name.endswith(SUFFIX):
        return None
    try:
        return opened(path)
    except RecorderError as error:
        raise EngineError(clean(str(error)), error.code) from None
