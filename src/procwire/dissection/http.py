"""HTTP/1: the first line and each field (RFC 9112 sections 2 to 5); behind the empty line is content."""

from __future__ import annotations

from procwire.dissection.outline import Outline, quoted, sized
from procwire.model.patterns import lazy

_REQUEST = lazy(rb"[A-Z][A-Z\-]{1,19} [^ \r\n]{1,8192} HTTP/1\.[01]\r?\n")
_LONG = lazy(rb"(?:GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PROPFIND) [^ \r\n]{64,}\Z")
_STATUS = lazy(rb"HTTP/1\.[01] [1-5][0-9][0-9](?: [^\r\n]*)?\r?\n")
NOT_ENDED = "the head: it does not end in this packet"


def fits(data: bytes, ports: tuple[int, int]) -> bool:  # noqa: ARG001
    """A request line or a status line."""
    return any(pattern.match(data) is not None for pattern in (_REQUEST, _STATUS, _LONG))


def line_end(outline: Outline) -> tuple[int, int]:
    """Where the text of this line ends, and where the next begins; ``end`` where it does not."""
    feed = outline.data.find(b"\n", outline.at, outline.end)
    if feed < 0:
        return outline.end, outline.end
    return (feed - 1 if feed > outline.at and outline.data[feed - 1] == 13 else feed), feed + 1


def read(outline: Outline) -> str:
    """Lines to the empty one, and the content behind it."""
    outline.say(_first(outline))
    while outline.left > 0:
        text, behind = line_end(outline)
        if text == outline.at:
            outline.note("end of head", outline.at, behind)
            outline.at = behind
            outline.rest("content", sized)
            return ""
        _field(outline, text, behind)
    outline.missing = NOT_ENDED
    return ""


def _first(outline: Outline) -> str:
    start = outline.at
    text, behind = line_end(outline)
    line = outline.data[start:text]
    answer = line.startswith(b"HTTP/")
    with outline.group("status line" if answer else "request line", quoted(line)):
        names = ("version", "status", "reason") if answer else ("method", "target", "version")
        at = start
        for name, word in zip(names, line.split(b" ", 2), strict=False):
            outline.note(name, at, at + len(word), quoted(word))
            at += len(word) + 1
        outline.at = behind
    return quoted(line)


def _field(outline: Outline, text: int, behind: int) -> None:
    line = outline.data[outline.at : text]
    name, colon, value = line.partition(b":")
    if not colon or line[:1] in b" \t":
        outline.note("line", outline.at, behind, quoted(line))
    else:
        outline.note(quoted(name), outline.at, behind, quoted(value.strip()))
    outline.at = behind
