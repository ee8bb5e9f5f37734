"""What a daemon sees, as metrics for others: counted here from its feed, told to Prometheus or by OTLP."""
