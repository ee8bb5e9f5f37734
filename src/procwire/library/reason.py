"""The room's error."""


class LibraryError(Exception):
    """What was asked for cannot be done, or not read to its end: one line that says what and where."""
