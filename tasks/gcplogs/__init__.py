"""Cloud Logging: entries of Google Cloud, as counts by kind."""
