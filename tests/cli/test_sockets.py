"""``procwire sockets`` on real sockets, and beside ss."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from typing import Any

import pytest

from procwire.cli.main import main

Capsys = pytest.CaptureFixture[str]


def rows(capsys: Capsys, *words: str) -> list[dict[str, Any]]:
    assert main(["sockets", "--json", *words]) in (0, 4)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_listening_and_connected(capsys: Capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(server.getsockname()):
            (one,) = rows(capsys, "--listening", "--filter", f"port == {port}")
            others = rows(capsys, "--connected", "--filter", f"port == {port}")
    assert (one["state"], one["pid"], one["owner_confidence"]) == ("listen", os.getpid(), "exact")
    assert "receive_queue" not in one
    assert {other["state"] for other in others} == {"established"}
    assert {other["owner_confidence"] for other in others} == {"exact", "listener"}


def test_a_port_is_a_hint_and_said_to_be_one(capsys: Capsys) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.connect(("127.0.0.1", 53))
        (row,) = rows(capsys, "--filter", f"src_port == {one.getsockname()[1]} and proto == udp")
    assert (row["app"], row["app_confidence"]) == ("dns", "port-guess")


def test_a_table_for_people(capsys: Capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert main(["sockets", "--columns", "proto,state,src_port,pid", "--filter", f"port == {port}"]) in (
            0,
            4,
        )
    assert capsys.readouterr().out.split() == [
        "PROTO",
        "STATE",
        "PORT",
        "PID",
        "tcp",
        "listen",
        str(port),
        str(os.getpid()),
    ]


def test_it_agrees_with_ss(capsys: Capsys) -> None:
    if not shutil.which("ss"):
        pytest.skip("needs iproute2")
    with socket.create_server(("127.0.0.1", 0), backlog=11) as server:
        port = server.getsockname()[1]
        with socket.create_connection(server.getsockname()) as client:
            accepted, _ = server.accept()
            client.sendall(b"y" * 1234)
            said = subprocess.run(
                ["ss", "-tanepiH", f"( sport = {port} or dport = {port} )"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            ours = {row["cookie"]: row for row in rows(capsys, "--filter", f"port == {port}")}
            accepted.close()
    theirs = {
        int(found[1], 16): found[0]
        for found in re.findall(r"^(\S.*?sk:([0-9a-f]+).*?)(?=^\S|\Z)", said, re.MULTILINE | re.DOTALL)
    }
    assert set(theirs) == set(ours)
    assert len(ours) == 3
    for cookie, text in theirs.items():
        row = ours[cookie]
        state, received, sent, src, dst = text.split()[:5]
        assert {"LISTEN": "listen", "ESTAB": "established"}[state] == row["state"]
        assert (src, dst.rpartition(":")[2]) == (
            f"{row['src']}:{row['src_port']}",
            str(row.get("dst_port", "*")),
        )
        if state == "LISTEN":
            assert (int(received), int(sent)) == (row["backlog"], row["backlog_limit"])
            continue
        assert (int(received), int(sent)) == (row["receive_queue"], row["send_queue"])
        assert f"ino:{row['inode']} " in text
        assert f"pid={row['pid']},fd={row['descriptor']}" in text
        rtt, variance = map(float, re.findall(r"\brtt:([\d.]+)/([\d.]+)", text)[0])
        assert (row["rtt"] * 1e3, row["rtt_variance"] * 1e3) == pytest.approx((rtt, variance), abs=0.01)
        assert f" cwnd:{row['congestion_window']} " in text
        assert f" pmtu:{row['path_mtu']} " in text
        assert row["congestion"] in text
        for name, column in (
            ("bytes_acked", "bytes_acked"),
            ("bytes_received", "bytes_received"),
            ("delivered", "delivered"),
        ):
            shown = re.findall(rf"\b{name}:(\d+)", text)
            assert int(shown[0] if shown else 0) == row[column]
