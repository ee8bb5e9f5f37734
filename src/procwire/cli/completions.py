"""Shell completions made from the argument parser itself, so that they cannot fall behind it."""

from __future__ import annotations

import argparse

SHELLS = ("bash", "zsh", "fish")


def complete(parser: argparse.ArgumentParser, shell: str) -> str:
    """The completion script for one of SHELLS. Raises ValueError for another shell."""
    if shell not in SHELLS:
        raise ValueError(f"no completions for {shell}; there are some for {', '.join(SHELLS)}")
    import shtab

    script: str = shtab.complete(parser, shell)
    return script if script.endswith("\n") else script + "\n"


def mark_file(action: argparse.Action) -> argparse.Action:
    """Say that an argument is a file, so that shells offer files for it. Returns the action."""
    import shtab

    action.complete = shtab.FILE  # type: ignore[attr-defined]
    return action
