"""Versioned schema changes, shipped with the package, applied by `Journal.connect`. Never edit a released one."""
