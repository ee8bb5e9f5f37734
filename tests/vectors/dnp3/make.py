"""opendnp3 (in the package yadnp3) as outstation and master: start-up, events, controls, a restart."""

from __future__ import annotations

from tests.vectors.answering import python, serving
from tests.vectors.scene import SERVER, Scene

# Ten points of each type: the answer to an integrity poll takes two frames of the link layer. Each control
# moves a value, and the master has asked to be told of that.
OUTSTATION = f"""
import time, opendnp3 as dnp3
class Commands(dnp3.ICommandHandler):
    def Begin(self): pass
    def End(self): pass
    def Select(self, command, index, *_):
        return dnp3.CommandStatus.SUCCESS if index < 2 else dnp3.CommandStatus.NOT_SUPPORTED
    def Operate(self, command, index, *_):
        builder = dnp3.UpdateBuilder()
        builder.Update(dnp3.Analog(1.5 + index), 0)
        outstation.Apply(builder.Build())
        return self.Select(command, index)
class Station(dnp3.IOutstationApplication):
    def ColdRestartSupport(self): return dnp3.RestartMode.SUPPORTED_DELAY_FINE
    def ColdRestart(self): return 500
    def GetApplicationIIN(self): return dnp3.ApplicationIIN()
    def Now(self): return dnp3.DNPTime(0)
manager = dnp3.DNP3Manager(1)
channel = manager.AddTCPServer("station", dnp3.LogLevels(), dnp3.ServerAcceptMode.CloseExisting,
                               dnp3.IPEndpoint("{SERVER}", 20000), dnp3.IChannelListener())
settings = dnp3.OutstationStackConfig(dnp3.DatabaseConfig(10))
settings.outstation.eventBufferConfig = dnp3.EventBufferConfig.AllTypes(20)
settings.outstation.params.allowUnsolicited = True
settings.link.LocalAddr, settings.link.RemoteAddr = 10, 1
commands, application = Commands(), Station()
outstation = channel.AddOutstation("station", commands, application, settings)
outstation.Enable()
time.sleep(60)
"""
MASTER = f"""
import threading, opendnp3 as dnp3
started = threading.Event()
class Application(dnp3.IMasterApplication):
    def Now(self): return dnp3.UTCTimestamp(0)
    def AssignClassDuringStartup(self): return False
    def OnTaskStart(self, *_): pass
    def OnTaskComplete(self, info):
        if info.type == dnp3.MasterTaskType.ENABLE_UNSOLICITED: started.set()
    def OnOpen(self): pass
    def OnClose(self): pass
    def OnReceiveIIN(self, _): pass
told = threading.Event()
class Values(dnp3.ISOEHandler):
    def BeginFragment(self, info): pass
    def EndFragment(self, info):
        if info.unsolicited: told.set()
    def Process(self, *_): pass
manager = dnp3.DNP3Manager(1)
channel = manager.AddTCPClient("master", dnp3.LogLevels(), dnp3.ChannelRetry.Default(),
                               [dnp3.IPEndpoint("{SERVER}", 20000)], "0.0.0.0", dnp3.IChannelListener())
settings = dnp3.MasterStackConfig()
settings.link.LocalAddr, settings.link.RemoteAddr = 1, 10
application, values = Application(), Values()
master = channel.AddMaster("master", values, application, settings)
master.Enable()
started.wait(5)
done = threading.Event()
def finished(_): done.set()
def ask(what, *words):
    what(*words, finished)
    done.wait(5)
    done.clear()
close = lambda: dnp3.ControlRelayOutputBlock(dnp3.OperationType.LATCH_ON)
ask(master.SelectAndOperate, close(), 1)
told.wait(2)
ask(master.DirectOperate, close(), 7)
ask(master.CheckLinkStatus)
ask(master.Restart, dnp3.RestartType.COLD)
manager.Shutdown()
"""


def session(scene: Scene) -> None:
    """One master, one outstation."""
    serving(scene, 20000, OUTSTATION)
    python(scene, MASTER)


SCENARIOS = {"session": session}
