"""One packet taken apart: its layers, the fields of the open one, and its bytes with the chosen ones lit.

Beside each other where there is room, else one above the other. What is chosen stays in sight, and stays
chosen from packet to packet where the next one has it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual import events
from textual.message import Message

from procwire.model.dissected import Layer
from procwire.tui.canvas import Canvas, Ink, Piece, rule
from procwire.tui.host import Frame

WIDE = 16  # bytes of a line
HEX_AT = 9  # columns before the first byte
TEXT_AT = HEX_AT + 3 * WIDE + 1
HEX_COLUMNS = TEXT_AT + WIDE + 1
BESIDE = 2 * HEX_COLUMNS - 20  # columns from which fields and bytes stand beside each other
LEAST_HEX = 3
FILLING = ("payload", "trailer")
Place = tuple[int, int]  # layer, and part of it; -1: the layer itself


class Chosen(Message):
    """Something else is lit."""


class Dissected(Canvas):
    """The packet; ``place`` is what is lit."""

    DEFAULT_CSS = "Dissected { height: 45%; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.can_focus = False
        self.frame: Frame | None = None
        self.place: Place = (0, -1)
        self._told = ("", "")
        self._rows: list[Place] = []
        self._first = 0  # the first line of bytes that is shown
        self._split = (0, 0)  # where the bytes begin: column, line

    def take(self, frame: Frame) -> None:
        """Another packet: what was chosen by name is so again, else its uppermost layer."""
        self.frame = frame
        self.place = _again(frame, self._told) or _uppermost(frame)
        self.paint()

    def step(self, lines: int) -> None:
        """To the next field, or one before; from layer to layer."""
        if self.frame is None:
            return
        ways = list(_places(self.frame))
        if ways:
            self.choose(ways[max(0, min(len(ways) - 1, ways.index(self.place) + lines))])

    def next_layer(self) -> None:
        """To the next layer, from the last one to the first."""
        if self.frame is not None and self.frame.layers:
            self.choose(((self.place[0] + 1) % len(self.frame.layers), -1))

    def choose(self, place: Place) -> None:
        """Light this."""
        self.place = place
        if self.frame is not None:
            layer = self.frame.layers[place[0]]
            self._told = (layer.name, layer.fields[place[1]].name if place[1] >= 0 else "")
        self.paint()
        self.post_message(Chosen())

    def lit(self) -> tuple[int, int]:
        """The bytes of what is chosen."""
        return lit_of(self.frame, self.place) if self.frame is not None else (0, 0)

    def on_resize(self) -> None:
        """Another size, another division."""
        self.paint()

    def paint(self) -> None:
        """Draw what is chosen in what room there is."""
        if self.frame is None:
            return
        width, height = self.size
        title = f"packet {self.frame.number}, {len(self.frame.data):,} bytes"
        head = rule(title, width, ascii_only=self.app.ascii_only)
        rows = tree(self.frame, self.place)
        here = next((n for n, (place, _) in enumerate(rows) if place == self.place), 0)
        start, end = self.lit()
        lines = hex_view(self.frame.data, start, end)
        if width >= BESIDE:
            room = max(1, height - 1)
            self._split = (width - HEX_COLUMNS, 1)
            shown, self._rows = _window(rows, here, room)
            self._first = _scroll_to(start // WIDE, len(lines), room)
            self.draw([head, *_beside(shown, lines[self._first : self._first + room], self._split[0])])
            return
        room = max(1, height - 1 - min(len(lines), max(LEAST_HEX, height // 2)))
        shown, self._rows = _window(rows, here, min(room, len(rows)))
        self._split = (0, 1 + len(shown))
        self._first = _scroll_to(start // WIDE, len(lines), max(1, height - 1 - len(shown)))
        self.draw([head, *shown, *lines[self._first :]])

    def on_click(self, event: events.Click) -> None:
        """A field, or the smallest one that a byte belongs to."""
        if self.frame is None:
            return
        column, line = self._split
        if column:
            in_tree = event.x < column
        else:
            in_tree = event.y < line
        row = event.y - 1
        if in_tree and 0 <= row < len(self._rows):
            self.choose(self._rows[row])
            return
        at = byte_at(event.x - column, event.y - line + self._first)
        place = smallest(self.frame, at) if at >= 0 else None
        if place is not None:
            self.choose(place)


def lit_of(frame: Frame, place: Place) -> tuple[int, int]:
    """The bytes of a layer, or of a part of it."""
    if not frame.layers:
        return 0, 0
    layer = frame.layers[place[0]]
    what = layer.fields[place[1]] if place[1] >= 0 else layer
    return what.start, what.end


def byte_at(column: int, line: int) -> int:
    """Which byte stands there in the hex view; -1 for none."""
    if HEX_AT <= column < HEX_AT + 3 * WIDE:
        return line * WIDE + (column - HEX_AT) // 3
    if TEXT_AT <= column < TEXT_AT + WIDE:
        return line * WIDE + column - TEXT_AT
    return -1


def smallest(frame: Frame, at: int) -> Place | None:
    """The part with the fewest bytes that this byte belongs to, or its layer."""
    found = [place for place in _places(frame) if lit_of(frame, place)[0] <= at < lit_of(frame, place)[1]]
    return min(found, key=lambda place: _size(frame, place), default=None)


def _size(frame: Frame, place: Place) -> int:
    start, end = lit_of(frame, place)
    return end - start


def _places(frame: Frame) -> Iterator[Place]:
    for number, layer in enumerate(frame.layers):
        yield number, -1
        yield from ((number, part) for part in range(len(layer.fields)))


def _uppermost(frame: Frame) -> Place:
    names = [layer.name for layer in frame.layers]
    return next((n for n in range(len(names) - 1, -1, -1) if names[n] not in FILLING), 0), -1


def _again(frame: Frame, told: tuple[str, str]) -> Place | None:
    for number, layer in enumerate(frame.layers):
        if layer.name == told[0]:
            part = next((n for n, part in enumerate(layer.fields) if part.name == told[1]), -1)
            return number, part
    return None


def tree(frame: Frame, chosen: Place) -> list[tuple[Place, Ink]]:
    """Layers in a line each; of the chosen one its parts too."""
    lines: list[tuple[Place, Ink]] = []
    for number, layer in enumerate(frame.layers):
        lines.append(((number, -1), _layer_line(layer, lit=chosen == (number, -1))))
        if number != chosen[0]:
            continue
        for place, part in enumerate(layer.fields):
            role = "lit" if chosen == (number, place) else "text"
            name = f"   {'  ' * part.level}{part.name}"
            lines.append(((number, place), (
                (name, role), (f" {_range(part.start, part.end)} ", "dim"), (part.value, role),
            )))  # fmt: skip
    return lines


def _layer_line(layer: Layer, *, lit: bool) -> Ink:
    pieces: list[Piece] = [
        (f" {layer.name:<8}", "lit" if lit else "accent"),
        (f" {_range(layer.start, layer.end):<9} ", "dim"),
    ]
    if layer.missing:
        pieces.append((f"{layer.missing}  ", "warn"))
    return (*pieces, (layer.words, "text"))


def _range(start: int, end: int) -> str:
    return f"{start}-{end - 1}" if end > start + 1 else str(start)


def _named(start: int, end: int) -> str:
    return f"{'bytes' if end > start + 1 else 'byte'} {_range(start, end)}"


def _window(rows: Sequence[tuple[Place, Ink]], here: int, room: int) -> tuple[list[Ink], list[Place]]:
    """As many lines as there is room for, the chosen one among them."""
    first = _scroll_to(here, len(rows), room)
    part = rows[first : first + room]
    return [ink for _, ink in part], [place for place, _ in part]


def _scroll_to(here: int, lines: int, room: int) -> int:
    """The first line to show so that one is in sight, with some before it."""
    return max(0, min(here - room // 3, lines - room))


def _beside(left: Sequence[Ink], right: Sequence[Ink], column: int) -> list[Ink]:
    lines: list[Ink] = []
    for n in range(max(len(left), len(right))):
        pieces = _fitted(left[n] if n < len(left) else (), column)
        lines.append((*pieces, *(right[n] if n < len(right) else ())))
    return lines


def _fitted(pieces: Ink, width: int) -> list[Piece]:
    """A line that is as wide as asked for."""
    fitted: list[Piece] = []
    left = width
    for piece in pieces:
        text = piece[0][:left]
        left -= len(text)
        fitted.append((text, piece[1]))
    return [*fitted, (" " * left, "text")]


def told(frame: Frame) -> list[str]:
    """The whole packet in words, from top to bottom: for who listens, and for pipes."""
    lines = [f"packet {frame.number}, {len(frame.data):,} bytes"]
    for layer in frame.layers:
        lines.append(f"{layer.name}, {_named(layer.start, layer.end)}: {layer.words}".rstrip(": "))
        if layer.missing:
            lines.append(f"  {layer.missing}")
        for part in layer.fields:
            indent = "  " * (part.level + 1)
            where = _named(part.start, part.end)
            lines.append(f"{indent}{part.name}, {where}: {part.value}".rstrip(": "))
    return lines


def hex_view(data: bytes, start: int, end: int) -> list[Ink]:
    """Bytes as hex and text, those from ``start`` to ``end`` lit."""
    lines: list[Ink] = []
    for at in range(0, len(data), WIDE):
        part = data[at : at + WIDE]
        pieces: list[Piece] = [(f" {at:06x}  ", "dim")]
        pieces += _runs([f"{byte:02x} " for byte in part], at, start, end)
        pieces.append(("   " * (WIDE - len(part)) + " ", "text"))
        pieces += _runs([chr(byte) if 32 <= byte < 127 else "." for byte in part], at, start, end)
        lines.append(tuple(pieces))
    return lines


def _runs(texts: Sequence[str], at: int, start: int, end: int) -> list[Piece]:
    """Texts of neighbouring bytes joined where they look alike."""
    pieces: list[Piece] = []
    for offset, text in enumerate(texts, at):
        role = "lit" if start <= offset < end else "text"
        if pieces and pieces[-1][1] == role:
            pieces[-1] = (pieces[-1][0] + text, role)
        else:
            pieces.append((text, role))
    return pieces
