"""Web services: what can be read over HTTP."""
