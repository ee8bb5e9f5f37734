"""Frames to columns: link, tunnel, network and transport headers. Never raises; a fault column instead."""
