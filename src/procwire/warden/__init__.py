"""The one process that keeps rights: it opens and asks, for an engine that has none, and reads no packet."""
