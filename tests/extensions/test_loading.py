from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from procwire.dpi.registry import extend, modules, registry
from procwire.extensions.loading import learn
from procwire.extensions.reason import ExtensionError
from tests.capture.crafted import pcap_header, record
from tests.cli import program
from tests.dpi.user.example import EXAMPLE
from tests.packet.build import eth, ip4, udp

PACKAGE = '''"""Echo: what a package brings. Recognised by its first word alone, as a test wants it."""
from procwire.dpi.contract import Claim
from procwire.model.observation import Observation
NAME, PORTS, TRANSPORTS, FIRST = "echoed", frozenset(), frozenset({"udp"}), b"E"
class Said(Observation, kw_only=True):
    """Something."""
    TABLE = "echoed"
OBSERVATIONS = (Said,)
def claims(data, side, context):
    return Claim.YES if data.startswith(b"ECHO") else Claim.NO
class Parser:
    def __init__(self, context): ...
    def feed(self, side, data, *, now):
        if b"bad" in data: raise ZeroDivisionError
        return [Said(time=now, side=side)]
    def gap(self, side, size, *, now): return ()
    def skip(self, side): return 0
'''


def capture(path: Path, *payloads: tuple[int, int, bytes]) -> str:
    frames = [eth(ip4(udp(data, sport, dport), 17)) for sport, dport, data in payloads]
    file = path / "made.pcap"
    file.write_bytes(pcap_header() + b"".join(record(9, n, frame) for n, frame in enumerate(frames)))
    return str(file)


def package(path: Path, name: str, code: str) -> None:
    info = path / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[procwire.protocols]\n{name} = {name}\n")
    (path / f"{name}.py").write_text(code)


def test_the_registry_is_extended_and_ours_keep_their_names(tmp_path: Path) -> None:
    try:
        assert learn([str(EXAMPLE.parent)]) == []
        assert registry().modules[-1].NAME == "acme"
        for name in ("http", "flow", "observation", "unknown"):
            text = EXAMPLE.read_text().replace("name: acme", f"name: {name}", 1)
            (tmp_path / "a.yaml").write_text(text)
            with pytest.raises(
                ExtensionError, match=f"a.yaml:1: the name '{name}' is taken by procwire itself"
            ):
                learn([str(tmp_path)])
    finally:
        extend(())
    assert registry().modules == modules()


def test_the_documented_example_from_a_capture_to_a_record(tmp_path: Path) -> None:
    hello = b"\xacN\x01\x05\x01\x02\xde\xad\xbe\xef dev=boiler3;"
    file = capture(tmp_path, (5000, 7000, hello), (6000, 9999, b"nothing"))
    words = ("--protocols", str(EXAMPLE.parent))
    done = program.run("read", file, *words, "--observations", "acme", "--csv")
    assert (done.returncode, done.stderr) == (0, b"")
    head, row = done.stdout.decode().splitlines()
    told = dict(zip(head.split(","), row.split(","), strict=True))
    assert (told["app"], told["version"], told["sequence"]) == ("acme", "5", "513")
    assert (told["key"], told["device"]) == ("deadbeef", "boiler3")
    kept = program.run("read", file, *words, "--json", "--filter", "app == acme")
    assert kept.stdout.count(b'"app":"acme","app_confidence":"content"') == 1
    for asked in (("columns", "acme"), ("protocols", "--explain", "acme")):
        assert b"Version that the client speaks." in program.run(*asked, *words).stdout


def test_an_error_is_one_line_and_a_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: box\ncolour: red\n")
    done = program.run("columns", "--protocols", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"procwire: {tmp_path}/a.yaml:2: 'colour' is not known")
    assert done.stderr.count(b"\n") == 1


def test_modules_of_packages_and_those_that_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, "echoed", PACKAGE)
    package(tmp_path, "broken", "import nothing_of_that_name")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "echoed", raising=False)
    try:
        left = learn([])
        assert [line.split(":")[0] for line in left] == ["protocol broken (broken) is left out"]
        assert registry().modules[-1].NAME == "echoed"
    finally:
        extend(())
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(program.SOURCE), str(tmp_path)]))
    monkeypatch.setattr(program, "environment", lambda: dict(os.environ))
    file = capture(tmp_path, (1, 2, b"ECHO"), (3, 4, b"ECHO bad"))
    done = program.run("read", file, "--observations", "echoed", "--json")
    assert (done.returncode, done.stdout.count(b"procwire.echoed/1")) == (0, 1)
    assert done.stderr.count(b"broken") >= 1
    assert done.stderr.count(b"\n") == 1


def test_the_documentation_shows_the_example_as_it_is() -> None:
    page = EXAMPLE.parents[1] / "user-protocol.md"
    assert f"```yaml\n{EXAMPLE.read_text()}```" in page.read_text()
