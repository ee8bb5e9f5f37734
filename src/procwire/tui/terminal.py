"""What the terminal at hand can do: colours, a light background, characters beyond ASCII, a clipboard."""

from __future__ import annotations

import base64
import locale
import os
import re
import select
import termios
import time
import tty
from collections.abc import Mapping

from procwire.tui import palette

ANSWER_SECONDS = 0.2  # a terminal that has not answered by then is not going to
MAX_ANSWER_BYTES = 4096
MAX_COPY_BYTES = 100_000  # what terminals take by OSC 52 without cutting (xterm, tmux)
_ASK = b"\x1b]11;?\x1b\\\x1b[c"  # the background; and what every terminal answers, so that waiting ends
_COLOUR = re.compile(rb"\x1b\]11;rgb:([0-9a-fA-F]{2,4})/([0-9a-fA-F]{2,4})/([0-9a-fA-F]{2,4})")
_LAST = re.compile(rb"\x1b\[\?[0-9;]*c")
LIGHT_FROM = 0.5  # of full luminance


def theme_for(environment: Mapping[str, str], *, light: bool) -> str:
    """The theme that suits, where none was chosen."""
    if environment.get("NO_COLOR"):
        return palette.MONO
    term = environment.get("TERM", "")
    many = environment.get("COLORTERM", "") in ("truecolor", "24bit") or "256color" in term
    many = many or term.endswith("direct")
    if term in ("dumb", "vt100", "vt220"):
        return palette.MONO
    if many:
        return palette.LIGHT if light else palette.DARK
    return palette.ANSI_LIGHT if light else palette.ANSI


def ascii_only(environment: Mapping[str, str]) -> bool:
    """Whether blocks and ellipses cannot be shown: the console of the kernel, a locale without UTF-8."""
    if environment.get("TERM", "") in ("linux", "dumb", "vt100", "vt220"):
        return True
    return "utf" not in locale.getpreferredencoding(False).lower()


def is_light(environment: Mapping[str, str], descriptor: int | None = None) -> bool:
    """Whether the background is light: what the terminal says of it, else what COLORFGBG does."""
    if descriptor is not None:
        said = background(ask(descriptor))
        if said is not None:
            return said
    last = environment.get("COLORFGBG", "").rpartition(";")[2]
    return last.isdigit() and int(last) in (7, *range(9, 16))


def background(answer: bytes) -> bool | None:
    """Whether the background that the terminal named (OSC 11) is light; None where it named none."""
    found = _COLOUR.search(answer)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    return bool(0.2126 * red + 0.7152 * green + 0.0722 * blue > LIGHT_FROM)


def ask(descriptor: int) -> bytes:
    """What the terminal answers to the question for its background; empty where it does not."""
    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:
        return b""
    answer = b""
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        os.write(descriptor, _ASK)
        end = time.monotonic() + ANSWER_SECONDS
        while not _LAST.search(answer) and len(answer) < MAX_ANSWER_BYTES:
            left = end - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                break
            answer += os.read(descriptor, 256)
    except OSError:
        return b""
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
    return answer


def copied(text: str, environment: Mapping[str, str]) -> str:
    """The sequence that puts text on the clipboard (OSC 52), through tmux too; empty for too long a text."""
    data = text.encode("utf-8", "backslashreplace")
    if len(data) > MAX_COPY_BYTES:
        return ""
    plain = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"
    if environment.get("TMUX"):
        doubled = plain.replace("\x1b", "\x1b\x1b")
        return f"{plain}\x1bPtmux;{doubled}\x1b\\"
    return plain


def words_on(text: str, sequence: str) -> tuple[str, str]:
    """What is said of a copy, and in which role."""
    if not sequence:
        return "too long for the clipboard", "warn"
    return f"copied: {text if len(text) < 60 else text[:57] + '...'}", "good"
