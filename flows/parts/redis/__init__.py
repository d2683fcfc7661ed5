"""Redis and Valkey: what may be seen of a server, why it is full or cut off, and what to do about it."""
