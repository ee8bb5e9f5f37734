"""A server of events: ``python -m tests.vectors.sse.peer PORT``; /plain ends with the connection."""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EVENTS = (
    b": welcome\n\n",
    b"event: add\nid: 1\ndata: first\n\n",
    b"retry: 3000\ndata: second\ndata: line\n\n",
    b"data: last\n\n",
)


class Handler(BaseHTTPRequestHandler):
    """Answers every GET with all events."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send the events with a breath between them."""
        chunked = self.path == "/chunked"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Connection", "close")))
        self.end_headers()
        for event in EVENTS:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event) if chunked else event)
            time.sleep(0.05)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = not chunked


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
