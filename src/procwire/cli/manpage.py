"""The manual page, in roff (man(7)), made from the argument parser and the sections that no parser holds."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence

from procwire.cli._manual import ENVIRONMENT, EXAMPLES, EXIT_STATUS, FILES, FILTERS, SEE_ALSO

_INDENT = re.compile(r"\s+")


def escape(text: str) -> str:
    """Text as roff shows it unchanged: backslashes, dashes, quotes, and a leading dot or apostrophe."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    text = text.replace("'", "\\(aq").replace("`", "\\(ga").replace('"', "\\(dq")
    lines = ("\\&" + line if line[:1] == "." else line for line in text.split("\n"))
    return "\n".join(lines)


def _flow(text: str) -> str:
    """Running text on one line."""
    return escape(_INDENT.sub(" ", text).strip())


def manual(parser: argparse.ArgumentParser, *, version: str, date: str) -> str:
    """The whole page. ``date`` (2026-01-31) is given, so that the same source makes the same page."""
    name = parser.prog
    out = [f'.TH {name.upper()} 1 "{date}" "{name} {version}" "User Commands"', ".SH NAME"]
    about = (parser.description or "").strip().split("\n")[0].rstrip(".")
    out.append(f"{escape(name)} \\- {_flow(about)}")
    out += [
        ".SH SYNOPSIS",
        ".nf",
        *_synopsis(parser),
        ".fi",
        ".SH DESCRIPTION",
        _flow(parser.description or ""),
    ]
    out += [".SH OPTIONS", *_options(parser)]
    out += [".SH COMMANDS"]
    for command, sub in _commands(parser):
        out += _command(command, sub)
    out += _sections()
    return "\n".join(line for line in out if line) + "\n"


def _synopsis(parser: argparse.ArgumentParser) -> Iterator[str]:
    for command, _ in _commands(parser):
        yield f"\\fB{escape(parser.prog)} {escape(command)}\\fR [\\fIoption\\fR ...]"
    yield f"\\fB{escape(parser.prog)}\\fR \\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR"


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def _command(name: str, parser: argparse.ArgumentParser) -> list[str]:
    return [f".SS {escape(name)}", _flow(parser.description or ""), *_options(parser)]


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        hidden = action.help == argparse.SUPPRESS
        if hidden or isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            continue
        yield ".TP"
        yield _title(action)
        yield _flow(_expanded(parser, action)) or "\\&"


def _expanded(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    return parser._get_formatter()._expand_help(action) if action.help else ""


def _title(action: argparse.Action) -> str:
    names = ", ".join(f"\\fB{escape(name)}\\fR" for name in action.option_strings)
    if action.nargs == 0:
        return names
    value = f"\\fI{escape(_metavar(action))}\\fR"
    many = " ..." if action.nargs in ("*", "+") else ""
    return (f"{names} {value}" if names else value) + many


def _metavar(action: argparse.Action) -> str:
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    if action.metavar:
        return action.metavar
    if action.choices is not None:
        return "|".join(str(choice) for choice in action.choices)
    return action.dest.upper() if action.option_strings else action.dest


def _sections() -> Iterator[str]:
    yield ".SH FILTERS"
    for paragraph in FILTERS:
        yield ".PP"
        yield _flow(paragraph)
    yield ".SH EXIT STATUS"
    yield from _terms(EXIT_STATUS)
    yield ".SH ENVIRONMENT"
    yield from _terms(ENVIRONMENT)
    yield ".SH FILES"
    yield from _terms(FILES)
    yield ".SH EXAMPLES"
    for what, line in EXAMPLES:
        yield from (".PP", _flow(what), ".PP", ".nf", ".RS", escape(line), ".RE", ".fi")
    yield ".SH SEE ALSO"
    yield ", ".join(f"\\fB{escape(name)}\\fR({section})" for name, section in SEE_ALSO)


def _terms(terms: Iterable[Sequence[str]]) -> Iterator[str]:
    for term, meaning in terms:
        yield ".TP"
        yield f"\\fB{escape(term)}\\fR"
        yield _flow(meaning)
