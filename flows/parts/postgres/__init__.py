"""A PostgreSQL database, wherever it runs."""
