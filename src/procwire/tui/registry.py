"""The screens, in the order of their tabs. One is loaded when it is first looked at."""

from __future__ import annotations

from importlib import import_module

import msgspec

from procwire.tui.view import View


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One screen: the key that leads to it, its titles, and where it is."""

    name: str
    key: str
    title: str
    short: str
    module: str
    kind: str

    @property
    def told(self) -> tuple[str, str, str, str]:
        """As a tab says it."""
        return self.name, self.key, self.title, self.short

    def view(self) -> type[View]:
        """What it is made by."""
        kind: type[View] = getattr(import_module(f"procwire.tui.views.{self.module}"), self.kind)
        if not issubclass(kind, View):
            raise TypeError(self.kind)
        return kind

    def make(self) -> View:
        """A new one."""
        return self.view()()


def _entry(key: str, name: str, short: str, kind: str) -> Entry:
    title = name.upper() if name == "sql" else name.capitalize()
    return Entry(name=name, key=key, title=title, short=short, module=name, kind=kind)


SCREENS = (
    _entry("1", "overview", "Over", "OverviewView"),
    _entry("2", "flows", "Flow", "FlowsView"),
    _entry("3", "processes", "Proc", "ProcessesView"),
    _entry("4", "protocols", "Prot", "ProtocolsView"),
    _entry("5", "packets", "Pkts", "PacketsView"),
    _entry("6", "interfaces", "Intf", "InterfacesView"),
    _entry("7", "findings", "Find", "FindingsView"),
    _entry("8", "incidents", "Inci", "IncidentsView"),
    _entry("9", "sql", "SQL", "SqlView"),
    _entry("0", "shaping", "Shap", "ShapingView"),
    _entry("D", "doctor", "Doc", "DoctorView"),
)
