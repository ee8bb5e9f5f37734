"""procwire: which process talks to whom, in which protocol, live and from recordings."""

__version__ = "0.1.0"
