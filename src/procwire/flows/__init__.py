"""Packets to flows: the flow table, TCP reassembly and health, timeouts."""
