"""Cloud Monitoring: time series of Google Cloud."""
