"""``python -m procwire``."""

from __future__ import annotations

import sys

from procwire.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
