"""Make the list of fingerprints anew from programs that are run: ``python -m tools.fingerprints`` (root).

Each program opens TLS, QUIC or SSH to a server on a wire of its own, once by name and once by address; what
procwire says of its flows is written to ``src/procwire/extensions/fingerprints.tsv``. Programs that are not
installed keep the lines that they have. ``--python PATH`` names an interpreter with the Python clients
(requests httpx[http2] aiohttp websockets paramiko asyncssh uv); ``--only WORD`` runs those so named.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.scenes.lines import lines_of
from tests.vectors.scene import SERVER, Scene, recorded

from procwire.extensions.fingerprints import OURS
from tools import _fingerprint_programs as known

HEAD = "# kind, value, name, where it was seen; made by tools/fingerprints.py\n"
NAME = "www.example.com"
HIDE = 'mount --bind "$0" /etc/hosts && exec "$@"'  # in a mount namespace of its own
KINDS = ("ja4", "hassh", "hassh_server")


@dataclass(frozen=True)
class Run:
    """What one program is run with, and what was seen of it."""

    program: known.Program
    python: str
    found: list[tuple[str, str]] = field(default_factory=list)

    def words(self, call: tuple[str, ...], host: str, folder: Path) -> list[str]:
        """A call's words with the server's name or address in them."""
        place = {"host": host, "name": NAME, "address": SERVER, "python": self.python, "folder": str(folder),
                 "peer": sys.executable}  # fmt: skip
        return [word.format_map(place) for word in call]

    def there(self) -> bool:
        """Whether the program is installed."""
        first = self.words(self.program.version, NAME, Path("/"))
        if shutil.which(first[0]) is None:
            return False
        return subprocess.run(first, capture_output=True, check=False, timeout=60).returncode in {0, 1, 255}

    def version(self) -> str:
        """The first number in what it says of itself."""
        done = subprocess.run(
            self.words(self.program.version, NAME, Path("/")), capture_output=True, check=False, timeout=60
        )
        number = re.search(rb"\d+(?:\.\d+)+[a-z]?\d*", done.stdout + done.stderr)
        return number[0].decode() if number else ""


def observe(one: Run) -> None:
    """Run every call of a program, and keep what is seen."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "seen.pcap"
        with recorded(target) as scene:
            hosts = scene.folder / "hosts"
            hosts.write_text(f"127.0.0.1 localhost\n{SERVER} {NAME}\n")
            known.SERVERS[one.program.server](scene, one.python)
            for number, (call, host) in enumerate((c, h) for c in one.program.calls for h in (NAME, SERVER)):
                home = scene.folder / f"home{number}"
                home.mkdir()
                _call(scene, one.words(call, host, scene.folder), hosts, home)
        for line in lines_of(target):
            if line["table"] == "flow":
                one.found.extend((kind, line[kind]) for kind in KINDS if kind in line)


def _call(scene: Scene, words: list[str], hosts: Path, home: Path) -> None:
    environment = {"HOME": str(home), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/go/bin", "LANG": "C",
                   "GIT_SSL_NO_VERIFY": "1", "GIT_TERMINAL_PROMPT": "0", "NODE_TLS_REJECT_UNAUTHORIZED": "0",
                   "GOCACHE": f"{tempfile.gettempdir()}/procwire-go",
                   "PYTHONPATH": str(Path(__file__).parents[1])}  # fmt: skip
    hidden = ("unshare", "-m", "sh", "-c", HIDE, str(hosts), "timeout", "-k", "2", "90", *words)
    scene.client.start(*hidden, env=environment, cwd=home).wait(100)


def rows(one: Run, system: str) -> list[tuple[str, str, str, str]]:
    """Lines of the list. A server's fingerprint is that of the program that was started as the server."""
    seen = f"{system}, {one.version()}".rstrip(", ")
    wanted = {"hassh_server"} if one.program.serves else {"ja4", "hassh"}
    return [(kind, value, one.program.name, seen) for kind, value in one.found if kind in wanted]


def system() -> str:
    """Name and version of this system."""
    lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    said = dict(line.replace('"', "").split("=", 1) for line in lines if "=" in line)
    return f"{said.get('ID', 'linux').capitalize()} {said.get('VERSION_ID', '')}".strip()


def kept(again: set[str]) -> list[tuple[str, ...]]:
    """The lines there are, but for those of programs that were run again."""
    if not OURS.exists():
        return []
    lines = [tuple(line.split("\t")) for line in OURS.read_text(encoding="ascii").splitlines()]
    return [line for line in lines if len(line) == 4 and line[2] not in again]


def main(words: list[str]) -> int:
    """Run what is there, write the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--only", default="")
    given = parser.parse_args(words)
    found: list[tuple[str, ...]] = []
    again: set[str] = set()
    for program in known.PROGRAMS:
        one = Run(program, given.python)
        if given.only not in program.name or not one.there():
            print(f"{program.name}: left out")
            continue
        observe(one)
        fresh = rows(one, system())
        print(f"{program.name} {one.version()}: {len(set(fresh))}", flush=True)
        if fresh:
            again.add(program.name)
            found += fresh
    lines = sorted({*kept(again), *found})
    OURS.write_text(HEAD + "".join("\t".join(line) + "\n" for line in lines), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
