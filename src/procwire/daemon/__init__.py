"""A watch that goes on: who starts its processes again, speaks to the service manager and keeps the log."""
