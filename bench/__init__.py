"""Speed and memory, beside a peer or a limit in the same call.

What is measured is byte-compiled first, as an installation has it: else, where Python may keep no bytecode
(PYTHONDONTWRITEBYTECODE), each start would compile the sources anew, and hold what that takes.
"""

import compileall
from pathlib import Path

compileall.compile_dir(Path(__file__).parents[1] / "src", quiet=2)
