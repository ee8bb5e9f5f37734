"""One flow: its owner and how it is known, the order of events, TCP health, names, and its conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult

from procwire.model.columns import Table
from procwire.model.values import clean, human, human_duration, human_size
from procwire.tui.canvas import Canvas, Ink, rule
from procwire.tui.cells import fit
from procwire.tui.charts import bar
from procwire.tui.host import HostError, Said, Sheet, Track, Want
from procwire.tui.keys import Key
from procwire.tui.tracks import Collected, charted
from procwire.tui.view import View, refusal
from procwire.tui.views.sheet import entry, exactly

MAX_SEEN = 400  # observations listed; the rest is counted
HEX_WIDE = 16
MAX_BYTES = 64 << 10  # of a conversation shown
OWNER = ("process", "pid", "exe", "cmdline", "user", "unit", "container", "image", "ancestors", "parent",
         "process_start", "owner_confidence", "owner_source", "owner_reason", "owner_side", "owner_delay",
         "peer_process", "peer_pid", "peer_confidence", "peer_reason",
         "exe_sha256", "exe_deleted")  # fmt: skip
NAMES = ("app", "app_confidence", "server_name", "server_name_source", "name_age", "alpn", "tls_version",
         "tls_cipher", "ja4", "ja3", "hassh", "hassh_server", "client", "client_source", "server", "via",
         "carries", "carries_by", "announced_by", "risks")  # fmt: skip
SOCKET = ("src", "rtt", "congestion_window", "unacked")
PLACES = ("src_country", "src_city", "src_asn", "src_as_name", "src_range", "dst_country", "dst_city",
          "dst_asn", "dst_as_name", "dst_range", "server_domain")  # fmt: skip
HEALTH = (
    "rtt", "rtt_server", "smoothed_rtt", "retransmissions_out", "retransmissions_in", "out_of_order_out",
    "out_of_order_in", "duplicate_acks_out", "duplicate_acks_in", "zero_windows_out", "zero_windows_in",
    "keep_alives", "gaps_out", "gaps_in", "mss_out", "mss_in", "ttl_out", "ttl_in", "faults",
)  # fmt: skip
BLOCKS = (
    ("owner", OWNER),
    ("protocol and names", NAMES),
    ("where its ends are", PLACES),
    ("health", HEALTH),
)
PLAIN = frozenset({"time", "side", "flow_id"})
CERTIFICATE = "tls_certificate"
MAX_CERTIFICATES = 8  # shown in full; all of them stand in the order of events


class FlowView(View):
    """Everything on one flow; ``F`` follows its conversation."""

    NAME = "flow"
    TITLE = "Flow"
    DOC = (
        "One conversation, whole: who owns it and how that is known, what happened when, with latencies, the "
        "state of its TCP, every other column that is known, and its content. Content is there where it was "
        "kept; encrypted content where keys are there too."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key(
            keys=("F",),
            action="follow",
            words="follow the conversation, or back to the facts",
            short="follow",
        ),
        Key(keys=("x",), action="hex", words="the conversation as hex, or as text", short="hex"),
        Key(keys=("Y",), action="copy", words="copy the flow as JSON", short="copy"),
        Key(keys=("y",), action="copy_id", words="copy the flow's Community ID"),
    )

    def __init__(self, flow_id: str) -> None:
        super().__init__()
        self.flow_id = flow_id
        self.canvas = Canvas()
        self.sheet: Sheet | None = None
        self.collected = Collected()
        self.following = False
        self.as_hex = False

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        yield self.canvas

    def target(self) -> Canvas:
        """See View."""
        return self.canvas

    def subject(self) -> dict[str, Any]:
        """See View."""
        return dict(self.sheet.flow) if self.sheet is not None else {}

    async def load(self) -> None:
        """See View."""
        width = self.canvas.size.width
        if self.following:
            said = await self.app.ask(self.app.host.conversation, self.flow_id)
            at_end = self.canvas.top + self.canvas.size.height >= len(self.canvas.lines)
            self.canvas.draw(conversation(said, width, as_hex=self.as_hex))
            if at_end and self.app.host.live:
                self.canvas.action_bottom()
            return
        self.sheet = sheet = await self.app.ask(self.app.host.flow, self.flow_id)
        tracks = sheet.tracks
        if self.app.host.live:
            self.collected.see(self.app.clock, sheet.flow, await self._socket(sheet.flow))
            tracks = self.collected.tracks()
        self.canvas.draw(facts(sheet, tracks, self.app.tables, width, ascii_only=self.app.ascii_only))

    async def _socket(self, flow: Mapping[str, Any]) -> dict[str, Any]:
        """What the kernel says of the flow's socket just now; empty where it has none here."""
        known = {column.name for column in self.app.table("socket") or ()}
        if flow.get("proto") != "tcp" or flow.get("end") or not known.issuperset(SOCKET):
            return {}
        for one, other in (("src", "dst"), ("dst", "src")):
            ends = f"{flow.get(one + '_port')} and dst_port == {flow.get(other + '_port')}"
            want = Want(
                table="socket", columns=SOCKET, filter=f"proto == tcp and src_port == {ends}", limit=20
            )
            try:
                rows = await self.app.ask(self.app.host.rows, want)
            except HostError:
                return {}
            found = [dict(zip(SOCKET, row, strict=True)) for row in rows.rows]
            mine = [row for row in found if row["src"] == flow.get(one) and row["rtt"] is not None]
            if mine:
                return mine[0]
        return {}

    def refuse(self, error: HostError) -> None:
        """See View."""
        self.canvas.draw([((line, "dim"),) for line in refusal(error).splitlines()])

    def back(self) -> bool:
        """See View."""
        if self.following:
            self.action_follow()
            return True
        return False

    def action_follow(self) -> None:
        """The conversation, or the facts."""
        self.following = not self.following
        self.canvas.top = 0
        self.reload()

    def action_hex(self) -> None:
        """Hex or text."""
        self.as_hex = not self.as_hex
        self.following = True
        self.reload()

    def action_copy(self) -> None:
        """To the clipboard."""
        self.app.copy_values(self.subject())

    def action_copy_id(self) -> None:
        """To the clipboard."""
        self.app.copy_text(str(self.subject().get("community_id") or self.flow_id))


def facts(
    sheet: Sheet, tracks: Sequence[Track], tables: Mapping[str, Table], width: int, *, ascii_only: bool
) -> list[Ink]:
    """All that is known of a flow, as lines."""
    flow, table = sheet.flow, tables.get("flow")
    lines: list[Ink] = [_headline(flow), _amounts(flow), *(((f" {note}", "warn"),) for note in sheet.notes)]
    drawn = charted(tracks, width, ascii_only=ascii_only)
    if drawn:
        lines += [(), rule("over its life" if sheet.tracks else "since it is looked at", width,
                           ascii_only=ascii_only), *drawn]  # fmt: skip
    for title, names in BLOCKS:
        block = _block(table, flow, names, width)
        if block:
            lines += [(), rule(title, width, ascii_only=ascii_only), *block]
    certificates = [row for name, row in sheet.seen if name == CERTIFICATE][:MAX_CERTIFICATES]
    for number, row in enumerate(certificates, 1):
        told = tables.get(CERTIFICATE)
        fresh = [
            column.name for column in told or ()
            if column.name not in PLAIN and row.get(column.name) != flow.get(column.name)
        ]  # fmt: skip
        title = f"certificate {number} of {len(certificates)}"
        lines += [(), rule(title, width, ascii_only=ascii_only), *_block(told, row, fresh, width)]
    lines += timeline(sheet, tables, width, ascii_only=ascii_only)
    known = {name for _, names in BLOCKS for name in names}
    rest = [column.name for column in table or () if column.name not in known]
    return [*lines, (), rule("all else", width, ascii_only=ascii_only), *_block(table, flow, rest, width)]


def _end(flow: Mapping[str, Any], side: str) -> str:
    address, port = flow.get(side) or "?", flow.get(f"{side}_port")
    if port is None:
        return str(address)
    return f"[{address}]:{port}" if ":" in str(address) else f"{address}:{port}"


def _headline(flow: Mapping[str, Any]) -> Ink:
    app, sure = flow.get("app") or "unknown", flow.get("app_confidence")
    guess = "?" if sure == "port-guess" else ""
    state = flow.get("ended") or flow.get("state") or ""
    return (
        (f" {_end(flow, 'src')} -> {_end(flow, 'dst')}", "title"),
        (f"  {flow.get('proto') or ''} {app}{guess}", "accent"),
        (f"  {state}", "dim"),
    )


def _amounts(flow: Mapping[str, Any]) -> Ink:
    out, into = flow.get("bytes_out") or 0, flow.get("bytes_in") or 0
    span = human_duration(flow["duration"]) if flow.get("duration") is not None else "not known"
    return (
        (f" out {human_size(out)} in {flow.get('packets_out') or 0:,} packets", "out"),
        (f"   in {human_size(into)} in {flow.get('packets_in') or 0:,} packets", "in"),
        (f"   over {span}", "dim"),
    )


def _block(table: Table | None, flow: Mapping[str, Any], names: Sequence[str], width: int) -> list[Ink]:
    known = {column.name: column for column in table or ()}
    lines: list[Ink] = []
    for name in names:
        value = flow.get(name)
        if name in known and value not in (None, "", (), []):
            lines += entry(name, exactly(known[name].kind, value), known[name].doc, width)
    return lines


def timeline(sheet: Sheet, tables: Mapping[str, Table], width: int, *, ascii_only: bool) -> list[Ink]:
    """The handshake and all that parsers saw, each with its time from the first packet."""
    flow = sheet.flow
    start = flow.get("start") or 0
    events: list[tuple[int, str, str, int | None]] = [(start, "flow", "first packet", None)] if start else []
    if flow.get("rtt") is not None:
        events.append((start + flow["rtt"], "tcp", "handshake complete", flow["rtt"]))
    for name, row in sheet.seen[:MAX_SEEN]:
        time = row.get("time") or start
        events.append((time, name, _words(tables.get(name), row, flow), row.get("latency")))
    if flow.get("end"):
        events.append((flow["end"], "flow", f"ended: {flow.get('ended') or 'over'}", None))
    events.sort(key=lambda event: event[0])
    longest = max((latency for *_, latency in events if latency), default=0)
    lines: list[Ink] = [(), rule("what happened", width, ascii_only=ascii_only)]
    for time, name, words, latency in events:
        lines.append(_event(time - start, (name, words), (latency, longest), width, ascii_only=ascii_only))
    if len(sheet.seen) > MAX_SEEN:
        lines.append(((f" and {len(sheet.seen) - MAX_SEEN:,} more", "dim"),))
    return lines


def _event(
    after: int, said: tuple[str, str], took: tuple[int | None, int], width: int, *, ascii_only: bool
) -> Ink:
    name, words = said
    latency, longest = took
    pieces = [(f" {'+' + human_duration(after):>10}  ", "dim"), (fit(name, 14) + " ", "accent")]
    if latency is not None and longest:
        pieces.append((f"{human_duration(latency):>8} ", "title"))
        pieces.append((bar(latency / longest, 8, ascii_only=ascii_only) + " ", "chart"))
    else:
        pieces.append((" " * 18, "text"))
    used = sum(len(text) for text, _ in pieces)
    pieces.append((fit(words, max(10, width - used)), "text"))
    return tuple(pieces)


def _words(table: Table | None, row: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
    """What an observation says, in one line, without what the flow says already."""
    said = [">" if row.get("side") == "out" else "<"] if row.get("side") else []
    for column in table or ():
        value = row.get(column.name)
        skip = column.name in (*PLAIN, "latency") or column.name not in row or value == flow.get(column.name)
        if not skip and value not in (None, "", False, (), []):
            said.append(f"{column.name}={human(column.kind, value)}")
    return " ".join(said)


def conversation(said: Sequence[Said], width: int, *, as_hex: bool) -> list[Ink]:
    """What both sides said, in order, as text or as hex."""
    if not said:
        return [((" nothing was said, or nothing of it was kept", "dim"),)]
    lines: list[Ink] = []
    shown = 0
    for piece in said:
        if not piece.data and piece.note:
            lines.append(((f" {piece.note}", "warn"),))
            continue
        arrow, role = (">", "out") if piece.side == "out" else ("<", "in")
        note = f" {piece.note}" if piece.note else ""
        clear = " decrypted" if piece.clear else ""
        lines.append(((f" {arrow} {len(piece.data):,} bytes{clear}{note}", "dim"),))
        data = piece.data[: max(0, MAX_BYTES - shown)]
        shown += len(data)
        lines += hex_lines(data, role) if as_hex else _text_lines(data, role, width)
        if len(data) < len(piece.data):
            lines.append(((f"   cut after {MAX_BYTES:,} bytes; all of it: procwire follow", "warn"),))
            break
    return lines


def _text_lines(data: bytes, role: str, width: int) -> list[Ink]:
    lines: list[Ink] = []
    room = max(20, width - 4)
    for line in data.decode("utf-8", "backslashreplace").splitlines() or [""]:
        text = clean(line)
        lines += [((f"   {text[at : at + room]}", role),) for at in range(0, max(1, len(text)), room)]
    return lines


def hex_lines(data: bytes, role: str) -> list[Ink]:
    """Bytes as hex, with what of them is readable beside."""
    lines: list[Ink] = []
    for at in range(0, len(data), HEX_WIDE):
        part = data[at : at + HEX_WIDE]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(((f"   {at:06x}  ", "dim"), (f"{part.hex(' '):<{HEX_WIDE * 3}} ", role), (text, "text")))
    return lines
