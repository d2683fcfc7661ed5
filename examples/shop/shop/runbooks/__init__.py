"""The runbooks of the shop, one module each."""
