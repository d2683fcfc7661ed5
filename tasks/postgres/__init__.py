"""PostgreSQL: what can be read, and what can be changed."""
