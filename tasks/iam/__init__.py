"""IAM: what a role may do, and what a policy says."""
