"""``procwire shape set|confirm|clear|recover``: shape what a target sends and receives, and put it back."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.cli.settling import written
from procwire.cli.shape import guarded
from procwire.cli.shape_words import add_effects, effect_words, preset_of
from procwire.engine.options import EngineError
from procwire.model.values import clean

if TYPE_CHECKING:
    from procwire.shaping.impairment import Impairment
    from procwire.shaping.journal import Entry
    from procwire.shaping.session import Cleared, Terms

SCHEMA = "procwire.impairment/1"
TARGETS = (
    "eth0, namespace:NAME[/IFACE], container:NAME[/IFACE], process:PID, unit:NAME or cgroup:/PATH "
    "(namespace:pid=PID for a process's own)"
)
SET = """\
Shape what a target sends and receives. Every impairment has a lease, and a process of its own watches over
it: when the lease ends, when nobody confirms (--confirm), or on SIGTERM everything is put back as it was; so
does `procwire shape clear`. Asked again for the same target, the numbers change in one step and no packet
passes in between. This command's SSH connection is exempt."""


def add(actions: Any) -> None:
    """Declare the actions."""
    _add_set(actions)
    confirm = actions.add_parser(
        "confirm", help="keep what was set with --confirm", description="Keep what waits to be confirmed."
    )
    confirm.add_argument("id", nargs="?", default="", help="only this impairment")
    confirm.set_defaults(run=guarded(_confirm))
    clear = actions.add_parser(
        "clear", help="put back what was changed",
        description="Put back what was changed, as it was.",
        epilog="example:\n  procwire shape clear --all\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    which = clear.add_mutually_exclusive_group(required=True)
    which.add_argument("target", nargs="?", help=f"whose: {TARGETS}, or the id of an impairment")
    which.add_argument("--all", action="store_true", help="every impairment of this host")
    clear.set_defaults(run=guarded(_clear))
    recover = actions.add_parser(
        "recover", help="put back what nobody watches over any more",
        description="After a crash: put back what nobody watches over any more.",
    )  # fmt: skip
    recover.set_defaults(run=guarded(_recover))


def _add_set(actions: Any) -> None:
    parser = actions.add_parser(
        "set", help="shape an interface, namespace, container, process, unit or cgroup", description=SET,
        epilog="examples:\n  procwire shape set eth0 --loss 3%% --rtt 200ms --confirm 30s\n"
        "  procwire shape set container:web --ingress-rate 10mbit --egress-rate 1mbit\n"
        "  procwire shape set unit:nginx.service --rtt 200ms\n"
        "  procwire shape set eth0 --match peer=10.0.0.0/8 --loss 1%%\n"
        "  procwire shape set eth0 --match peer=2001:db8::/32 --rtt 80ms --add\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("target", help=TARGETS)
    parser.add_argument(
        "--direction", choices=("both", "egress", "ingress"), default="both",
        help="what is shaped: egress is what the target sends, ingress what it receives (default: both)",
    )  # fmt: skip
    parser.add_argument(
        "--interface", default="", metavar="NAME", help="only on this interface of the target"
    )
    add_effects(parser)
    held = parser.add_argument_group("how it ends")
    held.add_argument(
        "--lease", type=words.duration, default=None, metavar="SPAN",
        help="how long it lasts at most (default 1h, at most 30d)",
    )  # fmt: skip
    held.add_argument(
        "--confirm", type=words.duration, default=0, metavar="SPAN",
        help="undo it after SPAN unless `procwire shape confirm` says to keep it",
    )  # fmt: skip
    held.add_argument(
        "--with-pid", type=words.whole(1, 1 << 22), metavar="PID", help="undo it when this process ends"
    )
    held.add_argument(
        "--adopt", action="store_true",
        help="set a qdisc that somebody else put there aside, and put it back at the end",
    )  # fmt: skip
    parser.add_argument(
        "--add", action="store_true",
        help="another part of a target that is shaped already, beside what stands (with its own --match)",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.set_defaults(run=guarded(_set))


def _set(arguments: argparse.Namespace) -> int:
    from procwire.shaping.session import Shaper

    wanted = asked(arguments)
    terms = _terms(arguments)
    preset = preset_of(arguments)
    if preset is not None and preset.outage is not None:
        print(f"procwire: the outages of {preset.name} are left out: `shape run` has them", file=sys.stderr)
    with Shaper() as shaper:
        if arguments.dry_run:
            return _show_plan(shaper.planned(wanted, terms))
        need_root()
        shaped = shaper.shape(wanted, terms)
    if arguments.json:
        print(json.dumps(record(shaped.entry)))
        return exit.OK
    verb = "changed" if shaped.changed else "shaped"
    print(f"{verb} {clean(str(wanted.target))} ({shaped.entry.id})")
    for line in shaped.entry.notes:
        print(f"  {clean(line)}")
    print(f"  {ending(shaped.entry)}")
    return exit.OK


def asked(arguments: argparse.Namespace) -> Impairment:
    """The impairment that the words describe. Raises InvalidError."""
    from procwire.shaping.document import impairment
    from procwire.shaping.target import target

    whose = target(arguments.target, arguments.interface)
    given: dict[str, Any] = {**effect_words(arguments), "direction": arguments.direction}
    given |= {"match": arguments.match, "exempt": arguments.exempt}
    if arguments.seed is not None:
        given["seed"] = arguments.seed
    made = impairment(given, whose)
    if all(effect.is_nothing for effect in made.effects.values()):
        raise EngineError("nothing would be changed: say what, e.g. --loss 3% or --rtt 200ms", exit.USAGE)
    return made


def _terms(arguments: argparse.Namespace) -> Terms:
    from ipaddress import ip_network

    from procwire.shaping.session import USUAL_LEASE_NS, Terms, owner

    try:
        management = tuple(ip_network(text, strict=False) for text in arguments.management)
    except ValueError as error:
        raise EngineError(f"--management: {error}", exit.USAGE) from None
    return Terms(
        lease_ns=arguments.lease or USUAL_LEASE_NS,
        confirm_ns=arguments.confirm,
        owner=owner(arguments.with_pid) if arguments.with_pid else None,
        adopt=arguments.adopt,
        add=arguments.add,
        management=management,
        ledger=written(arguments, "ledger.directory") or None,
    )


def _show_plan(parts: Any) -> int:
    from procwire.shaping.steps import told

    for part in parts:
        print(f"{clean(part.name)} ({part.side}) in {clean(part.place.path)}")
        for step in part.steps:
            print(f"  {clean(told(step))}")
    return exit.OK


def _confirm(arguments: argparse.Namespace) -> int:
    from procwire.shaping.session import Shaper

    need_root()
    with Shaper() as shaper:
        kept = shaper.confirm(arguments.id)
    if not kept:
        raise EngineError("nothing waits to be confirmed", exit.FAILURE)
    for entry in kept:
        print(f"kept {clean(entry.document['target'])} ({entry.id}): {ending(entry)}")
    return exit.OK


def _clear(arguments: argparse.Namespace) -> int:
    from procwire.shaping.session import Shaper
    from procwire.shaping.target import target

    need_root()
    with Shaper() as shaper:
        if arguments.all:
            return _tell(shaper.clear(), nothing="nothing is shaped")
        if any(entry.id == arguments.target for entry in shaper.entries()):
            return _tell(shaper.clear(identity=arguments.target), nothing="")
        whose = target(arguments.target)
        return _tell(shaper.clear(whose), nothing=f"{whose} is not shaped")


def _recover(_: argparse.Namespace) -> int:
    from procwire.shaping.session import Shaper

    need_root()
    with Shaper() as shaper:
        code = _tell(shaper.recover(), nothing="nothing to recover: whatever is shaped is watched over")
        for path, reason in shaper.journal.damaged.items():
            print(f"procwire: {clean(path)}: {clean(reason)}", file=sys.stderr)
            code = exit.INCOMPLETE
    return code


def _tell(cleared: Cleared, nothing: str) -> int:
    for entry in cleared.entries:
        print(f"put back {clean(str(entry.document['target']))} ({entry.id})")
    for reason in cleared.failed:
        print(f"procwire: {clean(reason)}", file=sys.stderr)
    if not cleared.entries and not cleared.failed:
        print(clean(nothing))
    return exit.INCOMPLETE if cleared.failed else exit.OK


def need_root() -> None:
    """Raises EngineError for others than root."""
    import os

    if os.geteuid() != 0:
        raise EngineError(
            "shaping needs root (CAP_NET_ADMIN, CAP_SYS_ADMIN): sudo procwire ...", exit.PERMISSION
        )


def record(entry: Entry) -> dict[str, Any]:
    """An impairment as JSON."""
    from procwire.shaping import journal

    return {
        "schema": SCHEMA, "id": entry.id, **entry.document, "since": entry.wall, "notes": list(entry.notes),
        "seconds_left": round(max(0, entry.deadline_ns - journal.now()) / 1e9, 3),
        "confirmed": not entry.confirm_ns,
        "interfaces": [{"name": p.name, "side": p.side, "namespace": p.place.path} for p in entry.parts],
    }  # fmt: skip


def ending(entry: Entry) -> str:
    """When and how it ends, for people."""
    from procwire.shaping import journal

    left = _clock(max(0, entry.deadline_ns - journal.now()) // 10**9)
    if entry.confirm_ns:
        return f"undone in {left} unless confirmed: procwire shape confirm {entry.id}"
    return f"ends in {left}, or with: procwire shape clear {entry.id}"


def _clock(seconds: int) -> str:
    """59m 59s."""
    hours, rest = divmod(seconds, 3600)
    parts = [f"{value}{unit}" for value, unit in ((hours, "h"), (rest // 60, "m"), (rest % 60, "s")) if value]
    return " ".join(parts) or "0s"
