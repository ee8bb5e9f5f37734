"""``procwire alerts``: the outbox, as people see it, and whether the sinks can be reached."""

from __future__ import annotations

import argparse
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from procwire import __version__
from procwire.cli import exit
from procwire.cli.alerting import add_directory, sent
from procwire.cli.arguments import duration, whole
from procwire.cli.operating import recorded
from procwire.cli.output.choice import writer
from procwire.engine.options import EngineError
from procwire.model.alert import Alert
from procwire.model.alert_tables import ALERTS, DELIVERIES
from procwire.model.finding import Finding
from procwire.model.sink import OK, Sink, Work
from procwire.model.values import SECOND, clean, time_text
from procwire.sandbox.plan import BEST_EFFORT

FOREVER_NS = 100 * 365 * 86_400 * SECOND
TEST_SECONDS = 75.0
DESCRIPTION = """\
Findings of a watch become alerts: they are kept in an outbox and told to the sinks that are configured
([[alerts.sinks]], see docs/alerts.md). An ID may be shortened to its first digits.

  procwire alerts list --state dead          what no sink took
  procwire alerts suppress 3f2a --for 12h    no more of this for half a day
  procwire alerts test                       a test alert to every sink, at once"""


def add(commands: Any) -> None:
    """Declare the command and its actions."""
    parser = commands.add_parser(
        "alerts", help="alerts: list, show, acknowledge, suppress, test, retry", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_directory(parser)
    parser.set_defaults(alert_sinks=None)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    listed = _action(actions, "list", "alerts, the newest first", _list)
    listed.add_argument(
        "--state", action="append", default=[], metavar="STATE",
        choices=("new", "delivered", "acknowledged", "suppressed", "held", "dead"),
        help="only these: new, delivered, acknowledged, suppressed, held or dead (again for more)",
    )  # fmt: skip
    listed.add_argument(
        "--limit", type=whole(1, 1_000_000), default=100, metavar="N", help="so many (default 100)"
    )
    _form(listed)
    shown = _action(actions, "show", "one alert with each of its deliveries", _show)
    shown.add_argument("id", metavar="ID")
    shown.add_argument("--json", action="store_true", help="one JSON object a line")
    for name, words, run in (("ack", "say that an alert was seen", _ack), ("suppress", SUPPRESS, _suppress)):
        one = _action(actions, name, words, run)
        one.add_argument("id", metavar="ID", nargs="+")
        one.add_argument("--note", default="", metavar="TEXT", help="why, for those who come after")
        one.add_argument("--json", action="store_true", help="one JSON object a line")
        if name == "suppress":
            one.add_argument(
                "--for",
                type=duration,
                dest="span",
                default=0,
                metavar="SPAN",
                help="so long (default: for good)",
            )
    tested = _action(
        actions, "test", "send a test alert to the sinks now; 1 where one does not take it", _test
    )
    tested.add_argument("--sink", action="append", default=[], metavar="NAME", help="only this one")
    tested.add_argument("--json", action="store_true", help="one JSON object a line")
    _form(_action(actions, "dead-letters", "deliveries that were given up, and why", _dead))
    again = _action(actions, "retry", "try dead letters again, with the next watch", _retry)
    again.add_argument("id", metavar="ID", nargs="*", help="of these alerts (default: of all)")
    again.add_argument("--json", action="store_true", help="one JSON object a line")


SUPPRESS = "keep an alert and all of the same, and tell nobody of them"


def _form(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="comma separated values with a header line")


def _action(actions: Any, name: str, words: str, run: Callable[[argparse.Namespace], int]) -> Any:
    parser = actions.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    parser.set_defaults(run=lambda arguments: _said(run, arguments))
    return parser


def _said(run: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    from procwire.alerts.reason import AlertError

    try:
        return run(arguments)
    except AlertError as error:
        raise EngineError(str(error)) from None


def _review(arguments: argparse.Namespace) -> Any:
    from procwire.alerts.file import outbox_file
    from procwire.alerts.review import Review

    return Review(outbox_file(arguments.alert_directory or ""))


def _list(arguments: argparse.Namespace) -> int:
    out = writer(arguments, ALERTS)
    with _review(arguments) as review:
        for row in review.alerts(states=arguments.state, most=arguments.limit):
            out.write(row)
    out.finish()
    return exit.OK


def _show(arguments: argparse.Namespace) -> int:
    arguments.csv = False
    with _review(arguments) as review:
        row = review.one(arguments.id)
        deliveries = review.deliveries(alert_id=row.alert.id)
    if arguments.json:
        for table, rows in ((ALERTS, [row]), (DELIVERIES, deliveries)):
            out = writer(arguments, table)
            for one in rows:
                out.write(one)
            out.finish()
        return exit.OK
    for column in ALERTS:
        value = column.get(row)
        if value not in (None, "", (), []):
            words = time_text(value) if column.kind.value == "time" else value
            print(f"{column.name:<16} {clean(_text(words))}")
    for name, value in sorted(row.alert.facts.items()):
        print(f"flow.{name:<11} {clean(_text(value))}")
    for one in deliveries:
        last = f": {one.error}" if one.error else ""
        print(clean(f"{one.sink:<16} {one.state}, {one.attempts} attempts{last}"))
    return exit.OK


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _ack(arguments: argparse.Namespace) -> int:
    return _changed(arguments, "acknowledged", lambda review, word: review.acknowledge(word, arguments.note))


def _suppress(arguments: argparse.Namespace) -> int:
    until = time.time_ns() + (arguments.span or FOREVER_NS)
    step: Callable[[Any, str], None]
    step = lambda review, word: review.suppress(word, arguments.note, until=until)  # noqa: E731
    more = {"until": time_text(until)} if arguments.span else {}
    return _changed(arguments, "suppressed", step, **more)


def _changed(arguments: argparse.Namespace, state: str, step: Callable[[Any, str], None], **more: str) -> int:
    done = []
    try:
        with _review(arguments) as review:
            for word in arguments.id:
                step(review, word)
                done.append(review.one(word).alert.id)
                _tell(arguments, {"id": done[-1], "state": state})
    finally:
        if done:
            said = {"command": f"alerts {arguments.action}", "alerts": done, "note": arguments.note[:1000]}
            recorded(arguments, "command", said | more)
    return exit.OK


def _tell(arguments: argparse.Namespace, said: dict[str, Any]) -> None:
    if arguments.json:
        import json

        print(json.dumps({"schema": "procwire.alerts/1", **said}))
    else:
        print(clean(" ".join(str(value) for value in said.values())))


def _dead(arguments: argparse.Namespace) -> int:
    out = writer(arguments, DELIVERIES)
    with _review(arguments) as review:
        for row in review.deliveries(states=("dead",)):
            out.write(row)
    out.finish()
    return exit.OK


def _retry(arguments: argparse.Namespace) -> int:
    with _review(arguments) as review:
        count = review.again(arguments.id, now=time.time_ns())
    recorded(arguments, "command", {"command": "alerts retry", "alerts": arguments.id, "retried": count})
    _tell(arguments, {"retried": count} if arguments.json else {"said": f"{count} are tried again"})
    return exit.OK


def _test(arguments: argparse.Namespace) -> int:
    """Straight to the sinks, past the outbox: what is tested is the way there."""
    known = {sink.name: sink for sink in arguments.alert_sinks or ()}
    chosen = [known[name] for name in arguments.sink or known if name in known]
    if not chosen or len(chosen) < len(arguments.sink):
        there = f"there are {', '.join(known)}" if known else "none is configured ([[alerts.sinks]])"
        raise EngineError(f"no such sink: {there}", exit.USAGE)
    return exit.FAILURE if [sink for sink in chosen if not _reaches(arguments, sink)] else exit.OK


def _reaches(arguments: argparse.Namespace, sink: Sink) -> bool:
    try:
        courier = sent(getattr(arguments, "sandbox", "") or BEST_EFFORT, [sink])
    except EngineError as error:
        _tell(arguments, {"sink": sink.name, "state": "failed", "reason": str(error)})
        return False
    assert courier is not None
    try:
        courier.send(Work(number=1, sink=sink.name, items=(_item(sink),)))
        done = courier.wait(TEST_SECONDS)
    finally:
        courier.close()
    result = done.results[0] if done is not None and done.results else None
    good = result == OK
    reason = "" if good else result.reason if result is not None else "no answer"
    said = {"sink": sink.name, "state": "ok" if good else "failed", "reason": reason}
    _tell(arguments, said if reason or arguments.json else {"sink": sink.name, "state": "ok"})
    return good


def _item(sink: Sink) -> Any:
    from procwire.alerts.dispatch import formatted
    from procwire.model.sink import Item

    now = time.time_ns()
    finding = Finding(
        time=now, detector="test", title="Test of the way to this sink", severity="info",
        detail=f"procwire alerts test, on {socket.gethostname()}; nothing was found",
    )  # fmt: skip
    alert = Alert(id=os.urandom(16).hex(), finding=finding, host=socket.gethostname(), version=__version__)
    return Item(
        key=f"{alert.id}-{sink.name}-0", body=formatted(sink, alert), subject=f"[info] {finding.title}",
        rank=0, time=now, host=alert.host,
    )  # fmt: skip
