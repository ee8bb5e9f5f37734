"""Streams to observations: the registry of protocols and the analyzer that picks one for a flow."""
