"""``procwire rules``: what is looked for in single rows, whether the files are right, what they cover."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from procwire.cli import exit
from procwire.cli.history import add_forms, add_place
from procwire.cli.operating import recorded
from procwire.cli.output.choice import writer
from procwire.engine import api
from procwire.engine.options import EngineError
from procwire.model.finding import RULES, RuleRow
from procwire.model.imported import IMPORTS, PARTLY, REFUSED
from procwire.model.rule_tests import RULE_TESTS
from procwire.model.values import clean

MAX_NAMED = 200  # rules whose names stand in one record of the ledger
DESCRIPTION = """\
Rules look at rows of one table (procwire columns) with a filter, and say what a match means. They come from
procwire itself, /etc/procwire/rules and ~/.config/procwire/rules, the later going before for one id. Each
brings rows that it must match and rows that it must not; one that does not do so is refused."""


def add(commands: Any) -> None:
    """Declare the command and its actions."""
    parser = commands.add_parser(
        "rules", help="rules over flows, records and processes", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    listed = _action(actions, "list", "every rule, with its table and state", _list)
    form = listed.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="comma separated values with a header line")
    shown = _action(actions, "show", "one rule, as it is written", _show)
    shown.add_argument("id")
    checked = _action(actions, "check", "whether rule files are right; 1 where one is not", _check)
    checked.add_argument("paths", nargs="*", metavar="DIR", help="directories or files (default: the usual)")
    tried = _action(
        actions,
        "test",
        "what rules find in what was stored, or in a recording; 4 where one could not look",
        _test,
    )
    tried.add_argument(
        "ids", nargs="*", metavar="ID", help="only these rules (default: all but disabled ones)"
    )
    over = tried.add_mutually_exclusive_group()
    over.add_argument(
        "--since", metavar="TIME", default="", help="over the store, from then on: 2h (ago), a time"
    )
    file = over.add_argument("--file", metavar="CAPTURE", default="", help="over a capture file")
    file.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}
    add_place(tried)
    add_forms(tried)
    for name, state, words in (
        ("enable", "enabled", "have rules look again"),
        ("disable", "disabled", "have rules look at nothing"),
        ("trial", "test", "have rules look, and tell what they find as info alone"),
    ):
        switched = _action(actions, name, words, lambda arguments, state=state: _switch(arguments, state))
        switched.add_argument("ids", nargs="+", metavar="ID")
    _add_import(actions)
    _action(actions, "coverage", "ATT&CK techniques of rules and detectors, as a Navigator layer", _coverage)


def _add_import(actions: Any) -> None:
    taken = _action(
        actions,
        "import",
        "take over Sigma rules; 4 where some cannot run here, each named with the reason",
        _import,
    )
    taken.add_argument("paths", nargs="+", metavar="FILE", help="Sigma rules: files or directories")
    taken.add_argument(
        "--out",
        metavar="DIR",
        default="",
        help="where they are written (default: sigma, beside your own rules)",
    )
    taken.add_argument(
        "--placeholders", metavar="FILE", default="",
        help="YAML: what %%Servers%% and other placeholders of rules stand for, as Servers: [srv1, srv2]",
    )  # fmt: skip
    taken.add_argument(
        "--dry-run", action="store_true", help="write nothing, only say what would become of them"
    )
    form = taken.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line, for each rule")
    form.add_argument("--csv", action="store_true", help="comma separated values with a header line")


def _action(actions: Any, name: str, help: str, run: Any) -> Any:
    parser = actions.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
    parser.add_argument("--rules", action="append", default=[], metavar="DIR", help="also the rules in DIR")
    parser.set_defaults(run=lambda arguments: _said(run, arguments))
    return parser


def _said(run: Any, arguments: argparse.Namespace) -> int:
    """Run an action; a directory that cannot be read is a fault of the command line."""
    try:
        code: int = run(arguments)
    except api.ExtensionError as error:
        raise EngineError(str(error), exit.USAGE) from None
    return code


def _loaded(arguments: argparse.Namespace) -> tuple[list[Any], int]:
    """(rules, exit code): 4 where a file was left out, which is said."""
    found, wrong, _ = api.rules(arguments.rules)
    for line in wrong:
        print(f"procwire: {clean(line)}", file=sys.stderr)
    return found, exit.INCOMPLETE if wrong else exit.OK


def _list(arguments: argparse.Namespace) -> int:
    found, code = _loaded(arguments)
    out = writer(arguments, RULES)
    for rule in found:
        out.write(
            RuleRow(
                id=rule.id, title=rule.title, severity=rule.severity, table=rule.table, state=rule.state,
                match=rule.match, attack=rule.attack, proofs=rule.fires + rule.silent, source=rule.source,
            )
        )  # fmt: skip
    out.finish()
    return code


def _show(arguments: argparse.Namespace) -> int:
    found, code = _loaded(arguments)
    for rule in found:
        if rule.id == arguments.id:
            print(f"# {rule.source}")
            print(Path(rule.source).read_text(encoding="utf-8"), end="")
            return code
    raise EngineError(f"no rule is called {arguments.id!r}: see procwire rules list", exit.USAGE)


def _check(arguments: argparse.Namespace) -> int:
    found, wrong, _ = api.rules([*arguments.rules, *arguments.paths])
    for line in wrong:
        print(f"procwire: {clean(line)}", file=sys.stderr)
    print(f"{len(found)} rules are right, {len(wrong)} files are not")
    return exit.FAILURE if wrong else exit.OK


def _test(arguments: argparse.Namespace) -> int:
    from procwire.cli import trying_rules

    found, code = _loaded(arguments)
    known = {rule.id for rule in found}
    for name in arguments.ids:
        if name not in known:
            raise EngineError(f"no rule is called {name!r}: see procwire rules list", exit.USAGE)
    chosen = [
        rule for rule in found if rule.id in arguments.ids or (not arguments.ids and rule.state != "disabled")
    ]
    rows = (
        trying_rules.over_file(arguments, chosen)
        if arguments.file
        else trying_rules.over_store(arguments, chosen)
    )
    out = writer(arguments, RULE_TESTS)
    for row in rows:
        out.write(row)
    out.finish()
    return exit.INCOMPLETE if any(row.problem for row in rows) else code


def _switch(arguments: argparse.Namespace, state: str) -> int:
    found, code = _loaded(arguments)
    known = {rule.id for rule in found}
    for name in arguments.ids:
        if name not in known:
            raise EngineError(f"no rule is called {name!r}: see procwire rules list", exit.USAGE)
    place = api.switch(arguments.ids, state)
    said = {"command": f"rules {arguments.action}", "state": state, "rules": arguments.ids[:MAX_NAMED]}
    recorded(arguments, "rule", said | {"count": len(arguments.ids)})
    print(f"{len(arguments.ids)} rules are {state} ({place}); a watch that goes on takes it over on SIGHUP")
    return code


def _import(arguments: argparse.Namespace) -> int:
    rows, place, written = api.take_sigma(
        arguments.paths, into=arguments.out, dry=arguments.dry_run, placeholders=arguments.placeholders
    )
    refused = [row for row in rows if row.outcome == REFUSED]
    partly = [row for row in rows if row.outcome == PARTLY]
    out = writer(arguments, IMPORTS)
    for row in rows if arguments.json or arguments.csv else [*partly, *refused]:
        out.write(row)
    out.finish()
    sys.stdout.flush()
    print(
        f"{len(rows)} rules read, {len(rows) - len(refused)} imported ({len(partly)} of them in part), "
        f"{len(refused)} refused",
        file=sys.stderr,
    )
    for kind, count in Counter(row.kind for row in refused).most_common():
        print(f"{count:>7}  {clean(kind)}", file=sys.stderr)
    if written:
        recorded(arguments, "rule", {"command": "rules import", "written": written, "place": str(place)})
        print(f"{written} files written in {place}", file=sys.stderr)
    return exit.INCOMPLETE if refused else exit.OK


def _coverage(arguments: argparse.Namespace) -> int:
    found, code = _loaded(arguments)
    said: dict[str, list[str]] = {}
    for name, techniques in (
        *((rule.id, rule.attack) for rule in found if rule.state == "enabled"),
        *((one.name, one.attack) for one in api.detectors()),
    ):
        for technique in techniques:
            said.setdefault(technique, []).append(name)
    print(msgspec.json.format(msgspec.json.encode(_layer(said.items())), indent=2).decode())
    return code


def _layer(said: Iterable[tuple[str, list[str]]]) -> dict[str, Any]:
    """A layer of the ATT&CK Navigator, format 4.5."""
    return {
        "name": "procwire",
        "versions": {"layer": "4.5", "navigator": "5.0.0", "attack": "16"},
        "domain": "enterprise-attack",
        "description": "Techniques that procwire's detectors and rules may show",
        "techniques": [
            {"techniqueID": technique, "score": len(names), "comment": ", ".join(names)}
            for technique, names in sorted(said)
        ],
    }
