"""What is carried to a machine without a network: rules, configuration, names, databases; one signed file."""
