"""rung: API Gateway, Lambda, RDS PostgreSQL, Cognito, n8n on ECS, Bedrock, S3, CloudWatch."""
