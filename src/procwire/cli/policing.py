"""``--egress``: the policy that the detector egress-drift holds flows against, and how it is read anew."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from procwire.cli import exit
from procwire.egress.reason import EgressError
from procwire.engine.options import EngineError

if TYPE_CHECKING:
    from procwire.egress.verdict import Judge


def _judge(path: Path) -> Judge:
    """Who judges by the policy of a file. Raises EgressError and OSError."""
    from procwire.egress.file import load
    from procwire.egress.verdict import Judge

    return Judge(load(path))


class Policing:
    """The policy of a run. ``judge``: None where there is none. Raises EngineError for one that is wrong.

    A recording is held only against a policy that is named: it may be another host's.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        named = getattr(arguments, "egress", None)
        live = getattr(arguments, "command", "") in ("watch", "daemon")
        self.path = Path()
        self.judge: Judge | None = None
        self._new: Judge | None = None
        self._thread: threading.Thread | None = None
        if not named and not live:
            return
        from procwire.egress import file as policies

        path = Path(named or policies.usual())
        if not named and not path.is_file():
            return
        self.path = path
        try:
            self.judge = _judge(path)
        except EgressError as error:
            raise EngineError(f"egress: {error}", exit.USAGE) from None

    @property
    def places(self) -> tuple[str, ...]:
        """Directories that are read again."""
        return (str(self.path.parent),) if self.judge is not None else ()

    def reload(self) -> None:
        """Begin to read the policy anew; may be called from a signal handler."""
        if self.judge is not None and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._read, name="egress policy", daemon=True)
            self._thread.start()

    def changed(self) -> bool:
        """Take over a policy that was read since, if there is one; whether there was."""
        new, self._new = self._new, None
        if new is None:
            return False
        self.judge = new
        return True

    def _read(self) -> None:
        try:
            judge = _judge(self.path)
        except (EgressError, OSError) as error:
            print(f"procwire: egress: the policy stays as it was: {error}", file=sys.stderr, flush=True)
            return
        self._new = judge
        print(
            f"procwire: {self.path}: {judge.policy.size} destinations read anew", file=sys.stderr, flush=True
        )
