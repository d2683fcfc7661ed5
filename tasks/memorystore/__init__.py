"""Memorystore, Google's Redis: looks at instances."""
