"""Sub-parsers that protocols share: heads, messages, names. Pure functions from bytes to records."""
