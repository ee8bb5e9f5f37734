"""The room's error."""


class MetricsError(Exception):
    """Metrics cannot be told, or not to whom they should: one line."""
