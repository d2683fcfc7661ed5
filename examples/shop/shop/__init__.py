"""A shop with a catalogue in PostgreSQL and carts in Valkey, and what Code Blue needs to know about it."""
