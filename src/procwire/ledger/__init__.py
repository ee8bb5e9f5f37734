"""A ledger that shows tampering: chained records, a Merkle tree over them, signed checkpoints."""
