"""Programs that run in the kernel, and what loads them: who owns which socket, noted as it happens.

Loads and reads through libbpf.so.1. Decides nothing about flows: ``processes.kernel`` reads what was noted.
"""
