"""Boilers, for procwire."""
