"""Networks that change: steps and ramps over time on several targets, checks, and a restore for certain."""
