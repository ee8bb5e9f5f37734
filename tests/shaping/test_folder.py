from __future__ import annotations

from pathlib import Path

from procwire.shaping.folder import shaping_folder


def test_it_is_of_this_boot_and_of_this_user() -> None:
    assert shaping_folder({}, uid=0) == Path("/run/procwire/shaping")
    assert shaping_folder({"XDG_RUNTIME_DIR": "/run/user/7"}, uid=7) == Path("/run/user/7/procwire/shaping")
    assert shaping_folder({"HOME": "/home/x"}, uid=7) == Path("/home/x/.local/state/procwire/shaping")
