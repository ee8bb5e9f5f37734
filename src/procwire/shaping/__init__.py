"""Bad networks on purpose: what an impairment is, what the kernel makes of it, and how it ends."""
