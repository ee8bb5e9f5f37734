"""A YAML document that extends procwire: as any other, with this room's error."""

from __future__ import annotations

from procwire.configuration.document import MAX_FILE_BYTES, MAX_NODES
from procwire.configuration.document import Document as _Document
from procwire.extensions.reason import ExtensionError

__all__ = ["MAX_FILE_BYTES", "MAX_NODES", "Document"]


class Document(_Document):
    """Raises ExtensionError."""

    FAULT = ExtensionError
