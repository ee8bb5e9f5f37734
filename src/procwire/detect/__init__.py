"""What may be wrong: detectors that watch flows and observations go by, and what they find."""
