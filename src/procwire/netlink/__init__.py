"""Talking to the kernel by netlink: the message format, and a channel to ask on."""
