"""The one process that sends alerts: it has the network, to the configured sinks alone, and nothing else."""
