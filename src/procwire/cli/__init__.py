"""The command line: one file a command."""

import sys

if not {"msgspec", "typing_extensions"} & sys.modules.keys():
    # msgspec takes three words from typing_extensions where that is there, and from typing where it is not.
    # They are the same since Python 3.11; but with it come inspect, ast and dis, 0.9 MB in each process of a
    # watch: so it is not there while msgspec is loaded.
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules["typing_extensions"]
