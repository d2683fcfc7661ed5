"""The permission language of PostgreSQL: memberships and columns to read."""
