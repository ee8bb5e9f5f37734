"""Files that are on the disk when a call returns."""
