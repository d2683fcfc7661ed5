"""HOW: one file per incident, grouped by system; `follow.py` is the one pipeline they all go through. Floor 4."""
