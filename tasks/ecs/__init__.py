"""Amazon ECS: what can be read, and what can be changed."""
