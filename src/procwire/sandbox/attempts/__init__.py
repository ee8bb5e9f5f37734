"""What somebody who has taken over a process would try next, each harmless where it succeeds."""
