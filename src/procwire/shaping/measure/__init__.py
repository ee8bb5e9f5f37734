"""What a network does to packets, measured, and how far to trust each figure."""
