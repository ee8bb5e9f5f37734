"""Roles as colours: true colour for dark and light backgrounds, the terminal's own sixteen, or none.

Without colours (NO_COLOR) roles differ by weight and reverse video alone, so that nothing is said by colour
only.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style

DARK, LIGHT, ANSI, ANSI_LIGHT, MONO = "dark", "light", "ansi", "ansi-light", "mono"
NAMES = (DARK, LIGHT, ANSI, ANSI_LIGHT, MONO)
TEXTUAL = {DARK: "textual-dark", LIGHT: "textual-light", ANSI: "ansi-dark", ANSI_LIGHT: "ansi-light",
           MONO: "ansi-dark"}  # fmt: skip
DOCS = {
    DARK: "true colour on a dark background",
    LIGHT: "true colour on a light background",
    ANSI: "the terminal's own sixteen colours, dark background",
    ANSI_LIGHT: "the terminal's own sixteen colours, light background",
    MONO: "no colour: bold, dim and reverse video",
}

Roles = Mapping[str, Style]


def _styles(**roles: str) -> Roles:
    return {name.rstrip("_"): Style.parse(words) for name, words in roles.items()}


_DARK = _styles(
    text="#d7dae0 on #16181d", dim="#7d8590 on #16181d", title="bold #e6e8ec on #16181d",
    accent="#6cb6ff on #16181d", good="#57ab5a on #16181d", warn="#e0a548 on #16181d",
    bad="bold #f47067 on #16181d", out="#c69026 on #16181d", in_="#539bf5 on #16181d",
    head="bold #adbac7 on #22262e", order="bold #6cb6ff on #22262e", bar="#adbac7 on #22262e",
    tab="bold #16181d on #6cb6ff", key="bold #6cb6ff on #22262e", chart="#39c5cf on #16181d",
    cursor="bold #ffffff on #2f4b73", lit="#16181d on #e0a548", line="#444c56 on #16181d",
)  # fmt: skip
_LIGHT = _styles(
    text="#24292f on #ffffff", dim="#6e7781 on #ffffff", title="bold #1b1f24 on #ffffff",
    accent="#0550ae on #ffffff", good="#116329 on #ffffff", warn="#8a4600 on #ffffff",
    bad="bold #a40e26 on #ffffff", out="#7d4e00 on #ffffff", in_="#0550ae on #ffffff",
    head="bold #424a53 on #e7ebef", order="bold #0550ae on #e7ebef", bar="#424a53 on #e7ebef",
    tab="bold #ffffff on #0550ae", key="bold #0550ae on #e7ebef", chart="#0a5c66 on #ffffff",
    cursor="bold #1b1f24 on #b6d7fb", lit="#1b1f24 on #f2c94c", line="#afb8c1 on #ffffff",
)  # fmt: skip
_ANSI = _styles(
    text="default", dim="bright_black", title="bold", accent="bright_cyan", good="green", warn="yellow",
    bad="bold bright_red", out="yellow", in_="bright_blue", head="bold reverse", order="bold cyan reverse",
    bar="reverse", tab="bold bright_cyan", key="bold reverse", chart="cyan", cursor="bold white on blue",
    lit="black on yellow", line="bright_black",
)  # fmt: skip
_ANSI_LIGHT = _styles(
    text="default", dim="bright_black", title="bold", accent="blue", good="green", warn="magenta",
    bad="bold red", out="magenta", in_="blue", head="bold reverse", order="bold blue reverse", bar="reverse",
    tab="bold blue", key="bold reverse", chart="blue", cursor="bold white on blue", lit="black on yellow",
    line="bright_black",
)  # fmt: skip
_MONO = _styles(
    text="default", dim="dim", title="bold", accent="underline", good="default", warn="bold",
    bad="bold underline", out="default", in_="default", head="reverse", order="bold reverse underline",
    bar="reverse", tab="bold", key="bold reverse", chart="default", cursor="bold reverse", lit="reverse",
    line="dim",
)  # fmt: skip

PALETTES: Mapping[str, Roles] = {
    DARK: _DARK,
    LIGHT: _LIGHT,
    ANSI: _ANSI,
    ANSI_LIGHT: _ANSI_LIGHT,
    MONO: _MONO,
}
