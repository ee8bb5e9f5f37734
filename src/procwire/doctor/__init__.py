"""What this machine allows, what is missing, and how to mend it."""
