"""Amazon CloudWatch Logs: what can be read, always as counts."""
