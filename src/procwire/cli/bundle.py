"""``procwire bundle``: what a machine without a network needs, in one signed file."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from procwire.cli import exit
from procwire.cli.operating import operator, recorded
from procwire.engine.options import EngineError
from procwire.model.values import clean, human_size, time_text

ROOT = "/etc/procwire"
KEYS = "keys"
DESCRIPTION = """\
Rules, protocols, configuration, names of fingerprints, filters and GeoIP databases, as they lie beneath
/etc/procwire, in one file that an Ed25519 key signs as a whole.

  procwire bundle key site.key site          a key; its public half is printed
  procwire bundle create out.pwb --key site.key --from ./etc --name 2026-11
  procwire bundle import out.pwb --dry-run   what would change, line by line
  procwire bundle rollback                   as it was before the last import"""


def add(commands: Any) -> None:
    """Declare the command and its actions."""
    parser = commands.add_parser(
        "bundle", help="rules, configuration and databases in one signed file", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    key = _action(actions, "key", "make a key to sign with, and print its public half", _key)
    key.add_argument("file", type=Path, metavar="FILE", help="where the key is kept, which must not exist")
    key.add_argument("name", help="name that it signs under, without spaces")
    made = _action(actions, "create", "sign what lies in a directory", _create)
    made.add_argument("file", type=Path, metavar="FILE", help="the bundle, which must not exist")
    made.add_argument("--key", type=Path, required=True, metavar="FILE", help="the key to sign with")
    made.add_argument(
        "--from", type=Path, dest="folder", default=Path(ROOT), metavar="DIR",
        help=f"where it lies: rules/, protocols/, geoip/, config.toml, ... (default {ROOT})",
    )  # fmt: skip
    made.add_argument("--name", default="", metavar="TEXT", help="what it is called (default: as the file)")
    shown = _action(
        actions, "inspect", "what is in a bundle, and who signed it; 1 where it is not whole", _inspect
    )
    _reading(shown)
    taken = _action(actions, "import", "put a bundle's files in place, all or none", _import)
    _reading(taken)
    taken.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    taken.add_argument("--ledger", type=Path, metavar="DIR", help="record it in this ledger")
    undone = _action(actions, "rollback", "as it was before the last import; again undoes that", _rollback)
    undone.add_argument("--root", type=Path, default=Path(ROOT), metavar="DIR", help=f"(default {ROOT})")
    undone.add_argument("--ledger", type=Path, metavar="DIR", help="record it in this ledger")


def _reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the bundle")
    parser.add_argument("--root", type=Path, default=Path(ROOT), metavar="DIR",
                        help=f"where it belongs (default {ROOT})")  # fmt: skip
    parser.add_argument(
        "--trust", type=Path, metavar="DIR",
        help="directory with the keys that are trusted, *.pub (default: keys in --root)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _action(actions: Any, name: str, words: str, run: Callable[[argparse.Namespace], int]) -> Any:
    parser = actions.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    parser.set_defaults(run=lambda arguments: _said(run, arguments))
    return parser


def _said(run: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    from procwire.bundles.reason import BundleError
    from procwire.ledger.tree import LedgerError

    try:
        return run(arguments)
    except (BundleError, LedgerError) as error:
        raise EngineError(f"bundle: {error}") from None


def _key(arguments: argparse.Namespace) -> int:
    from procwire.ledger.keys import EpochKey
    from procwire.ledger.note import NAME

    if arguments.file.exists() or not NAME.fullmatch(arguments.name):
        raise EngineError(f"{arguments.file}: there is one, or {arguments.name!r} is no name", exit.USAGE)
    key = EpochKey(arguments.name, os.urandom(32))
    key.save(arguments.file)
    print(key.verifier)
    key.wipe()
    return exit.OK


def _create(arguments: argparse.Namespace) -> int:
    from procwire.bundles import archive, manifest
    from procwire.ledger.keys import load

    files, left = _gathered(arguments.folder)
    for path in left:
        print(f"procwire: left out: {clean(path)}", file=sys.stderr)
    made = manifest.manifest(arguments.name or arguments.file.stem, time_text(time.time_ns()), files)
    key = load(arguments.key)
    archive.write(arguments.file, made, files, key)
    print(f"{arguments.file}: {len(files)} files, signed by {key.name}")
    return exit.OK


def _gathered(folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files that a bundle may bring, and those that it may not. Links are not followed."""
    from procwire.bundles import manifest

    files: dict[str, bytes] = {}
    left: list[str] = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir() and not path.is_symlink():
            continue
        if path.is_symlink() or not path.is_file() or not manifest.allowed(name):
            left.append(name)
        else:
            files[name] = path.read_bytes()
    return files, left


def _opened(arguments: argparse.Namespace) -> Any:
    from procwire.bundles import archive

    return archive.Bundle(arguments.file, archive.trusted(arguments.trust or arguments.root / KEYS))


def _inspect(arguments: argparse.Namespace) -> int:
    with _opened(arguments) as bundle:
        made, signers = bundle.manifest, [key.name for key in bundle.signers]
        entries = [entry for entry, _ in bundle.files()]
        if arguments.json:
            files = [{"path": one.path, "size": one.size, "sha256": one.sha256} for one in entries]
            head = {"schema": "procwire.bundle/1", "name": made.name, "created": made.created}
            print(json.dumps({**head, "trusted": signers, "claims": bundle.claims, "files": files}))
            return exit.OK
        by = (
            f"signed by {', '.join(signers)}" if signers else f"NOT TRUSTED (says {', '.join(bundle.claims)})"
        )
        print(clean(f"{made.name}, made {made.created}, {by}"))
        for entry in entries:
            print(f"{entry.sha256[:16]}  {human_size(entry.size):>8}  {entry.path}")
    return exit.OK


def _import(arguments: argparse.Namespace) -> int:
    from procwire.bundles import install

    with _opened(arguments) as bundle:
        if not bundle.signers:
            claims = clean(", ".join(bundle.claims))
            raise EngineError(f"bundle: signed by no key that is trusted here (it says {claims})")
        files = [(entry.path, data) for entry, data in bundle.files()]
        changed = list(install.changes(arguments.root, files))
        for path, what, lines in changed:
            _tell(arguments, path, what, lines)
        if arguments.dry_run:
            return exit.OK
        install.install(arguments.root, files, _faults)
        body = {
            "bundle": bundle.manifest.name, "created": bundle.manifest.created,
            "signers": [str(key) for key in bundle.signers], "root": str(arguments.root),
            "manifest_sha256": bundle.digest, "files": len(bundle.manifest.files),
        }  # fmt: skip
    _record(arguments, body)
    done = sum(what != "same" for _, what, _ in changed)
    print(
        f"procwire: {done} files changed in {arguments.root}; procwire bundle rollback undoes it",
        file=sys.stderr,
    )
    return exit.OK


def _tell(arguments: argparse.Namespace, path: str, what: str, lines: list[str]) -> None:
    if arguments.json:
        print(json.dumps({"schema": "procwire.change/1", "path": path, "change": what, "lines": lines}))
        return
    print(f"{what:<8} {path}")
    for line in lines:
        print(f"         {clean(line)}")


def _faults(root: Path) -> list[str]:
    """What would be wrong with the configuration, rules and databases that lie there."""
    from procwire.configuration.files import read_file
    from procwire.engine import api
    from procwire.geo.book import opened
    from procwire.geo.reason import GeoError

    faults: list[str] = []
    if (root / "config.toml").exists():
        faults += read_file(root / "config.toml")[1]
    if (root / "rules").is_dir():
        faults += [line for line in api.rules([str(root / "rules")])[1] if str(root) in line]
    for path in sorted((root / "geoip").rglob("*.mmdb")):
        try:
            opened(path)
        except GeoError as error:
            faults.append(str(error))
    return faults


def _rollback(arguments: argparse.Namespace) -> int:
    from procwire.bundles import install

    install.back(arguments.root)
    _record(arguments, {"rolled_back": str(arguments.root)})
    print(f"procwire: {arguments.root} is as it was", file=sys.stderr)
    return exit.OK


def _record(arguments: argparse.Namespace, body: dict[str, Any]) -> None:
    """In the ledger that is named, else in the usual one where there is one."""
    if arguments.ledger is None:
        recorded(arguments, "configuration", body)
        return
    from procwire.ledger import inbox

    inbox.tell(arguments.ledger, "configuration", body | {"by": operator()}, now=time.time_ns())
