"""What ``import procwire`` offers: recordings and live traffic as Python objects and as Arrow tables."""

from procwire.library.live import Event, watch
from procwire.library.reason import LibraryError
from procwire.library.recording import Session, read, session
from procwire.library.row import Flow, Process, Row

__all__ = ["Event", "Flow", "LibraryError", "Process", "Row", "Session", "read", "session", "watch"]
