"""``procwire ledger``: show a ledger, check it, prove what stands in it. Needs no engine and no network."""

from __future__ import annotations

import argparse
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.model.values import clean

DESCRIPTION = """\
A ledger is a directory of records that only grows: chained, covered by a Merkle tree (RFC 9162) and signed.
Who has the files and the first key finds every record that was changed, dropped, moved or added."""

Command = Callable[[argparse.Namespace], int]


def add(commands: Any) -> None:
    """Declare the command and its actions."""
    parser = commands.add_parser(
        "ledger", help="records that show tampering: show, verify, prove", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    make = _action(actions, "create", "begin a new ledger; prints its first key", _create)
    make.add_argument("--name", default=f"procwire/{socket.gethostname()}", help="name that it signs under")
    make.add_argument("--hash", choices=("sha256", "blake3"), default="sha256", help="hash of the tree")
    show = _action(actions, "show", "records, the newest last", _show)
    show.add_argument("--kind", action="append", help="only this kind (again for more)")
    show.add_argument("--last", type=words.whole(1, 10**9), metavar="N", help="only the last N")
    show.add_argument("--json", action="store_true", help="the records as they are kept")
    check = _action(actions, "verify", "check every record, link and signature", _verify)
    check.add_argument("--key", help="key of the first epoch, as its owner told you (name+hash+base64)")
    check.add_argument(
        "--against", type=Path, action="append", default=[], metavar="CHECKPOINT",
        help="a checkpoint that was kept elsewhere (again for more)",
    )  # fmt: skip
    check.add_argument("--json", action="store_true", help="one JSON object")
    _action(actions, "prove", "a proof of one record, for whom it may concern", _prove, "number")
    known = _action(actions, "check-proof", "check such a proof ('-': standard input)", _check_proof)
    known.add_argument("--key", action="append", required=True, help="key of the ledger (again for epochs)")
    same = _action(actions, "consistency", "proof that an old state is a beginning of a newer", _consistency)
    same.add_argument("old", type=words.whole(0, 10**17), help="records then")
    same.add_argument("new", type=words.whole(0, 10**17), nargs="?", help="records later (default: now)")
    sign = _action(actions, "checkpoint", "sign what the ledger is now", _checkpoint)
    sign.add_argument("--advance", action="store_true", help="end the epoch: the next key takes over")
    tell = _action(actions, "note", "append an operator's words", _note)
    tell.add_argument("text")
    out = _action(actions, "export", "copy it, without its key, with a verifier of one file", _export)
    out.add_argument("to", type=Path, help="directory that must not exist")
    _witness(actions)


def _action(actions: Any, name: str, help: str, run: Command, *before: str) -> Any:
    parser = actions.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
    for argument in before:
        parser.add_argument(argument, type=words.whole(0, 10**17))
    parser.add_argument("directory", type=Path, help="the ledger")
    parser.set_defaults(run=lambda arguments: _said(run, arguments))
    return parser


def _witness(actions: Any) -> None:
    parser = actions.add_parser(
        "witness", help="sign a checkpoint beside its ledger, if it continues what was seen",
        description="Sign a checkpoint beside its ledger, if it continues what this witness saw before.",
    )  # fmt: skip
    parser.add_argument(
        "state", type=Path, help="file that the witness remembers in; made where there is none"
    )
    parser.add_argument("checkpoint", type=Path, help="file with the checkpoint")
    parser.add_argument("--key", action="append", required=True, help="key of the ledger (again for epochs)")
    parser.add_argument("--proof", type=Path, help="output of 'ledger consistency' since it was seen last")
    parser.add_argument("--name", default=f"witness/{socket.gethostname()}", help="name of a new witness")
    parser.set_defaults(run=lambda arguments: _said(_cosign, arguments))


def _said(run: Command, arguments: argparse.Namespace) -> int:
    """Run an action; what is wrong with a ledger is one line and exit code 1."""
    from procwire.ledger.tree import LedgerError
    from procwire.ledger.verify import Bad

    try:
        return run(arguments)
    except (LedgerError, Bad) as error:
        print(f"procwire: {clean(str(error))}", file=sys.stderr)
        return exit.FAILURE


def _create(arguments: argparse.Namespace) -> int:
    from procwire.ledger import book

    made = book.create(arguments.directory, arguments.name, hashed=arguments.hash, now=time.time_ns())
    made.close()
    print((arguments.directory / book.PUBLIC).read_text(encoding="utf-8"), end="")
    return exit.OK


def _show(arguments: argparse.Namespace) -> int:
    from collections import deque

    kinds = {f'"kind":"{kind}"'.encode() for kind in arguments.kind or ()}
    lines: Iterator[bytes] = (
        line for line in _lines(arguments.directory) if not kinds or any(kind in line[:120] for kind in kinds)
    )
    for line in deque(lines, arguments.last) if arguments.last else lines:
        sys.stdout.write(line.decode("utf-8", "backslashreplace") if arguments.json else _told(line))
    return exit.OK


def _lines(directory: Path) -> Iterator[bytes]:
    from procwire.ledger.book import RECORDS

    with (directory / RECORDS).open("rb") as file:
        yield from file


def _told(line: bytes) -> str:
    from procwire.ledger.chain import read

    record = read(line.rstrip(b"\n"))
    body = clean(msgspec.json.encode(record.body).decode())
    return f"{record.n:>8}  {record.time}  {record.kind:<13} {body}\n"


def _verify(arguments: argparse.Namespace) -> int:
    from procwire.ledger.verify import Bad, Check

    kept = tuple(path.read_bytes() for path in arguments.against)
    try:
        report = Check(arguments.directory, arguments.key, kept).run()
    except Bad as bad:
        return _bad(arguments, bad.kind, bad.record, str(bad))
    if arguments.json:
        print(msgspec.json.encode({"verdict": "whole", **vars(report)}).decode())
    else:
        print(report)
        for remark in report.remarks:
            print(f"  {remark}")
    return exit.INCOMPLETE if report.torn_bytes else exit.OK


def _bad(arguments: argparse.Namespace, kind: str, record: int | None, said: str) -> int:
    if arguments.json:
        print(msgspec.json.encode({"verdict": kind, "record": record, "reason": said}).decode())
    else:
        where = "" if record is None else f" record {record}"
        print(f"procwire: {arguments.directory}: {kind}{where}: {clean(said)}", file=sys.stderr)
    return exit.FAILURE


def _prove(arguments: argparse.Namespace) -> int:
    from procwire.ledger import book, proof

    held = book.Book(arguments.directory)
    try:
        print(proof.prove(held, arguments.number), end="")
    finally:
        held.close()
    return exit.OK


def _check_proof(arguments: argparse.Namespace) -> int:
    from procwire.ledger import note, proof

    path = arguments.directory
    text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    shown = proof.check(text, [note.verifier(key) for key in arguments.key])
    at = shown.checkpoint
    print(f"record {shown.record.n} of {at.origin}, among {at.size} signed at {at.extensions.get('time')}:")
    print(msgspec.json.encode(shown.record).decode())
    return exit.OK


def _consistency(arguments: argparse.Namespace) -> int:
    from procwire.ledger import book, proof

    held = book.Book(arguments.directory)
    try:
        for line in proof.packed(held.tree.consistency(arguments.old, arguments.new)):
            print(line)
    finally:
        held.close()
    return exit.OK


def _checkpoint(arguments: argparse.Namespace) -> int:
    from procwire.ledger import book

    held = book.opened(arguments.directory, now=time.time_ns())
    try:
        signed = held.advance if arguments.advance else held.checkpoint
        print(signed(now=time.time_ns()), end="")
    finally:
        held.close()
    return exit.OK


def _note(arguments: argparse.Namespace) -> int:
    from procwire.ledger import book

    held = book.opened(arguments.directory, now=time.time_ns())
    try:
        made = held.append("note", {"text": arguments.text}, now=time.time_ns())
    finally:
        held.close()
    print(f"record {made.n}, {made.digest.hex()}")
    return exit.OK


def _export(arguments: argparse.Namespace) -> int:
    from procwire.ledger import book, standalone, verify

    verify.Check(arguments.directory).run()  # what is bad already is not handed on as if it were good
    arguments.to.mkdir(mode=0o700)
    for name in (book.RECORDS, book.CHECKPOINTS, book.PUBLIC, "nodes.00"):
        shutil.copy(arguments.directory / name, arguments.to / name)
    (arguments.to / "verify.py").write_text(standalone.text(), encoding="utf-8")
    print(f"{arguments.to}: check it with 'python3 {arguments.to}/verify.py {arguments.to} --key KEY'")
    return exit.OK


def _cosign(arguments: argparse.Namespace) -> int:
    from procwire.ledger import note, proof, witness

    known = arguments.state.exists()
    signer = witness.Witness(arguments.state) if known else witness.create(arguments.state, arguments.name)
    steps = proof.unpacked(arguments.proof.read_text("utf-8").split()) if arguments.proof else []
    keys = [note.verifier(key) for key in arguments.key]
    made = signer.cosign(arguments.checkpoint.read_bytes(), keys, steps, seconds=int(time.time()))
    print(made, end="")
    print(f"procwire: witness key {signer.verifier}", file=sys.stderr)
    return exit.OK
