"""The pipeline: sources, decoding, flows, protocols and owners wired together."""
