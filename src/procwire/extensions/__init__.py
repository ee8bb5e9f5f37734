"""Protocols from outside: descriptions in directories, and modules of installed packages."""
