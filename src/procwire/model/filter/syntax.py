"""The tree of a filter as written, before any column is looked up, and its text again.

Nodes are records that msgspec turns into JSON. ``at`` and ``length`` are places in the source, for errors;
they say nothing about meaning. ``show(parse(text))`` reads back as the same tree.
"""

from __future__ import annotations

import msgspec

from procwire.model.patterns import lazy

OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "~", "!~", "in", "not in", "contains")
KEYWORDS = frozenset({"and", "or", "not", "in", "contains", "is"})
_BARE = lazy(r"(?:(?!\.\.)[^\s\"'(){},=!<>~&|\\])+")


class Node(msgspec.Struct, frozen=True, kw_only=True, tag_field="node"):
    """A place in the source."""

    at: int = 0
    length: int = 1


class Word(Node, frozen=True, kw_only=True, tag="word"):
    """A value; ``quoted`` where it stood in quotes and so is text, never a number."""

    text: str
    quoted: bool = False


class Range(Node, frozen=True, kw_only=True, tag="range"):
    """``low..high``, both ends included."""

    low: Word
    high: Word


class Compare(Node, frozen=True, kw_only=True, tag="compare"):
    """``name operator value``; several values for a set. ``name_at`` and ``length`` mark the name."""

    name: str
    operator: str
    values: tuple[Word | Range, ...]


class Is(Node, frozen=True, kw_only=True, tag="is"):
    """``name is known``, or unknown."""

    name: str
    known: bool


class Free(Node, frozen=True, kw_only=True, tag="free"):
    """A bare word: is it anywhere in the row?"""

    text: str


class Not(Node, frozen=True, kw_only=True, tag="not"):
    """The opposite."""

    item: Tree


class And(Node, frozen=True, kw_only=True, tag="and"):
    """All of at least two."""

    items: tuple[Tree, ...]


class Or(Node, frozen=True, kw_only=True, tag="or"):
    """Any of at least two."""

    items: tuple[Tree, ...]


Tree = Compare | Is | Free | Not | And | Or


def quote(text: str) -> str:
    """Text as a quoted string whose escapes the parser undoes."""
    out = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + out.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def _word(word: Word, pattern: bool = False) -> str:
    if not word.quoted:
        return word.text
    # A pattern's backslashes are the pattern's own; see parser.
    return f'"{word.text}"' if pattern else quote(word.text)


def _value(value: Word | Range, pattern: bool = False) -> str:
    if isinstance(value, Range):
        return f"{_word(value.low)}..{_word(value.high)}"
    return _word(value, pattern)


def _compare(node: Compare) -> str:
    pattern = node.operator in ("~", "!~")
    values = ", ".join(_value(value, pattern) for value in node.values)
    if len(node.values) != 1:
        values = "{" + values + "}"
    return f"{node.name} {node.operator} {values}"


def _bare(text: str) -> bool:
    return _BARE.fullmatch(text) is not None and text.lower() not in KEYWORDS


def show(tree: Tree) -> str:
    """The filter's text in one normal form."""
    match tree:
        case Compare():
            return _compare(tree)
        case Is():
            return f"{tree.name} is {'known' if tree.known else 'unknown'}"
        case Free():
            return tree.text if _bare(tree.text) else quote(tree.text)
        case Not():
            return f"not {_inside(tree.item)}"
        case And():
            return " and ".join(_inside(item) for item in tree.items)
        case Or():
            return " or ".join(_inside(item) for item in tree.items)


def _inside(tree: Tree) -> str:
    return f"({show(tree)})" if isinstance(tree, And | Or) else show(tree)
