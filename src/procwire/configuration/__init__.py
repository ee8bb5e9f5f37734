"""What users and operators write down: keys with their values, and filters of what is watched."""
