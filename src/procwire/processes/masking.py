"""Command lines without the secrets in them: each becomes ``***`` in its place. Pure.

A best effort by names and shapes: what neither a name, a program nor its own shape gives away stays. It errs
on the side of hiding; a file name after ``--password-file`` is no secret and is shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from procwire.processes import _secrets

MASK = "***"
MAX_BYTES = 8192  # of /proc/PID/cmdline that are looked at
MAX_WORDS = 512  # arguments that are kept
MAX_TEXT = 4096  # characters of a command line that are kept

_WORDS = _secrets.WORDS
# Every repetition is bounded or anchored: a process chooses its own arguments, and time must stay linear.
_OPTION = re.compile(rf"(?i)^-{{1,2}}([\w.-]{{0,64}}?)({_WORDS})$")
_ASSIGNED = re.compile(rf"(?i)(?P<word>{_WORDS})(?P<sign>[\"']?\s?=\s?|[\"']\s?:\s?)(?P<value>[^\s\"'&;,]+)")
_QUOTED = re.compile(rf"(?i)(?P<head>{_WORDS}[\"']?\s?[=:\s]\s?)(?P<quote>[\"'])(?P<value>[^\"']+)(?P=quote)")
_SPACED = re.compile(rf"(?i)((?:^|\s)-{{1,2}}(?:[\w.-]{{0,48}}[-_.])?{_WORDS}\s{{1,8}})([^\s-]\S*)")
_HEADER = re.compile(
    r"(?i)((?:proxy-)?authorization\s?[:=]\s?(?:(?:basic|bearer|digest|negotiate|token|apikey)\s{1,8})?|"
    r"(?:set-)?cookie\s?:\s?|x-[\w-]{0,40}?(?:key|token|secret|auth)[\w-]{0,40}\s?:\s?|private-token\s?:\s?)"
    r"([^\"'\r\n]+)"
)
_URL = re.compile(r"(?i)([a-z0-9+.-]{1,32}://[^\s/:@?#]{0,256}:)([^\s/?#]{1,1024})(?=@)")
_PREFIX = re.compile(r"[\w.-]*$")
_PASS = re.compile(r"^(pass:).+", re.DOTALL)  # openssl-passphrase-options(1)
_TOKENS = tuple(re.compile(pattern) for pattern in _secrets.TOKENS)
_SHOWN = re.compile(r"(?i)(?:^|[-_.])(?:no|ask|prompt|use|with|without|require|allow|enable|disable)[-_.]")


def command_line(raw: bytes) -> str:
    """The text of /proc/PID/cmdline: arguments masked, those with blanks in quotes, controls made visible.

    A process that rewrote its title has one argument, shown as it is.
    """
    parts = raw[:MAX_BYTES].rstrip(b"\0").split(b"\0")
    words = masked([part[:MAX_TEXT].decode("utf-8", "backslashreplace") for part in parts[:MAX_WORDS]])
    if len(words) > 1:
        words = [_shown(word) for word in words]
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in " ".join(words))[:MAX_TEXT]


def masked(words: Sequence[str]) -> list[str]:
    """The arguments, the program's name first, with secrets as ``***``; as many as came in."""
    if not words:
        return []
    program = words[0].rpartition("/")[2].lstrip("-").lower()
    result = [words[0] if len(words) > 1 else _inside(words[0])]
    before = ""
    seen = set(words[1:])
    for word in words[1:]:
        result.append(_argument(program, before, word, seen))
        before = word
    return result


def _argument(program: str, before: str, word: str, seen: set[str]) -> str:
    if _takes_secret(before) and not _is_option(word):
        return MASK
    return _by_program(program, before, word, seen) or _inside(word)


def _takes_secret(option: str) -> bool:
    found = _OPTION.match(option)
    if not found:
        return False
    return _is_secret(*found.groups())


def _is_secret(before: str, word: str) -> bool:
    """Whether a name that ends in a telling word tells: ``compass``, ``spin`` and ``use-password`` do not."""
    name = (before + word).lower()
    if name in _secrets.INNOCENT or _SHOWN.match(name):
        return False
    if not before or not before[-1].isalnum() or word[0].isupper():
        return True
    return word.lower() not in _secrets.SHORT


def _is_option(word: str) -> bool:
    return word.startswith("--") or (len(word) == 2 and word[0] == "-")


def _by_program(program: str, before: str, word: str, seen: set[str]) -> str:
    """What only this program's options give away, or an empty string."""
    if program.startswith(_secrets.JOINED) and word.startswith("-p") and not word.startswith("-port"):
        return "-p" + MASK if len(word) > 2 else word
    options, sign = _secrets.PAIRS.get(program, ((), ""))
    for option in options:
        if before == option and sign in word:
            return word.partition(sign)[0] + sign + MASK
        joined = option + "=" if option.startswith("--") else option
        if word.startswith(joined) and len(word) > len(joined) and sign in word[len(joined) :]:
            return word.partition(sign)[0] + sign + MASK
    needed = _secrets.ONLY_AFTER.get(program)
    if needed is not None and needed not in seen:
        return ""
    for option in _secrets.PROGRAMS.get(program, ()):
        if before == option:
            return MASK
        if program != "openssl" and word.startswith(option) and len(word) > 2:
            return option + MASK
    return ""


def _inside(word: str) -> str:
    """Secrets within one argument: assignments, headers, URLs, tokens, a whole shell command."""
    word = _HEADER.sub(lambda m: m.group(1) + MASK, word)
    word = _URL.sub(rf"\1{MASK}", word)
    word = _QUOTED.sub(lambda m: f"{m['head']}{m['quote']}{MASK}{m['quote']}", word)
    word = _ASSIGNED.sub(_assigned, word)
    word = _SPACED.sub(lambda m: m.group(0) if _SHOWN.search(m.group(1)) else m.group(1) + MASK, word)
    word = _PASS.sub(rf"\1{MASK}", word)
    for pattern in _TOKENS:
        word = pattern.sub(rf"\1{MASK}", word)
    return word


def _assigned(match: re.Match[str]) -> str:
    """Hides the value of a name that tells."""
    before = match.string[max(0, match.start() - 64) : match.start()]
    found = _PREFIX.search(before)
    if not _is_secret((found.group() if found else "").lstrip("-"), match["word"]):
        return match.group(0)
    return f"{match['word']}{match['sign']}{MASK}"


def _shown(word: str) -> str:
    if word and not any(c.isspace() for c in word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"
