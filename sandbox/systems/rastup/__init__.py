"""Rastup as it is practised on: real parts, and what can break in them."""
