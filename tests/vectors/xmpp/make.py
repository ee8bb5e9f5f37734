"""XMPP by Prosody and clients by hand: a login in clear, STARTTLS."""

from __future__ import annotations

import ssl

from tests.vectors.scene import SERVER, Scene

CONFIGURATION = """
daemonize = false
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
modules_enabled = {{ "roster", "saslauth", "tls", "disco" }}
modules_disabled = {{ "s2s" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
ssl = {{ certificate = "{certificate}"; key = "{secret}" }}
log = {{ error = "/dev/null" }}
VirtualHost "example.com"
"""
OPEN = (b"<?xml version='1.0'?><stream:stream to='example.com' version='1.0' xmlns='jabber:client' "
        b"xmlns:stream='http://etherx.jabber.org/streams'>")  # fmt: skip
AUTH = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFsaWNlAHdvbmRlcmxhbmQ=</auth>"


def prosody(scene: Scene) -> None:
    """A server with one user."""
    certificate, secret = scene.certificate("example.com")
    accounts = scene.folder / "data" / "example%2ecom" / "accounts"
    accounts.mkdir(parents=True)
    (accounts / "alice.dat").write_text('return { ["password"] = "wonderland"; };\n')
    path = scene.folder / "prosody.cfg.lua"
    path.write_text(CONFIGURATION.format(folder=scene.folder, certificate=certificate, secret=secret))
    scene.serve(5222, "prosody", "-F", "--config", str(path))


def session(scene: Scene) -> None:
    """A login in clear and a message to oneself; then STARTTLS and its handshake."""
    prosody(scene)
    message = b"<message to='alice@example.com' type='chat'><body>hi</body></message>"
    secure = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
    for steps in ((OPEN, AUTH, OPEN, message, b"</stream:stream>"), (OPEN, secure)):
        connection = scene.client.socket()
        connection.settimeout(5)
        connection.connect((SERVER, 5222))
        for step in steps:
            connection.sendall(step)
            connection.recv(65536)
        if len(steps) == 2:
            context = ssl._create_unverified_context()
            connection = context.wrap_socket(connection, server_hostname="example.com")
        connection.close()


SCENARIOS = {"session": session}
