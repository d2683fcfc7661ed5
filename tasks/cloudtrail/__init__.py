"""AWS CloudTrail: who did what in the account."""
