"""The terminal: screens over the declared tables of a running engine or of a capture file. A client only."""
