"""What is ordered from a screen, done on the same road as the command that does it: its words, its parser.

A line says what came of it; what cannot be is refused in the command's own words. A scenario runs in a
process of its own, which ends with the terminal and then puts everything back.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from procwire.cli import exit
from procwire.cli.abilities import recorders_told
from procwire.cli.forking import Fork
from procwire.engine.options import EngineError
from procwire.model.finding import Finding
from procwire.recorder.asking import ORDERS
from procwire.recorder.picking import MAX_PICKED, Picked, write
from procwire.recorder.reason import RecorderError
from procwire.tui.host import HostError

MAX_ALERTS = 10_000  # looked through for the alert of a finding
MAX_WORDS = 64  # of one order
ROOT = "sudo procwire top"
WHERE = "alerts are kept by a daemon or watch with --alerts or sinks: see procwire alerts --help"
TEXTS = ("detector", "title", "severity", "detail", "exe", "process", "source", "container", "target")


class Acting:
    """``do`` one order after another. ``close`` ends what still runs. ``mine``: not for those to keep.

    ``alerts``: the directory of their outbox, where it is not the usual one.
    """

    def __init__(self, *mine: socket.socket, alerts: str = "") -> None:
        self._mine = mine
        self._scenarios: list[Fork] = []
        self._orders: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
            **{order: partial(_recorders, order) for order in ORDERS},
            "acknowledge": partial(reviewed, "ack", alerts),
            "suppress": partial(reviewed, "suppress", alerts),
            "shape": lambda given: shape(["set", *words_of(given)]),
            "planned": lambda given: shape(["set", *words_of(given), "--dry-run"]),
            "clear": lambda given: shape(["clear", str(given["id"])]),
            "confirm": lambda given: shape(["confirm", str(given["id"])]),
            "timeline": lambda given: shape(["scenario", "run", "--dry-run", *scenario_of(given)]),
            "steer": lambda given: shape(["scenario", str(given["order"]), str(given["name"])]),
            "play": self.play,
        }

    def do(self, order: str, subject: Mapping[str, Any]) -> str:
        """What came of it. Raises HostError."""
        if order not in self._orders:
            raise HostError(f"nothing here can be told to {order}")
        return self._orders[order](subject)

    def play(self, given: Mapping[str, Any]) -> str:
        """Run a scenario beside the terminal; a file that is wrong is told at once."""
        shape(["scenario", "check", *scenario_of(given)])
        words = ["scenario", "run", *scenario_of(given)]
        made = Fork(lambda _: _alone(words), *self._mine, mortal=True)
        self._scenarios.append(made)
        ended = _short(made)
        if ended:
            raise HostError(ended, ROOT if "root" in ended else "")
        return f"{given['path']} runs; it ends with this terminal, and then everything is as it was"

    def said(self) -> list[str]:
        """The last words of scenarios that ended by themselves; each once."""
        over = [each for each in self._scenarios if each.ended]
        self._scenarios = [each for each in self._scenarios if not each.ended]
        return [line for each in over for line in each.said().splitlines()[-1:]]

    def close(self) -> None:
        """End scenarios that still run: each puts back what it changed."""
        for each in self._scenarios:
            each.end(signalled=True)
        self._scenarios.clear()


def _recorders(order: str, _: Mapping[str, Any]) -> str:
    return recorders_told(order)


def exported(pick: Callable[[tuple[int, ...]], Sequence[Picked]], subject: Mapping[str, Any]) -> str:
    """Chosen packets into a new pcapng where the terminal was started. Raises HostError."""
    numbers = tuple(int(each) for each in subject.get("numbers") or ())
    if not numbers or len(numbers) > MAX_PICKED:
        raise HostError(f"between 1 and {MAX_PICKED:,} packets can be written, not {len(numbers):,}")
    packets = pick(numbers)
    name = time.strftime("procwire-%Y%m%dT%H%M%SZ", time.gmtime())
    path = Path(f"{name}-{len(packets)}-packets.pcapng").absolute()
    try:
        write(path, packets, comment="chosen in procwire top")
    except RecorderError as error:
        raise HostError(str(error)) from None
    return f"{len(packets):,} {'packet' if len(packets) == 1 else 'packets'} in {path}"


def words_of(given: Mapping[str, Any]) -> list[str]:
    """The words of ``shape set``, as they were written. Raises HostError."""
    found = given.get("words") or ()
    if not isinstance(found, Sequence) or isinstance(found, str) or len(found) > MAX_WORDS:
        raise HostError("an order to shape is a list of words")
    return [str(word) for word in found]


def scenario_of(given: Mapping[str, Any]) -> list[str]:
    """The words that name a scenario, and the target of tracks that name none."""
    target = str(given.get("target") or "")
    return [str(given["path"]), *(["--target", target] if target else [])]


def shape(words: Sequence[str]) -> str:
    """``procwire shape WORDS``: what it says. Raises HostError with what it complains of."""
    said, complained = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
            arguments = _parsed("shape", words)
            if arguments.run(arguments) == exit.FAILURE:
                raise EngineError(complained.getvalue().strip().removeprefix("procwire: "))
    except EngineError as error:
        raise HostError(str(error), ROOT if "root" in str(error) else "") from None
    except SystemExit:
        lines = complained.getvalue().strip().splitlines()
        last = lines[-1] if lines else "not understood"
        raise HostError(last.partition("error: ")[2] or last) from None
    except OSError as error:
        raise HostError(f"shape: {error.strerror or error}", ROOT) from None
    return "\n".join(line for line in (said.getvalue().rstrip(), complained.getvalue().rstrip()) if line)


def _parsed(command: str, words: Sequence[str]) -> argparse.Namespace:
    from importlib import import_module

    parser = argparse.ArgumentParser(prog="procwire")
    import_module(f"procwire.cli.{command}").add(parser.add_subparsers())
    return parser.parse_args([command, *words])


def _alone(words: Sequence[str]) -> int:
    arguments = _parsed("shape", words)
    code: int = arguments.run(arguments)
    return code


def _short(made: Fork, seconds: float = 1.5) -> str:
    """Why a scenario ended as soon as it had begun; empty where it runs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and "runs (" not in made.said():
        if made.ended:
            lines = made.said().strip().splitlines()
            return lines[-1].removeprefix("procwire: ") if made.code and lines else ""
        time.sleep(0.02)
    return ""


def reviewed(what: str, directory: str, finding: Mapping[str, Any]) -> str:
    """Acknowledge or suppress the alert of a finding, as ``procwire alerts`` does. Raises HostError."""
    from procwire.alerts.file import outbox_file
    from procwire.alerts.reason import AlertError
    from procwire.alerts.review import Review
    from procwire.cli.alerts import FOREVER_NS

    note = str(finding.get("note") or "from procwire top")
    try:
        with Review(outbox_file(directory)) as review:
            name = alert_of(review, finding)
            if what == "ack":
                review.acknowledge(name, note)
                return f"acknowledged alert {name[:8]}"
            review.suppress(name, note, until=time.time_ns() + FOREVER_NS)
            return f"suppressed alert {name[:8]} and all like it; procwire alerts list --state suppressed"
    except AlertError as error:
        raise HostError(str(error), WHERE) from None
    except OSError as error:
        raise HostError(f"alerts: {error.strerror or error}", ROOT) from None


def alert_of(review: Any, finding: Mapping[str, Any]) -> str:
    """The id of the alert that this finding became or was counted up in. Raises HostError."""
    from procwire.alerts.policy import same

    wanted = same(_finding(finding))
    for row in review.alerts(most=MAX_ALERTS):
        if same(row.alert.finding) == wanted:
            return str(row.alert.id)
    raise HostError("no alert was made of this finding", WHERE)


def _finding(row: Mapping[str, Any]) -> Finding:
    """As much of a finding as its row tells; what is not known of it is empty."""
    given = {name: str(row.get(name) or "") for name in TEXTS}
    return msgspec.convert({**given, "time": row.get("time") or 0, "port": row.get("port")}, Finding)
