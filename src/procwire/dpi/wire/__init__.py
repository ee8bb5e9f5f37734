"""Sub-parsers that several protocols share."""
