"""Plaintext for those who hold the keys: key logs, TLS, DTLS and QUIC record protection. Reads no file."""
