"""Words the rooms share: frames, packets, flows, observations, processes, and every declared column."""
