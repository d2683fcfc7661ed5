"""Redis and Valkey: looks, and changes by an approved plan."""
