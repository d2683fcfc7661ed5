"""Metrics in the text form of Prometheus, as a service tells them of itself."""
