"""Settings that applications keep in AWS AppConfig."""
