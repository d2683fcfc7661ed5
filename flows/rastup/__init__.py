"""Rastup's runbooks, one module for each."""
