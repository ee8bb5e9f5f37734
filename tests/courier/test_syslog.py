"""Syslog to listeners, and to a real rsyslog and syslog-ng, over UDP, TCP and TLS."""

from __future__ import annotations

import re
import shutil
import socket
from pathlib import Path

import pytest

from procwire.alerts.formats import cef, syslog
from procwire.courier.hosts import Hosts, tls_context
from procwire.courier.syslog import MAX_DATAGRAM, Datagrams, Stream
from procwire.model.sink import OK, REFUSED
from tests.alerts.samples import FULL, full
from tests.courier.servers import HOST, Listener, free_port, item, listens, program, server_context, wait_for

RSYSLOG = """
module(load="imudp") module(load="imtcp")
input(type="imudp" address="127.0.0.1" port="{port}")
input(type="imtcp" address="127.0.0.1" port="{port}")
template(name="all" type="string"
 string="%syslogpriority%|%syslogfacility%|%timereported:::date-rfc3339%|%hostname%|%app-name%|%msgid%|%structured-data%|%msg%\\n")
action(type="omfile" file="{file}" template="all")
"""
SYSLOG_NG_AT = Path("/usr/local/lib/procwire-tests/syslog-ng")  # Debian installs it or rsyslog
SYSLOG_NG = """
@version: 3.38
source s {{
  syslog(ip("127.0.0.1") port({port}) transport("tcp") keep-hostname(yes));
  syslog(ip("127.0.0.1") port({port}) transport("udp") keep-hostname(yes));
  syslog(ip("127.0.0.1") port({secure}) transport("tls") keep-hostname(yes)
    tls(key-file("{key}") cert-file("{pem}") peer-verify(no)));
}};
destination d {{ file("{file}" template("${{HOST}}|${{MSGID}}|${{SDATA}}|${{MSG}}\\n")); }};
log {{ source(s); destination(d); }};
"""
# Another instance, as all TLS of one imtcp is of one mode.
RSYSLOG_TLS = """
global(DefaultNetstreamDriver="ossl" DefaultNetstreamDriverCAFile="{pem}"
 DefaultNetstreamDriverCertFile="{pem}" DefaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
input(type="imtcp" address="127.0.0.1" port="{port}")
template(name="all" type="string" string="%hostname%|%msgid%|%structured-data%|%msg%\\n")
action(type="omfile" file="{file}" template="all")
"""
RSYSLOG_OSSL = sorted(Path("/usr/lib").glob("*-linux-gnu/rsyslog/lmnsd_ossl.so"))


def test_octet_counting_and_a_peer_that_comes_back() -> None:
    with Listener() as listener:
        stream = Stream(Hosts([(HOST, listener.port)]), (HOST, listener.port), None, 5.0)
        assert stream.carry([item(1, b"<13>1 one"), item(2, b"two\nlines")]) == [OK, OK]
        wait_for(lambda: bytes(listener.data) == b"9 <13>1 one9 two\nlines")
        listener.drop()
        assert stream.carry([item(3, b"three")]) == [OK]
        wait_for(lambda: listener.data.endswith(b"5 three"))
        stream.abort()
        assert len(listener.peers) == 2


def test_nobody_there() -> None:
    port = free_port()
    with pytest.raises(ConnectionRefusedError):
        Stream(Hosts([(HOST, port)]), (HOST, port), None, 1.0).carry([item(1)])


def test_a_peer_that_reads_nothing_is_not_taken_for_one_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((HOST, 0), backlog=0) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        port = server.getsockname()[1]
        stream = Stream(Hosts([(HOST, port)]), (HOST, port), None, 0.2)
        with pytest.raises(TimeoutError):
            stream.carry([item(n, b"x" * 60_000) for n in range(200)])


def test_over_tls(pair: tuple[Path, Path]) -> None:
    with Listener(server_context(*pair)) as listener:
        hosts = Hosts([(HOST, listener.port)])
        stream = Stream(hosts, (HOST, listener.port), tls_context(str(pair[0])), 5.0)
        assert stream.carry([item(1, b"secret")]) == [OK]
        wait_for(lambda: bytes(listener.data) == b"6 secret")
        stream.abort()


def test_datagrams() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HOST, 0))
        port = server.getsockname()[1]
        sender = Datagrams(Hosts([(HOST, port)]), HOST, port)
        states = [one.state for one in sender.carry([item(1, b"one"), item(2, b"x" * (MAX_DATAGRAM + 1))])]
        sender.abort()
        assert (server.recv(100), states) == (b"one", ["delivered", REFUSED])


@pytest.mark.skipif(shutil.which("rsyslogd") is None, reason="needs rsyslog")
def test_rsyslog_reads_every_field(tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "out"
    config = tmp_path / "rsyslog.conf"
    config.write_text(RSYSLOG.format(port=port, file=file))
    words = ("rsyslogd", "-n", "-f", str(config), "-i", str(tmp_path / "pid"))
    nasty = full(detail='it said "x]" \\ and = | \t done', process='a]"b\\')
    with program(*words, port=port):
        hosts = Hosts([(HOST, port)])
        stream = Stream(hosts, (HOST, port), None, 5.0)
        lines = [syslog.encode(nasty), syslog.wrap(FULL, cef.encode(FULL))]
        assert stream.carry([item(n, line) for n, line in enumerate(lines)]) == [OK, OK]
        stream.abort()
        Datagrams(hosts, HOST, port).carry([item(3, syslog.encode(FULL))])
        read = wait_for(lambda: file.exists() and len(text := file.read_text().splitlines()) == 3 and text)
    keys = ("it said", "CEF:0", "]|10.0.0.9 tried")
    told = {key: line for line in read for key in keys if key in line}
    head = told["it said"].split("|", 6)
    assert head[:6] == ["3", "20", "2026-09-21T14:13:20.123456Z", "sensor1", "procwire", "scan"]
    assert r'process="a\]\"b\\"' in told["it said"]
    assert re.search(r'\|\s?it said "x\]" \\\\ and = \| \\t done$', told["it said"])
    assert "CEF:0|procwire|procwire|0.1.0|scan|Port scan|8|" in told["CEF:0"]
    assert len(told) == 3


def told_over_tls(port: int, pem: Path) -> None:
    """One alert to a server whose certificate is checked."""
    stream = Stream(Hosts([(HOST, port)]), (HOST, port), tls_context(str(pem)), 5.0)
    assert stream.carry([item(1, syslog.encode(FULL))]) == [OK]
    stream.abort()


@pytest.mark.skipif(not RSYSLOG_OSSL, reason="needs rsyslog-openssl")
def test_rsyslog_reads_over_tls(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    (pem, key), port, file = pair, free_port(), tmp_path / "out"
    config = tmp_path / "rsyslog.conf"
    config.write_text(RSYSLOG_TLS.format(port=port, file=file, pem=pem, key=key))
    with program("rsyslogd", "-n", "-f", str(config), "-i", str(tmp_path / "pid"), port=port):
        told_over_tls(port, pem)
        read = wait_for(lambda: file.exists() and (text := file.read_text()).endswith("\n") and text)
    assert read.startswith("sensor1|scan|[finding@32473 ")
    assert "10.0.0.9 tried 120 ports" in read


@pytest.mark.skipif(not SYSLOG_NG_AT.exists(), reason="needs syslog-ng, which tools/packages.sh unpacks")
def test_syslog_ng_reads_structured_data_over_udp_tcp_and_tls(
    tmp_path: Path, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (pem, key), port, secure, file = pair, free_port(), free_port(), tmp_path / "out"
    config = tmp_path / "syslog-ng.conf"
    config.write_text(SYSLOG_NG.format(port=port, secure=secure, file=file, pem=pem, key=key))
    libraries = SYSLOG_NG_AT / "usr" / "lib"
    paths = [*libraries.glob("*-linux-gnu"), libraries / "syslog-ng"]
    monkeypatch.setenv("LD_LIBRARY_PATH", ":".join(map(str, paths)))
    words = (str(SYSLOG_NG_AT / "usr/sbin/syslog-ng"), "-F", "-f", str(config), "-R", str(tmp_path / "state"),
             "-p", str(tmp_path / "pid"), "-c", str(tmp_path / "ctl"), "--no-caps",
             "--module-path", str(libraries / "syslog-ng" / "3.38"))  # fmt: skip
    with program(*words, port=secure):
        wait_for(lambda: listens(port))
        hosts = Hosts([(HOST, port)])
        stream = Stream(hosts, (HOST, port), None, 5.0)
        assert stream.carry([item(1, syslog.encode(FULL))]) == [OK]
        stream.abort()
        sender = Datagrams(hosts, HOST, port)
        assert sender.carry([item(2, syslog.encode(full(detector="beacon")))]) == [OK]
        sender.abort()
        told_over_tls(secure, pem)
        read = wait_for(lambda: file.exists() and len(text := file.read_text().splitlines()) == 3 and text)
    assert sorted(line.split("|")[1] for line in read) == ["beacon", "scan", "scan"]
    for line in read:
        assert line.startswith("sensor1|")
        assert "[finding@32473 " in line
        assert 'dst="192.0.2.7"' in line
