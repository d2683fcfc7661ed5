"""Amazon Bedrock: what can be read."""
