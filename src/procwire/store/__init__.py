"""The memory: what was seen, in one SQLite file whose tables are the declared ones. Knows no protocol."""
