"""Both ends of gRPC: ``python -m tests.vectors.http2.grpc_peer serve PORT | call HOST:PORT``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc


def greet(request: bytes, context: Any) -> bytes:
    """Answer one message with one."""
    if request == b"nobody":
        context.abort(grpc.StatusCode.NOT_FOUND, "no such name")
    return b"hello " + request


def count(request: bytes, context: Any) -> Iterator[bytes]:
    """Answer one message with three."""
    for number in range(3):
        yield b"%d" % number


def serve(port: int) -> None:
    """Serve until ended."""
    server = grpc.server(ThreadPoolExecutor(2))
    methods = {
        "SayHello": grpc.unary_unary_rpc_method_handler(greet),
        "Count": grpc.unary_stream_rpc_method_handler(count),
    }
    handler = grpc.method_handlers_generic_handler("helloworld.Greeter", methods)
    server.add_generic_rpc_handlers((handler,))
    server.add_insecure_port(f"0.0.0.0:{port}")
    server.start()
    server.wait_for_termination()


def call(target: str) -> None:
    """Three calls on one connection."""
    with grpc.insecure_channel(target) as channel:
        channel.unary_unary("/helloworld.Greeter/SayHello")(b"alice", timeout=5)
        list(channel.unary_stream("/helloworld.Greeter/Count")(b"", timeout=5))
        with contextlib.suppress(grpc.RpcError):
            channel.unary_unary("/helloworld.Greeter/SayHello")(b"nobody", timeout=5)


if __name__ == "__main__":
    serve(int(sys.argv[2])) if sys.argv[1] == "serve" else call(sys.argv[2])
