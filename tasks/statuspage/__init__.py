"""Public status pages of providers."""
