"""Work shared among threads and processes: one batch ahead, and workers with a part of the flows each."""
