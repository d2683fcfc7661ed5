"""Settings that applications keep in the Parameter Store of AWS Systems Manager."""
