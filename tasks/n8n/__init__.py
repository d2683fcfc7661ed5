"""n8n: what can be read, and what can be changed."""
