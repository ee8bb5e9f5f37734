"""Where an address is, by files on this machine alone: MaxMind DB files, and the special ranges of IANA."""
