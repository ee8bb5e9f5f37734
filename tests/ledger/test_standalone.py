from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from procwire.ledger import book, standalone
from tests.ledger.made import copied, ledger, lines, rewrite


def test_one_file_checks_it_with_the_standard_library_alone(tmp_path: Path) -> None:
    good = ledger(tmp_path / "good", epochs=2)
    alone = tmp_path / "alone.py"
    alone.write_text(standalone.text())
    assert "import procwire" not in alone.read_text()
    assert "from procwire" not in alone.read_text()
    public = (good / book.PUBLIC).read_text().strip()
    command = [sys.executable, "-I", "-S", str(alone)]
    said = subprocess.run([*command, str(good), "--key", public], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, "20 records, 3 checkpoints, 2 epochs: whole\n")
    spoiled = copied(good, "spoiled")
    rewrite(spoiled, [line.replace(b'"number":5', b'"number":6') for line in lines(good)])
    said = subprocess.run([*command, str(spoiled)], capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "altered record 6" in said.stderr
    said = subprocess.run([*command, str(tmp_path / "no")], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr.count("\n")) == (1, 1)
