"""The VPC: what can be read."""
