"""quarry's server, asked for its status by mcstatus and joined by quarry's client."""

from __future__ import annotations

from tests.vectors.answering import python, serving
from tests.vectors.scene import SERVER, Scene

PORT = 25565
SERVE = f"""
from twisted.internet import reactor
from quarry.net.server import ServerFactory, ServerProtocol
class Player(ServerProtocol):
    def player_joined(self):
        super().player_joined()
        self.close("Goodbye")
factory = ServerFactory()
factory.protocol, factory.online_mode, factory.motd = Player, False, "A wire to read"
factory.listen("{SERVER}", {PORT})
reactor.run()
"""
ASK = f"""
from mcstatus import JavaServer
server = JavaServer("{SERVER}", {PORT})
server.status()
server.ping()
"""
JOIN = f"""
from twisted.internet import reactor
from quarry.net.auth import OfflineProfile
from quarry.net.client import ClientFactory, ClientProtocol
class Player(ClientProtocol):
    def connection_lost(self, reason=None): reactor.stop()
    def packet_unhandled(self, data, name): data.discard()
factory = ClientFactory(OfflineProfile("ann"))
factory.protocol = Player
factory.connect("{SERVER}", {PORT})
reactor.callLater(5, reactor.stop)
reactor.run()
"""


def status(scene: Scene) -> None:
    """What the server says of itself, and how long it takes to answer."""
    serving(scene, PORT, SERVE)
    python(scene, ASK)


def login(scene: Scene) -> None:
    """The client asks for the status, comes again as a player, and is sent away."""
    serving(scene, PORT, SERVE)
    python(scene, JOIN)


SCENARIOS = {"status": status, "login": login}
