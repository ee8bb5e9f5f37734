"""Protocols that a user describes in plain values instead of code: checked, and made into modules."""
