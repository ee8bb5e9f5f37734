from procwire.library import Event, Flow, LibraryError, Process, Row, Session, read, session, watch

__version__: str
__all__ = [
    "Event",
    "Flow",
    "LibraryError",
    "Process",
    "Row",
    "Session",
    "__version__",
    "read",
    "session",
    "watch",
]
