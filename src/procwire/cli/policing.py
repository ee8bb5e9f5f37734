"""``--egress``: the policy that the detector egress-drift holds flows against, and how it is read anew."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from procwire.cli import exit
from procwire.egress import file as policies
from procwire.egress.reason import EgressError
from procwire.egress.verdict import Judge
from procwire.engine.options import EngineError


class Policing:
    """The policy of a run. ``judge``: None where there is none. Raises EngineError for one that is wrong.

    A recording is held only against a policy that is named: it may be another host's.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        named = getattr(arguments, "egress", None)
        live = getattr(arguments, "command", "") in ("watch", "daemon")
        self.path = Path(named or policies.usual())
        self.judge: Judge | None = None
        self._new: Judge | None = None
        self._thread: threading.Thread | None = None
        if not named and not (live and self.path.is_file()):
            self.path = Path()
            return
        try:
            self.judge = Judge(policies.load(self.path))
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
            judge = Judge(policies.load(self.path))
        except (EgressError, OSError) as error:
            print(f"procwire: egress: the policy stays as it was: {error}", file=sys.stderr, flush=True)
            return
        self._new = judge
        print(
            f"procwire: {self.path}: {judge.policy.size} destinations read anew", file=sys.stderr, flush=True
        )
