"""Rehearsed incidents: a fault, an alert, a scripted person, and what must be true in the world afterwards."""
