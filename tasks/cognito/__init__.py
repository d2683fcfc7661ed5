"""Amazon Cognito user pools: what can be read, and what can be changed."""
