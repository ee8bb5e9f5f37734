"""The kernel matrix: ``python -m tests.vm [--only RELEASE]`` (root, ``make vm``).

Downloads Debian's kernel and the one of its backports through apt, boots each under QEMU with this machine's
files, runs ``tests.vm.guest`` there, and writes what came of it to docs/reference/kernels.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
import sys
import time
from typing import Any

from procwire.sandbox.profile import PROCESSES
from tests.kernel.stage import built
from tests.vm import machine
from tests.vm.machine import ROOT, Kernel

CACHE = ROOT / "build" / "vm"
PAGE = ROOT / "docs" / "reference" / "kernels.md"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
BACKPORTS = f"deb [signed-by={KEYRING}] http://deb.debian.org/debian bookworm-backports main\n"
META = "linux-image-amd64"
FALLBACKS = ("without BTF", "without the objects", "without CAP_BPF", "without cgroup v2")
HEAD = """# Kernels

What runs on which kernel, as the virtual machines of `make vm` had it last ({day}, QEMU without
hardware support). The scenarios are those of `tests/kernel/stage.py`, under `procwire watch --json`.

{ran}
"""


def backports() -> list[str]:
    """Options that make apt see Debian's backports alone; this machine's sources stay as they are."""
    place = CACHE / "apt"
    (place / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (place / "cache").mkdir(exist_ok=True)
    (place / "backports.list").write_text(BACKPORTS)
    pairs = {
        "Dir::Etc::sourcelist": place / "backports.list", "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": place / "lists", "Dir::Cache": place / "cache",
    }  # fmt: skip
    return [word for name, value in pairs.items() for word in ("-o", f"{name}={value}")]


def kernels() -> list[Kernel]:
    """The kernels that apt offers, unpacked."""
    found = []
    for options in ([], backports()):
        subprocess.run(["apt-get", *options, "update", "-qq"], check=True)
        shown = subprocess.run(
            ["apt-cache", *options, "depends", META], capture_output=True, text=True, check=False
        ).stdout
        names = re.findall(r"Depends: (linux-image-\S+)", shown)
        found += [machine.fetched(name, CACHE, options) for name in names[:1]]
    return found


def page(reports: list[dict[str, Any]]) -> str:
    """The reports as one document."""
    day = datetime.datetime.now(tz=datetime.UTC).date()
    parts = [HEAD.format(day=day, ran="\n".join(map(_ran, reports))), _programs(reports)]
    parts += [_attribution(reports), _fallbacks(reports)]
    if any("shaping" in report for report in reports):
        parts.append(_shaping(reports))
    if any("sandbox" in report for report in reports):
        parts.append(_sandbox(reports))
    if any("clock steps" in report for report in reports):
        parts.append(_steps(reports))
    if any("suites" in report for report in reports):
        parts.append(_suites(reports))
    return "\n".join(parts)


def _ran(report: dict[str, Any]) -> str:
    """One kernel in a line: its version, how long it took, what came of it."""
    scenes = [each for each in report.get("attribution", {}).values() if isinstance(each, dict)]
    played = [each for each in scenes if not each.get("absent")]
    reasons = [reason for verdicts in report.get("programs", {}).values() for reason in verdicts.values()]
    good = sum(bool(each.get("good")) for each in played)
    right = sum(bool(report.get(name, {}).get("right")) for name in FALLBACKS)
    tests = report.get("suites", {}).get("last", "not run")
    ran = f"{reasons.count('')} of {len(reasons)} programs run"
    return (
        f"- {report['release']} ({report.get('version', '?')}): {ran},"
        f" {good} of {len(played)} scenarios have the right owner and bytes, {right} of {len(FALLBACKS)}"
        f" fallbacks are right, tests: {tests}; {report.get('seconds', 0):.0f} s in all."
    )


def _columns(reports: list[dict[str, Any]], first: str) -> list[str]:
    names = [report["release"] for report in reports]
    return [f"| {first} | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]


def _programs(reports: list[dict[str, Any]]) -> str:
    lines = ["## Programs\n", *_columns(reports, "program")]
    reasons: dict[str, int] = {}
    rows: dict[str, None] = {}
    for report in reports:
        for name, verdicts in report.get("programs", {}).items():
            rows.update(dict.fromkeys(f"{name}: {program}" for program in verdicts))
    for row in rows:
        name, program = row.split(": ")
        cells = []
        for report in reports:
            reason = report.get("programs", {}).get(name, {}).get(program)
            if reason:
                number = reasons.setdefault(plain(reason), len(reasons) + 1)
            cells.append("-" if reason is None else f"refused [{number}]" if reason else "runs")
        lines.append(f"| `{program}` ({name}) | {' | '.join(cells)} |")
    lines.append(
        "\nA dash: the program stands in for one that runs, and is not needed, or the other way round.\n"
    )
    return "\n".join(lines + [f"{number}. {reason}" for reason, number in reasons.items()]) + "\n"


def plain(reason: str) -> str:
    """A refusal without what differs from run to run."""
    return re.sub(r"^bpf_object__load: [^:]*: ", "", reason).replace("|", "/")


def _attribution(reports: list[dict[str, Any]]) -> str:
    lines = ["## Owners\n", *_columns(reports, "scenario")]
    rows = dict.fromkeys(
        name for report in reports for name in report.get("attribution", {}) if name != "notes"
    )
    for row in rows:
        cells = [_verdict(report.get("attribution", {}).get(row)) for report in reports]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _verdict(found: Any) -> str:
    if not isinstance(found, dict):
        return "-"
    if found.get("absent"):
        return f"not played: {found['absent']}"
    words = str(found["words"]).replace("|", "/")
    words = re.sub(r"\d+\.\d+\.\d+\.\d+:\d+", "its address and port", words)
    return ("right: " if found["good"] else "WRONG: ") + words


def _fallbacks(reports: list[dict[str, Any]]) -> str:
    lines = ["## Where the programs cannot run\n", *_columns(reports, "")]
    for name in FALLBACKS:
        cells = []
        for report in reports:
            found = report.get(name, {})
            said = str(found.get("said", found.get("error", "-"))).splitlines()
            right = (
                f"owner right by {', '.join(found.get('sources', []))}"
                if found.get("right")
                else "owner WRONG"
            )
            words = "; ".join(line.removeprefix("procwire: ") for line in said if " alone: " in line)
            words = words or next((line for line in said if "watching" not in line), "nothing")
            words = re.sub(r"/\S*/(src/procwire/)", r"\1", words)
            cells.append(f"{right}; says: {words}".replace("|", "/"))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    cells = []
    for report in reports:
        found = report.get("after SIGKILL", {})
        left, during, links = (found.get(name, "?") for name in ("left", "during", "links"))
        cells.append(f"{left} of {during} programs and {links} links left")
    return "\n".join([*lines, f"| after SIGKILL | {' | '.join(cells)} |"]) + "\n"


def _shaping(reports: list[dict[str, Any]]) -> str:
    lines = ["## Shaped by netem\n", *_columns(reports, "scene")]
    for row in dict.fromkeys(name for report in reports for name in report.get("shaping", {})):
        cells = [_verdict(report.get("shaping", {}).get(row)) for report in reports]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _sandbox(reports: list[dict[str, Any]]) -> str:
    """What each kernel does not give, and what got out of each cell all the same."""
    lines = ["## The sandbox there\n", *_columns(reports, "")]
    found = [report.get("sandbox", {}) for report in reports]
    missing = [", ".join(each.get("missing", ["?"])) or "nothing" for each in found]
    lines.append(f"| is missing | {' | '.join(missing)} |")
    for process in PROCESSES:
        cells = [each.get("cells", {}).get(process, {}) for each in found]
        told = [
            f"{each.get('tried', 0) - each.get('needed', 0) - len(each.get('out', []))} of "
            f"{each.get('tried', 0)} attempts blocked, {each.get('needed', 0)} are its work"
            + "".join(f"; NOT BLOCKED: {name}" for name in each.get("out", []))
            for each in cells
        ]
        lines.append(f"| {process} | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


def _steps(reports: list[dict[str, Any]]) -> str:
    """What became of flows under a clock that was set."""
    lines = ["## The clock set forward an hour and back two\n"]
    for report in reports:
        found = report.get("clock steps", {})
        words = "right: each flow told once, with its owner, its own times, no odd duration, and stored"
        lines.append(f"- {report['release']}: {words if found.get('good') else f'WRONG: {found}'}")
    return "\n".join(lines) + "\n"


def _suites(reports: list[dict[str, Any]]) -> str:
    lines = ["## The kernel's tests there\n"]
    for report in reports:
        found = report.get("suites", {})
        lines.append(f"- {report['release']}: {found.get('last', 'not run')}")
        lines += [f"  - {line[:160]}" for line in found.get("failed", [])]
    return "\n".join(lines) + "\n"


def is_good(report: dict[str, Any]) -> bool:
    """Whether every program runs, all that was played was right, and so was every fallback and test."""
    scenes = [each for each in report.get("attribution", {}).values() if isinstance(each, dict)]
    played = bool(scenes) and all(each.get("good") or each.get("absent") for each in scenes)
    fell = all(report.get(name, {}).get("right") for name in FALLBACKS)
    runs = all(not reason for verdicts in report.get("programs", {}).values() for reason in verdicts.values())
    shaped = all(isinstance(each, dict) and each.get("good") for each in report.get("shaping", {}).values())
    cells = report.get("sandbox", {"good": True}).get("good", False)
    steps = report.get("clock steps", {"good": True}).get("good", False)
    tests = report.get("suites", {})
    passed = "passed" in tests.get("last", "") and not tests.get("failed")
    return (
        played
        and fell
        and runs
        and shaped
        and cells
        and steps
        and passed
        and report.get("after SIGKILL", {}).get("left") == 0
    )


def _parts_good(report: dict[str, Any]) -> bool:
    """Where only some parts ran: none of them failed, or says of itself that it is not good."""
    parts = [part for part in report.values() if isinstance(part, dict)]
    return all("error" not in part and part.get("good", True) for part in parts)


def main() -> int:
    """Boot each kernel; exit code 1 when something was not right on one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="kernels whose release matches")
    parser.add_argument("--parts", default=".", help="parts of the guest's work whose name matches")
    options = parser.parse_args()
    missing = machine.missing()
    if missing:
        print(f"tests.vm: needs {', '.join(missing)} (tools/packages.sh vm)", file=sys.stderr)
        return 3
    if machine.hidden():
        print(
            f"tests.vm: {ROOT}: the guests have folders of their own there: check out elsewhere",
            file=sys.stderr,
        )
        return 2
    CACHE.mkdir(parents=True, exist_ok=True)
    built(CACHE)
    reports = []
    for kernel in kernels():
        if not re.search(options.only, kernel.release):
            continue
        print(f"{kernel.release}: booting", flush=True)
        words, started = f"{CACHE} '{options.parts}'", time.monotonic()
        out, console = machine.boot(kernel, CACHE / f"work-{kernel.release}", "tests.vm.guest", words)
        report = out / "report.json"
        if not report.exists():
            print(console[-3000:], file=sys.stderr)
            return 1
        reports.append({**json.loads(report.read_text()), "seconds": time.monotonic() - started})
        whole = is_good if options.parts == "." else _parts_good
        print(f"{kernel.release}: {'all right' if whole(reports[-1]) else f'not all right, see {report}'}")
    if options.parts == "." and not options.only:
        PAGE.write_text(page(reports))
    if options.parts != ".":
        return 0 if all(_parts_good(report) for report in reports) else 1
    return 0 if all(map(is_good, reports)) else 1


if __name__ == "__main__":
    sys.exit(main())
