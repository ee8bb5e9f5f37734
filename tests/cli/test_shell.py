from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.program import run


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_good_in_the_shell_itself(shell: str, tmp_path: Path) -> None:
    script = tmp_path / "procwire"
    done = run("completions", shell)
    assert done.returncode == 0
    assert b"--capture-filter" in done.stdout or b"capture-filter" in done.stdout
    script.write_bytes(done.stdout)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert subprocess.run([shell, "-n", str(script)], check=False, timeout=30).returncode == 0


def test_the_manual_page_is_good_roff() -> None:
    page = run("manpage").stdout
    assert b".TH" in page
    assert b"EXIT STATUS" in page
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    checked = subprocess.run(
        ["groff", "-man", "-ww", "-z", "-Tutf8"], input=page, capture_output=True, check=False, timeout=30
    )
    assert checked.returncode == 0
    assert checked.stderr == b""
