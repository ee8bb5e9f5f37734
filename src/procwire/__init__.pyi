from procwire.library.live import Event as Event
from procwire.library.live import watch as watch
from procwire.library.reason import LibraryError as LibraryError
from procwire.library.recording import Session as Session
from procwire.library.recording import read as read
from procwire.library.recording import session as session
from procwire.library.row import Flow as Flow
from procwire.library.row import Process as Process
from procwire.library.row import Row as Row

__version__: str
