"""Versioned schema changes, shipped with the package and applied by `Journal.connect`. Never edit one that was released."""
